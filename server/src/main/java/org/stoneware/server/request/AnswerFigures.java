package org.stoneware.server.request;

import java.util.List;
import java.util.Locale;
import org.stoneware.api.cluster.ClusterStatus.Counter;
import org.stoneware.api.cluster.Histogram;
import org.stoneware.server.latency.LatencyHistogram;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.WriteStatus;

/**
 * What requests of Tomcats came to, by kind and outcome, and how long each took from its arrival here. Counting allocates nothing.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class AnswerFigures {
    private static final RequestKind[] KINDS = RequestKind.values();
    private static final OwnStatus[] OPENED = OwnStatus.values();
    private static final WriteStatus[] CHANGED = WriteStatus.values();

    private final LatencyHistogram[] durations = new LatencyHistogram[KINDS.length];
    private final long[] opened = new long[OPENED.length];
    private final long[][] changed = new long[KINDS.length][CHANGED.length];

    AnswerFigures() {
        for (int i = 0; i < durations.length; i++) {
            durations[i] = new LatencyHistogram();
        }
    }

    void opened(OwnStatus outcome, long tookNs) {
        opened[outcome.ordinal()]++;
        done(RequestKind.OPEN, tookNs);
    }

    /** @param kind one of those that change a session. */
    void changed(RequestKind kind, WriteStatus outcome, long tookNs) {
        changed[kind.ordinal()][outcome.ordinal()]++;
        done(kind, tookNs);
    }

    /** A request that gets no answer has been served, or one was answered. */
    void done(RequestKind kind, long tookNs) {
        durations[kind.ordinal()].record(tookNs);
    }

    void addTo(List<Counter> all) {
        for (OwnStatus outcome : OPENED) {
            all.add(new Counter(name(RequestKind.OPEN, outcome), opened[outcome.ordinal()]));
        }
        for (RequestKind kind : List.of(RequestKind.WRITE, RequestKind.REMOVE, RequestKind.RENAME)) {
            for (WriteStatus outcome : CHANGED) {
                all.add(new Counter(name(kind, outcome), changed[kind.ordinal()][outcome.ordinal()]));
            }
        }
    }

    private static String name(RequestKind kind, Enum<?> outcome) {
        return "requests.answered." + kind.externalName() + "."
                + outcome.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    void addHistogramsTo(List<Histogram> all) {
        for (RequestKind kind : KINDS) {
            all.add(durations[kind.ordinal()].snapshot("requests.answered." + kind.externalName()));
        }
    }
}
