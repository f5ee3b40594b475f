package org.stoneware.server.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.stoneware.server.session.ClientId;

class NoticeTroubleTest {
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final List<String> told = new ArrayList<>();
    private final NoticeTrouble trouble = new NoticeTrouble(new RequestEvents() {
        @Override
        public void info(String kind, String text) {
            told.add(kind);
        }

        @Override
        public void warning(String kind, String text) {
            told.add(kind + text.replaceAll("(?s).*?( application=[^;]*).*", "$1"));
        }
    });
    private final ClientRow tomcat = new ClientRow(new ClientId(1, 1));

    @Test
    void shouldTellDropsOfAnApplicationOnceAMinuteWithTheirNumber() {
        trouble.onDropped("shop", 2);
        trouble.doWork(0, application -> false);
        trouble.onDropped("shop", 3);
        trouble.onDropped("other", 1);
        trouble.doWork(MINUTE - 1, application -> false);
        trouble.onDropped("shop", 4);
        trouble.doWork(MINUTE, application -> false);

        assertThat(told)
                .containsExactly(
                        "expiry-notices-dropped application=shop sessions=2",
                        "expiry-notices-dropped application=other sessions=1",
                        "expiry-notices-dropped application=shop sessions=7");
    }

    @Test
    void shouldTellOnceThatAnApplicationIsLateUntilItConfirms() {
        trouble.onLate(tomcat, "shop", 64);
        trouble.onLate(tomcat, "shop", 64);
        trouble.onConfirmed(tomcat, "shop");
        trouble.onConfirmed(tomcat, "shop");
        trouble.onLate(tomcat, "shop", 5);

        assertThat(told)
                .containsExactly(
                        "expiry-notices-late application=shop waiting=64",
                        "expiry-notices-confirmed",
                        "expiry-notices-late application=shop waiting=5");
    }

    @Test
    void shouldNotCallAnApplicationLateThatHasNoNoticesAnyMore() {
        trouble.onLate(tomcat, "shop", 1);

        trouble.doWork(0, "shop"::equals);

        assertThat(trouble.late()).isEmpty();
    }
}
