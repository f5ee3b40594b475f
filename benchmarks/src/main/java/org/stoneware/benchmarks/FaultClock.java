package org.stoneware.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Measures from a fault to the answers of requests sent after it, and the latency of all answers meanwhile.
 * <p>
 * <b>Threading:</b> users tell it on their threads; {@link #begin}, {@link #awaitEveryUser} and the figures are for one other thread.
 */
final class FaultClock implements AnswerListener {
    private static final long LOOK_AGAIN_MS = 5;
    private static final long LONGEST_LATENCY_NS = TimeUnit.MINUTES.toNanos(10);

    private final AtomicLongArray firstAnswersNs;
    private volatile long faultNs = Long.MAX_VALUE;
    private volatile Histogram latencyNs = new ConcurrentHistogram(LONGEST_LATENCY_NS, 3);

    FaultClock(int users) {
        firstAnswersNs = new AtomicLongArray(users);
    }

    @Override
    public void onAnswer(int user, long sentNs, long answeredNs) {
        latencyNs.recordValue(Math.min(answeredNs - sentNs, LONGEST_LATENCY_NS));
        if (sentNs >= faultNs) {
            firstAnswersNs.compareAndSet(user, 0, answeredNs);
        }
    }

    /** The fault happens now. */
    void begin() {
        faultNs = Long.MAX_VALUE;
        for (int user = 0; user < firstAnswersNs.length(); user++) {
            firstAnswersNs.set(user, 0);
        }
        faultNs = System.nanoTime();
    }

    /**
     * Waits until every user has had an answer to a request sent after the fault.
     *
     * @throws IllegalStateException when that takes longer than {@code patienceMs}.
     */
    void awaitEveryUser(long patienceMs) throws InterruptedException {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMs);
        for (int user = 0; user < firstAnswersNs.length(); user++) {
            while (firstAnswersNs.get(user) == 0) {
                if (System.nanoTime() - endNs > 0) {
                    throw new IllegalStateException("user " + user + " is not served after " + patienceMs + " ms");
                }
                Thread.sleep(LOOK_AGAIN_MS); // users have their own clocks; this only paces the looking
            }
        }
    }

    /** From the fault to the first answer of any user. */
    long firstNs() {
        long first = Long.MAX_VALUE;
        for (int user = 0; user < firstAnswersNs.length(); user++) {
            first = Math.min(first, firstAnswersNs.get(user) - faultNs);
        }
        return first;
    }

    /** From the fault until every user had had an answer. */
    long lastNs() {
        long last = 0;
        for (int user = 0; user < firstAnswersNs.length(); user++) {
            last = Math.max(last, firstAnswersNs.get(user) - faultNs);
        }
        return last;
    }

    /** Latencies since this was called last; what is answered in the very moment may be left out. */
    Histogram takeLatencies() {
        Histogram taken = latencyNs;
        latencyNs = new ConcurrentHistogram(LONGEST_LATENCY_NS, 3);
        return taken;
    }
}
