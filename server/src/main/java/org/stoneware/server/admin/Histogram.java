package org.stoneware.server.admin;

import java.util.ArrayList;
import java.util.List;
import org.stoneware.api.cluster.SessionAdmin.Bucket;

/** Counts values by fixed bounds. */
final class Histogram {
    private final long[] bounds;
    private final long[] counts;

    /** @param bounds inclusive, rising; what is above the last is counted as well. */
    Histogram(long... bounds) {
        this.bounds = bounds.clone();
        this.counts = new long[bounds.length + 1];
    }

    void add(long value) {
        int at = 0;
        while (at < bounds.length && value > bounds[at]) {
            at++;
        }
        counts[at]++;
    }

    List<Bucket> buckets() {
        List<Bucket> all = new ArrayList<>(counts.length);
        for (int i = 0; i < counts.length; i++) {
            all.add(new Bucket(i < bounds.length ? bounds[i] : Long.MAX_VALUE, counts[i]));
        }
        return all;
    }
}
