package org.stoneware.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.stoneware.drill.CountedSession.Comparison;

class DrillReportTest {
    private static final Comparison RIGHT = new Comparison("drill-1", 5, 0, 5);

    @Test
    void shouldPassWhenEverySessionHoldsWhatWasAcknowledged() {
        DrillReport report = report("Server2", RIGHT, new Comparison("drill-2", 7, 2, 8));

        assertThat(report.isPassed()).isTrue();
        assertThat(printed(report)).contains("lost = 0", "doubled = 0", "2 of 2", "PASSED");
    }

    @Test
    void shouldCountWhatIsLost() {
        DrillReport report =
                report("Server2", RIGHT, new Comparison("drill-2", 7, 1, 4), new Comparison("gone", 3, 0, 0));

        assertThat(report.lost()).isEqualTo(6);
        assertThat(report.isPassed()).isFalse();
        assertThat(printed(report)).contains("lost = 6", "lost=3 doubled=0", "FAILED");
    }

    @Test
    void shouldCountWhatIsDoubled() {
        DrillReport report = report("Server2", new Comparison("drill-2", 7, 1, 10));

        assertThat(report.doubled()).isEqualTo(2);
        assertThat(report.isPassed()).isFalse();
    }

    @Test
    void shouldNotPassWhenASessionCouldNotBeRead() {
        assertThat(report("Server2", new Comparison("drill-2", 0, 0, Comparison.NOT_READ))
                        .isPassed())
                .isFalse();
    }

    @Test
    void shouldNotPassWhenNobodyTookOver() {
        assertThat(report("", RIGHT).isPassed()).isFalse();
    }

    @Test
    void shouldReadRolesAndTakeWhoIsNotReachableForStopped() throws IOException {
        Map<String, String> roles = new LinkedHashMap<>();
        ManagedServer.readRoles(
                "{\"self\":\"Server1\",\"servers\":[{\"name\":\"Server1\",\"role\":\"ACTIVE-COORDINATOR\",\"reachable\":true,\"states\":[\"solo\"]},"
                        + "{\"name\":\"Server2\",\"role\":\"PASSIVE-STANDBY\",\"reachable\":false}],\"clients\":[{\"name\":\"x\"}]}",
                roles);

        assertThat(roles)
                .containsExactly(Map.entry("Server1", "ACTIVE-COORDINATOR"), Map.entry("Server2", "STOP-STATE"));
    }

    @Test
    void shouldSayWhatIsAllowed() {
        assertThatThrownBy(() -> DrillOptions.parse(List.of("--seconds", "1")))
                .hasMessageContaining("allowed: 2 to 3600");
        assertThatThrownBy(() -> DrillOptions.parse(List.of("--kind", "kill")))
                .hasMessageContaining("allowed: hand-over");
    }

    private static DrillReport report(String to, Comparison... sessions) {
        return new DrillReport("Server1", to, 1, 2, 3, 0, List.of(sessions));
    }

    private static String printed(DrillReport report) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        report.print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
