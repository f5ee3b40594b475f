package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ClusterStatus.Counter;

/** The metrics as the Prometheus project's own parser of OpenMetrics reads them: its Python client. */
@Timeout(120)
class OpenMetricsParserTest {
    private static final String PARSE = "import sys\n"
            + "from prometheus_client.openmetrics.parser import text_string_to_metric_families\n"
            + "for family in text_string_to_metric_families(sys.stdin.buffer.read().decode('utf-8')):\n"
            + "    print(family.type, family.name, len(family.samples))\n";
    private static final int PATIENCE_SEC = 60;
    /** The second is the one Debian's packages belong to, where another stands before it in the path. */
    private static final List<String> INTERPRETERS = List.of("python3", "/usr/bin/python3");

    private final FakeManagement management = new FakeManagement();
    private String python = "";

    @BeforeEach
    void requireParser() throws Exception {
        for (String interpreter : INTERPRETERS) {
            if (python.isEmpty() && hasParser(interpreter)) {
                python = interpreter;
            }
        }
        assumeTrue(
                !python.isEmpty(),
                "no OpenMetrics parser here: install the package python3-prometheus-client to check the metrics with one");
    }

    @Test
    void shouldBeReadByTheParserOfThePrometheusProject() throws Exception {
        List<String> families = parsed(List.of(
                new Counter("requests.write", 5),
                new Counter("events.role-changed", 2),
                new Counter("split.adopted", 1),
                new Counter("something.new", 7)));

        assertThat(families)
                .contains(
                        "counter stoneware_requests 1",
                        "counter stoneware_events 1",
                        "counter stoneware_split_sessions 1",
                        "unknown stoneware_something_new 1",
                        "histogram stoneware_requests_commit_seconds 5",
                        "gauge stoneware_server_lag_entries 1");
    }

    @Test
    void shouldBeReadWhateverATomcatCallsItself() throws Exception {
        management.clientName = "a\"} 1\nfake_total 9\r\u001b[2J\u202e\\" + FakeSessions.HOSTILE;

        assertThat(parsed(List.of()))
                .contains("gauge stoneware_tomcat_owned_sessions 1")
                .noneMatch(family -> family.contains("fake"));
    }

    private List<String> parsed(List<Counter> counters) throws Exception {
        ClusterStatus plain = management.status();
        byte[] text = new ClusterMetrics()
                .of(new ClusterStatus(
                        plain.self(),
                        plain.version(),
                        plain.uptimeMs(),
                        plain.servers(),
                        plain.clients(),
                        plain.storage(),
                        counters,
                        plain.histograms(),
                        plain.problems()))
                .body();
        Process process = new ProcessBuilder(python, "-c", PARSE)
                .redirectErrorStream(true)
                .start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(text);
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(PATIENCE_SEC, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        return said.lines().toList();
    }

    private static boolean hasParser(String interpreter) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(interpreter, "-c", "import prometheus_client.openmetrics.parser")
                    .redirectErrorStream(true)
                    .start();
            process.getInputStream().readAllBytes();
            return process.waitFor(PATIENCE_SEC, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
