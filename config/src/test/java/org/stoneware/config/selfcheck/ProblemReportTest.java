package org.stoneware.config.selfcheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProblemReportTest {
    private static final long QUIET_NS = 100;
    private final ProblemReport report = new ProblemReport(0, QUIET_NS);

    @Test
    void shouldSayNothingWhileEverythingIsStillStarting() {
        report.seen(List.of("a"), 10);

        assertThat(report.seen(List.of("a"), 20).isEmpty()).isTrue();
        assertThat(report.reported()).isEmpty();
    }

    @Test
    void shouldNameAProblemSeenTwiceInARowOnce() {
        report.seen(List.of("a"), QUIET_NS);

        assertThat(report.seen(List.of("a"), QUIET_NS + 1).appeared()).containsExactly("a");
        assertThat(report.seen(List.of("a"), QUIET_NS + 2).isEmpty()).isTrue();
        assertThat(report.reported()).containsExactly("a");
    }

    @Test
    void shouldNotNameWhatOnlyPassesBy() {
        report.seen(List.of(), QUIET_NS);
        report.seen(List.of(), QUIET_NS + 1);
        report.seen(List.of("a"), QUIET_NS + 2);

        assertThat(report.seen(List.of(), QUIET_NS + 3).isEmpty()).isTrue();
        assertThat(report.seen(List.of(), QUIET_NS + 4).isEmpty()).isTrue();
    }

    @Test
    void shouldNameWhatStaysThoughSomethingElseComesAndGoes() {
        report.seen(List.of("comes and goes", "stays"), QUIET_NS);

        assertThat(report.seen(List.of("stays"), QUIET_NS + 1).appeared()).containsExactly("stays");
        assertThat(report.seen(List.of("comes and goes", "stays"), QUIET_NS + 2).isEmpty())
                .isTrue();
        assertThat(report.reported()).containsExactly("stays");
    }

    @Test
    void shouldNotCallAProblemSolvedThatOneLookMissed() {
        report.seen(List.of("a"), QUIET_NS);
        report.seen(List.of("a"), QUIET_NS + 1);

        assertThat(report.seen(List.of(), QUIET_NS + 2).isEmpty()).isTrue();
        assertThat(report.seen(List.of("a"), QUIET_NS + 3).isEmpty()).isTrue();
        assertThat(report.reported()).containsExactly("a");
    }

    @Test
    void shouldSayThatAProblemIsOver() {
        report.seen(List.of("a", "b"), QUIET_NS);
        report.seen(List.of("a", "b"), QUIET_NS + 1);
        report.seen(List.of("b"), QUIET_NS + 2);

        ProblemReport.Change change = report.seen(List.of("b"), QUIET_NS + 3);

        assertThat(change.gone()).containsExactly("a");
        assertThat(change.appeared()).isEmpty();
    }

    @Test
    void shouldSayOnceThatAllIsWell() {
        report.seen(List.of(), QUIET_NS);

        assertThat(report.seen(List.of(), QUIET_NS + 1).isFirst()).isTrue();
        assertThat(report.seen(List.of(), QUIET_NS + 2).isFirst()).isFalse();
    }

    @Test
    void shouldShortenAStackTraceToItsFirstAndLastCause() {
        String trace =
                "a.B: outer\n\tat x.Y.z(Y.java:1)\nCaused by: c.D: middle\n\t... 3 more\nCaused by: e.F: root\n\tat q.r(S:2)\n";

        assertThat(ComponentCheck.reason(trace)).isEqualTo("a.B: outer; caused by: e.F: root");
        assertThat(ComponentCheck.reason(null)).isEqualTo("no reason given");
    }
}
