package org.stoneware.simulation;

import java.util.function.LongSupplier;
import org.stoneware.api.session.SessionKey;
import org.stoneware.testkit.history.CheckResult;
import org.stoneware.testkit.history.History;
import org.stoneware.testkit.history.HistoryChecker;
import org.stoneware.testkit.history.Verdict;

/**
 * What the requests of a run asked and were told, in the terms of {@link HistoryChecker}: the judge of the process tests judges the
 * simulation too. It knows nothing of owners, tokens and servers; it sees each session as a register that is read and counted up.
 * <p>
 * One thread makes a run, so events have an order: each gets a time of its own, and nothing overlaps that did not.
 */
public final class RequestHistory {
    private final History.Recorder recorder = new History.Recorder();
    private final LongSupplier trueNs;
    private long lastNs;

    /** @param trueNs time of the run, not that of any machine's clock. */
    RequestHistory(LongSupplier trueNs) {
        this.trueNs = trueNs;
    }

    private long nextNs() {
        lastNs = Math.max(lastNs + 1, trueNs.getAsLong());
        return lastNs;
    }

    /** A request that begins, and is going to show what the session holds. */
    public Request read(SessionKey key, long tomcat) {
        return new Request(recorder.read(key.toString(), name(tomcat), nextNs()));
    }

    /** A change that is sent: it takes effect only on the value it was made from. */
    public Request change(SessionKey key, long tomcat, long from) {
        return new Request(recorder.compareAndIncrement(key.toString(), name(tomcat), from, nextNs()));
    }

    /** An end of the session that is sent. There is one end, and nothing after it. */
    public Request end(SessionKey key, long tomcat) {
        return new Request(recorder.write(key.toString(), name(tomcat), 0, nextNs()));
    }

    /** What the array holds, looked at when everything is over. */
    void look(SessionKey key, long value) {
        new Request(recorder.read(key.toString(), "none", nextNs())).answered(value);
    }

    private static String name(long tomcat) {
        return Long.toString(tomcat);
    }

    /** Null when one copy of every session explains the history; a history nobody can decide is an error of the simulation. */
    Violation judge() {
        CheckResult result = HistoryChecker.check(recorder.history());
        if (result.verdict() == Verdict.UNDECIDED) {
            throw new IllegalStateException(result.toString());
        }
        return result.verdict() == Verdict.OK
                ? null
                : new Violation(
                        Violation.Kind.NOT_ONE_COPY, result.violations().get(0).toString());
    }

    int size() {
        return recorder.history().size();
    }

    /** One that has no answer yet; without one it may take effect any time later, or never. */
    public final class Request {
        private final History.Call call;

        private Request(History.Call call) {
            this.call = call;
        }

        /** @param value what the session holds, 0 when there is none. */
        public void answered(long value) {
            call.ok(value, nextNs());
        }

        /** Nothing was changed, and nothing will be. */
        public void refused() {
            call.failed(nextNs());
        }
    }
}
