package org.stoneware.api.cluster;

import java.util.List;

/**
 * How long something took, counted.
 *
 * @param name    dotted, lower case.
 * @param upToNs  upper bounds of the buckets, rising.
 * @param counts  how often a duration fell into each bucket and not the one before; one more than bounds, the last for all that is longer.
 * @param sumNs   sum of all durations.
 */
public record Histogram(String name, List<Long> upToNs, List<Long> counts, long sumNs) {
    public Histogram {
        upToNs = List.copyOf(upToNs);
        counts = List.copyOf(counts);
        if (counts.size() != upToNs.size() + 1) {
            throw new IllegalArgumentException(
                    "histogram " + name + ": bounds=" + upToNs.size() + " counts=" + counts.size());
        }
    }
}
