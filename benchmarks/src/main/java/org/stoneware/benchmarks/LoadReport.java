package org.stoneware.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** What all users of a load run saw together. */
record LoadReport(
        long requests,
        long elapsedNs,
        Histogram latencyNs,
        Map<String, Long> errors,
        long lostUpdates,
        long lostSessions,
        long doubled,
        long uncertain,
        List<String> examples) {

    static LoadReport of(List<CounterUser> users, long elapsedNs) {
        Histogram latencyNs = CounterUser.newHistogram();
        Map<String, Long> errors = new TreeMap<>();
        List<String> examples = new ArrayList<>();
        long requests = 0;
        long lostUpdates = 0;
        long lostSessions = 0;
        long doubled = 0;
        long uncertain = 0;
        for (CounterUser user : users) {
            CounterCheck check = user.check();
            requests += user.requests();
            latencyNs.add(user.latencyNs());
            user.errors().forEach((kind, count) -> errors.merge(kind, count, Long::sum));
            lostUpdates += check.lostUpdates();
            lostSessions += check.lostSessions();
            doubled += check.doubled();
            uncertain += check.uncertain();
            examples.addAll(check.examples());
        }
        return new LoadReport(
                requests, elapsedNs, latencyNs, errors, lostUpdates, lostSessions, doubled, uncertain, examples);
    }

    boolean hasLoss() {
        return lostUpdates > 0 || lostSessions > 0 || doubled > 0;
    }
}
