package org.stoneware.server.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.request.ProcessorFixture.Tomcat;

/** How fast sessions end, and how fast Tomcats hear of it. */
class ExpiryTest {
    private static final int OVERDUE_MS = 63_000;

    private final ProcessorFixture array = new ProcessorFixture();
    private final Tomcat a = array.tomcat(1);
    private final Tomcat b = array.tomcat(2);
    private long requests;

    @Test
    void shouldEndThousandsOfOverdueSessionsWithinASecond() {
        create(5_000, "shop");
        overdue();

        array.cycles(1_000, a);

        assertThat(array.store.figures().sessions()).isZero();
    }

    @Test
    void shouldEndThousandsOfSessionsThatTheirTomcatsStillOwn() {
        for (int i = 0; i < 5_000; i++) {
            a.create(i + 1, key("shop", i));
        }
        overdue();

        array.cycles(2_000, a);

        assertThat(array.store.figures().sessions()).isZero();
        assertThat(array.counter("ownership.rows")).isZero();
    }

    @Test
    void shouldTellTomcatsAsFastAsTheyConfirm() {
        create(2_000, "shop");
        overdue();

        array.cycles(2_000, a, b);

        assertThat(array.store.figures().sessions()).isZero();
        assertThat(array.counter("expiry.pending-notices")).isZero();
        assertThat(array.counter("expiry.dropped-notices")).isZero();
        assertThat(a.expired.size() + b.expired.size()).isEqualTo(2_000);
        assertThat(a.expired).doesNotContainAnyElementsOf(b.expired);
    }

    @Test
    void shouldTellTheOthersWhileOneTomcatDoesNotConfirm() {
        create(2_000, "shop");
        overdue();

        array.cycles(2_000, a);

        assertThat(b.expired).hasSize(OpenNotices.MAX_OF_APPLICATION);
        assertThat(array.counter("expiry.pending-notices")).isEqualTo(OpenNotices.MAX_OF_APPLICATION);
        assertThat(a.expired).hasSize(2_000 - OpenNotices.MAX_OF_APPLICATION).doesNotHaveDuplicates();
    }

    @Test
    void shouldTellOneApplicationAsFastAsItConfirmsWhileAnotherOneConfirmsNothing() {
        b.application("shop", false);
        b.application("stuck", true);
        create(200, "stuck");
        create(2_000, "shop");
        overdue();

        array.cycles(2_000, a);

        assertThat(a.expired).hasSize(2_000);
        assertThat(b.expired).hasSize(OpenNotices.MAX_OF_APPLICATION);
    }

    @Test
    void shouldTellOneApplicationAsFastAsItConfirmsWhileAnotherOneOfTheSameTomcatConfirmsNothing() {
        b.lose();
        a.application("stuck", true);
        a.deafTo = "stuck";
        create(200, "stuck");
        create(2_000, "shop");
        overdue();

        array.cycles(2_000, a);

        assertThat(a.expiredOf("shop")).isEqualTo(2_000);
        assertThat(a.expiredOf("stuck")).isEqualTo(OpenNotices.MAX_OF_APPLICATION);
    }

    @Test
    void shouldGoOnAsFastWithAnApplicationThatConfirmsAgain() {
        b.lose();
        a.application("stuck", true);
        a.deafTo = "stuck";
        create(1_000, "stuck");
        overdue();
        array.cycles(2_000, a);

        a.deafTo = "";
        array.cycles(1_000, a);

        assertThat(array.counter("expiry.pending-notices")).isZero();
        assertThat(a.expiredOf("stuck")).isEqualTo(1_000);
    }

    @Test
    void shouldTellAsFastAsATomcatConfirmsThatServesAnApplicationOnlyNow() {
        create(2_000, "late");
        overdue();
        array.cycles(1_000, a, b);

        a.application("late", true);
        array.cycles(1_500, a, b);

        assertThat(a.expiredOf("late")).isEqualTo(2_000);
    }

    @Test
    void shouldSayWhichApplicationLetsNoticesLieAndWhenItConfirmsAgain() {
        b.lose();
        a.isConfirming = false;
        create(100, "shop");
        overdue();

        array.cycles(31_000, a);
        List<String> late = List.copyOf(array.events);
        a.isConfirming = true;
        array.cycles(100, a);

        assertThat(late)
                .singleElement()
                .asString()
                .startsWith("expiry-notices-late tomcat-1")
                .contains("=shop");
        assertThat(array.events).hasSize(2).last().asString().startsWith("expiry-notices-confirmed tomcat-1");
    }

    @Test
    void shouldEndSessionsOfOthersAtFullSpeedOnceAnApplicationIsLate() {
        b.application("shop", false);
        b.application("stuck", true);
        create(6_000, "stuck");
        overdue();
        array.cycles(40_000, a);
        requests = 100_000;
        create(3_000, "shop");
        array.clock.advanceMs(OVERDUE_MS);
        a.renew();

        array.cycles(1_000, a);

        assertThat(a.expired).hasSize(3_000);
    }

    @Test
    void shouldSayOfWhichApplicationNoticesWereGivenUp() {
        create(3, "gone");

        array.pass(OVERDUE_MS + 125_000, a, b);

        assertThat(array.events)
                .singleElement()
                .asString()
                .startsWith("expiry-notices-dropped")
                .contains("application=gone sessions=3");
    }

    @Test
    void shouldEndSessionsNoFasterThanNoticesAreTakenWhileSomeWouldBeDropped() {
        a.isConfirming = false;
        b.lose();
        create(8_000, "shop");
        overdue();

        array.cycles(2_000, a);
        long pending = array.counter("expiry.pending-notices");
        array.cycles(10_000, a);

        assertThat(pending).isBetween(5_000L, 7_000L);
        assertThat(array.store.figures().sessions()).isZero();
        assertThat(array.counter("expiry.dropped-notices")).isZero();
    }

    @Test
    void shouldSayNoticesAgainThoughAnOlderOneHasNobodyToGoTo() {
        a.isConfirming = false;
        b.lose();
        create(1, "gone");
        array.pass(1_000, a);
        create(100, "shop");
        array.pass(OVERDUE_MS + 2_000, a);
        int told = a.expired.size();

        array.pass(31_000, a);

        assertThat(told).isEqualTo(OpenNotices.MAX_OF_APPLICATION);
        assertThat(a.expired).hasSize(2 * OpenNotices.MAX_OF_APPLICATION);
    }

    @Test
    void shouldTellAnotherTomcatWhatOneThatIsGoneDidNotConfirm() {
        a.isConfirming = false;
        create(10, "shop");
        overdue();
        array.cycles(1_000, a, b);
        int toldB = b.expired.size();

        a.lose();
        array.cycles(10, b);

        assertThat(toldB).isLessThan(10);
        assertThat(b.expired).hasSize(10).doesNotHaveDuplicates();
        assertThat(array.counter("expiry.pending-notices")).isZero();
    }

    private void create(int sessions, String application) {
        for (int i = 0; i < sessions; i++) {
            SessionKey key = key(application, i);
            long token = a.create(++requests, key);
            a.release(key, token, token);
        }
    }

    private void overdue() {
        // Nobody works meanwhile, as after a long pause of the whole array.
        array.clock.advanceMs(OVERDUE_MS);
        a.renew();
    }

    private static SessionKey key(String application, int number) {
        return SessionKey.of(application, "S" + number);
    }
}
