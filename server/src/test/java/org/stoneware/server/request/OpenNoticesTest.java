package org.stoneware.server.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OpenNoticesTest {
    private final OpenNotices notices = new OpenNotices();

    @Test
    void shouldHaveRoomForSoManyOfAnApplication() {
        fill("shop", OpenNotices.MAX_OF_APPLICATION);

        assertThat(notices.hasRoom("shop")).isFalse();
        assertThat(notices.hasRoom("other")).isTrue();
        notices.remove("shop");
        assertThat(notices.hasRoom("shop")).isTrue();
    }

    @Test
    void shouldHaveRoomForSoManyOfAllApplications() {
        for (int i = 0; i < OpenNotices.MAX_OF_TOMCAT; i++) {
            notices.add("app" + i);
        }

        assertThat(notices.isFull()).isTrue();
        assertThat(notices.hasRoom("other")).isFalse();
    }

    @Test
    void shouldNotCountWhatIsLateForTheOthers() {
        fill("a", OpenNotices.MAX_OF_APPLICATION);
        fill("b", OpenNotices.MAX_OF_APPLICATION);
        fill("c", OpenNotices.MAX_OF_APPLICATION);
        boolean wasFull = notices.isFull();

        notices.setLate("a", true);
        notices.remove("a");
        notices.add("a");

        assertThat(wasFull).isTrue();
        assertThat(notices.counted()).isEqualTo(2 * OpenNotices.MAX_OF_APPLICATION);
        assertThat(notices.hasRoom("other")).isTrue();
        notices.setLate("a", false);
        assertThat(notices.isFull()).isTrue();
    }

    @Test
    void shouldSayWhetherBeingLateIsNews() {
        notices.add("shop");

        assertThat(notices.setLate("shop", true)).isTrue();
        assertThat(notices.setLate("shop", true)).isFalse();
        assertThat(notices.setLate("shop", false)).isTrue();
        assertThat(notices.setLate("shop", false)).isFalse();
    }

    private void fill(String application, int count) {
        for (int i = 0; i < count; i++) {
            notices.add(application);
        }
    }
}
