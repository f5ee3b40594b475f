package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ClusterStatus.Counter;
import org.stoneware.api.cluster.ServerRole;

class ClusterMetricsTest {
    private static final Pattern COUNTED = Pattern.compile("new Counter\\(\\s*\"([^\"]+)\",");
    private static final Pattern STORE_COUNTED = Pattern.compile("onCounter\\(\\s*\"([^\"]+)\",");

    private final FakeManagement management = new FakeManagement();

    @Test
    void shouldKeepItsNamesAndTypes() throws IOException {
        List<String> names = new ArrayList<>();
        metrics(goldenCounters()).types.forEach((name, type) -> names.add(type + " " + name));

        assertThat(names).containsExactlyInAnyOrderElementsOf(goldenNames());
    }

    @Test
    void shouldExplainEveryFamily() {
        OpenMetricsText metrics = metrics(goldenCounters());

        assertThat(metrics.helps.keySet()).containsExactlyInAnyOrderElementsOf(metrics.types.keySet());
        assertThat(metrics.helps.values()).noneMatch(String::isBlank);
    }

    @Test
    void shouldShowRoleEpochAndSyncOfEveryServer() {
        OpenMetricsText metrics = metrics(List.of());

        assertThat(metrics.samples)
                .containsEntry("stoneware_server_role{role=\"ACTIVE-COORDINATOR\",server=\"Server1\"}", 1.0)
                .containsEntry("stoneware_server_role{role=\"PASSIVE-STANDBY\",server=\"Server1\"}", 0.0)
                .containsEntry("stoneware_server_role{role=\"PASSIVE-STANDBY\",server=\"Server2\"}", 1.0)
                .containsEntry("stoneware_server_epoch{server=\"Server2\"}", 7.0)
                .containsEntry("stoneware_server_in_sync{server=\"Server2\"}", 1.0)
                .containsEntry("stoneware_sessions", 1240.0)
                .containsEntry("stoneware_storage_memory_max_bytes", 268_435_456.0)
                .containsEntry("stoneware_uptime_seconds", 754.0)
                .containsEntry("stoneware_tomcats{state=\"connected\"}", 1.0)
                .containsEntry("stoneware_ready", 1.0);
    }

    @Test
    void shouldPutRequestsUnderOneNameByKindAndReason() {
        OpenMetricsText metrics = metrics(List.of(
                new Counter("requests.open", 7),
                new Counter("requests.write", 5),
                new Counter("requests.refused.full", 2)));

        assertThat(metrics.samples)
                .containsEntry("stoneware_requests_total{kind=\"open\"}", 7.0)
                .containsEntry("stoneware_requests_total{kind=\"write\"}", 5.0)
                .containsEntry("stoneware_requests_refused_total{reason=\"full\"}", 2.0);
    }

    @Test
    void shouldShowStatesLagAndSessionsOfEveryServer() {
        assertThat(metrics(List.of()).samples)
                .containsEntry("stoneware_server_state{server=\"Server1\",state=\"solo\"}", 1.0)
                .containsEntry("stoneware_server_state{server=\"Server2\",state=\"solo\"}", 0.0)
                .containsEntry("stoneware_server_lag_entries{server=\"Server2\"}", 3.0)
                .containsEntry("stoneware_server_sessions{server=\"Server2\"}", 1240.0)
                .doesNotContainKey("stoneware_server_lag_entries{server=\"Server1\"}");
    }

    @Test
    void shouldCountDurationsInBucketsThatContainThoseBefore() {
        assertThat(metrics(List.of()).samples)
                .containsEntry("stoneware_requests_commit_seconds_bucket{le=\"5.0E-5\"}", 5.0)
                .containsEntry("stoneware_requests_commit_seconds_bucket{le=\"0.001\"}", 8.0)
                .containsEntry("stoneware_requests_commit_seconds_bucket{le=\"+Inf\"}", 10.0)
                .containsEntry("stoneware_requests_commit_seconds_count", 10.0)
                .containsEntry("stoneware_requests_commit_seconds_sum", 0.042);
    }

    @Test
    void shouldCountDurationsOfEachKindOfRequestAndOfEachStandbyUnderOneName() {
        OpenMetricsText metrics = metrics(List.of());

        assertThat(metrics.types)
                .containsEntry("stoneware_requests_answered_seconds", "histogram")
                .containsEntry("stoneware_replication_acknowledged_seconds", "histogram");
        assertThat(metrics.samples)
                .containsEntry("stoneware_requests_answered_seconds_sum{kind=\"open\"}", 0.002)
                .containsEntry("stoneware_requests_answered_seconds_sum{kind=\"write\"}", 0.003)
                .containsEntry("stoneware_requests_answered_seconds_bucket{kind=\"write\",le=\"+Inf\"}", 10.0)
                .containsEntry("stoneware_replication_acknowledged_seconds_sum{server=\"Server2\"}", 0.004);
    }

