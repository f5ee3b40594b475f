package org.stoneware.server.latency;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.stoneware.api.cluster.Histogram;

/**
 * Counts how long something took, in buckets from 50 microseconds to 10 seconds. Counting allocates nothing.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class LatencyHistogram {
    private static final long[] UP_TO_NS = {
        50_000,
        100_000,
        250_000,
        500_000,
        TimeUnit.MILLISECONDS.toNanos(1),
        2_500_000,
        TimeUnit.MILLISECONDS.toNanos(5),
        TimeUnit.MILLISECONDS.toNanos(10),
        TimeUnit.MILLISECONDS.toNanos(25),
        TimeUnit.MILLISECONDS.toNanos(50),
        TimeUnit.MILLISECONDS.toNanos(100),
        TimeUnit.MILLISECONDS.toNanos(250),
        TimeUnit.MILLISECONDS.toNanos(500),
        TimeUnit.SECONDS.toNanos(1),
        TimeUnit.MILLISECONDS.toNanos(2500),
        TimeUnit.SECONDS.toNanos(5),
        TimeUnit.SECONDS.toNanos(10)
    };

    private final long[] counts = new long[UP_TO_NS.length + 1];
    private long sumNs;

    public void record(long durationNs) {
        int bucket = 0;
        while (bucket < UP_TO_NS.length && durationNs > UP_TO_NS[bucket]) {
            bucket++;
        }
        counts[bucket]++;
        sumNs += Math.max(0, durationNs);
    }

    /** What was counted so far. */
    public Histogram snapshot(String name) {
        List<Long> bounds = new ArrayList<>(UP_TO_NS.length);
        for (long bound : UP_TO_NS) {
            bounds.add(bound);
        }
        List<Long> counted = new ArrayList<>(counts.length);
        for (long count : counts) {
            counted.add(count);
        }
        return new Histogram(name, bounds, counted, sumNs);
    }
}
