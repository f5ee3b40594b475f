package org.stoneware.console;

import io.prometheus.metrics.model.snapshots.Labels;
import java.util.Map;

/**
 * Under which name, label and HELP each histogram of {@code ClusterStatus.histograms()} stands in the metrics. One that is not in this list is
 * shown all the same, under a name made of its own.
 */
final class HistogramCatalog {
    private static final String ANSWERED = "requests.answered.";
    private static final String ACKNOWLEDGED = "replication.acknowledged.";
    private static final Map<String, String> HELP = Map.of(
            "requests.open",
            "Time from asking for a session that is held here until it was granted.",
            "requests.commit",
            "Time from a change until every server in sync has confirmed it.",
            "requests.awaiting-store",
            "Time to serve requests that had to wait for the store: a session read from disk, or a store that is behind.",
            "store.durable",
            "Time from a change until the store of this server had it on disk; changes that had to wait only.");

    private HistogramCatalog() {}

    /**
     * One histogram's place in the metrics.
     *
     * @param metric with its unit.
     */
    record Entry(String metric, String help, Labels labels) {}

    /** Where a histogram goes; never null. */
    static Entry entry(String name) {
        if (name.startsWith(ANSWERED)) {
            return new Entry(
                    "stoneware_requests_answered_seconds",
                    "Time from the arrival of a request at the active until it was answered, by kind; touch and release"
                            + " have no answer and count until they were done.",
                    Labels.of("kind", name.substring(ANSWERED.length())));
        }
        if (name.startsWith(ACKNOWLEDGED)) {
            return new Entry(
                    "stoneware_replication_acknowledged_seconds",
                    "Time from a change until each standby in sync acknowledged it; on the active.",
                    Labels.of("server", ClusterMetrics.printable(name.substring(ACKNOWLEDGED.length()))));
        }
        return new Entry(
                "stoneware_" + name.replaceAll("[^a-z0-9]+", "_") + "_seconds",
                HELP.getOrDefault(name, "A duration; see docs/operations.md."),
                Labels.EMPTY);
    }
}