    @Test
    void shouldPutAnswersUnderOneNameByKindAndOutcome() {
        OpenMetricsText metrics = metrics(List.of(
                new Counter("requests.answered.write.committed", 5), new Counter("requests.answered.open.busy", 1)));

        assertThat(metrics.samples)
                .containsEntry("stoneware_requests_answered_total{kind=\"write\",outcome=\"committed\"}", 5.0)
                .containsEntry("stoneware_requests_answered_total{kind=\"open\",outcome=\"busy\"}", 1.0);
    }

    @Test
    void shouldCountEventsByType() {
        assertThat(metrics(List.of(new Counter("events.role-changed", 4))).samples)
                .containsEntry("stoneware_events_total{type=\"role-changed\"}", 4.0);
    }

    @Test
    void shouldCountElections() {
        assertThat(metrics(List.of(new Counter("elections", 4), new Counter("elections.won", 2))).samples)
                .containsEntry("stoneware_elections_total", 4.0)
                .containsEntry("stoneware_elections_won_total", 2.0);
    }

    @Test
    void shouldShowFiguresItDoesNotKnow() {
        OpenMetricsText metrics = metrics(List.of(
                new Counter("swap.some-new.figure", 3),
                new Counter("Swap.some_new/figure", 4),
                new Counter("x.total", 5)));

        assertThat(metrics.types).containsEntry("stoneware_swap_some_new_figure", "unknown");
        assertThat(metrics.samples)
                .containsEntry("stoneware_swap_some_new_figure", 3.0)
                .containsEntry("stoneware_x", 5.0);
    }

    @Test
    void shouldStayOneDocumentWhateverATomcatCallsItself() {
        management.clientName = "a\"} 1\nfake_total 9\r\u001b[2J\u202e\\" + "x".repeat(500);

        OpenMetricsText metrics = metrics(List.of());

        assertThat(metrics.types).doesNotContainKey("fake");
        assertThat(String.join("", metrics.samples.keySet())).doesNotContainPattern("[\\p{C}]");
    }

    @Test
    void shouldSayThatItIsNotReadyWhenFenced() {
        management.role = ServerRole.FENCED;

        assertThat(metrics(List.of()).samples).containsEntry("stoneware_ready", 0.0);
    }

    /** Every figure the server and its stores count has a name, a kind and a help of its own. */
    @Test
    void shouldKnowEveryFigureAServerCounts() throws IOException {
        Set<String> counted = new TreeSet<>();
        sources("../server/src/main/java", COUNTED).forEach(counted::add);
        sources("../storage-engine/src/main/java", STORE_COUNTED).forEach(name -> counted.add("store." + name));

        assertThat(counted).contains("requests.open", "store.disk.forces");
        assertThat(lines("counters.txt")).as("counters.txt and CounterCatalog").containsAll(counted);
        assertThat(counted)
                .as("CounterCatalog")
                .noneMatch(name -> new CounterCatalog().entry(name).kind() == CounterCatalog.Kind.UNKNOWN);
    }

    @Test
    void shouldBeExplainedToOperatorsMetricByMetric() throws IOException {
        String explained = Files.readString(Path.of("../docs/operations.md"));

        for (String name : goldenNames()) {
            String metric = name.substring(name.indexOf(' ') + 1) + (name.startsWith("counter ") ? "_total" : "");
            assertThat(explained).as("docs/operations.md").containsPattern("`" + metric + "[`{]");
        }
    }

    private static List<String> sources(String directory, Pattern pattern) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of(directory))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".java")).toList()) {
                pattern.matcher(Files.readString(file)).results().forEach(each -> found.add(each.group(1)));
            }
        }
        return found;
    }

    private OpenMetricsText metrics(List<Counter> counters) {
        ClusterStatus plain = management.status();
        ClusterStatus status = new ClusterStatus(
                plain.self(),
                plain.version(),
                plain.uptimeMs(),
                plain.servers(),
                plain.clients(),
                plain.storage(),
                counters,
                plain.histograms(),
                plain.problems());
        return OpenMetricsText.parse(new String(new ClusterMetrics().of(status).body(), StandardCharsets.UTF_8));
    }

    private static List<Counter> goldenCounters() {
        List<Counter> counters = new ArrayList<>();
        for (String name : lines("counters.txt")) {
            counters.add(new Counter(name, 1));
        }
        return counters;
    }

    private static List<String> goldenNames() {
        return lines("metrics.txt");
    }

    private static List<String> lines(String file) {
        try (InputStream in = ClusterMetricsTest.class.getResourceAsStream(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
