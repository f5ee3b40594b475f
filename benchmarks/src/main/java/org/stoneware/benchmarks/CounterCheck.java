package org.stoneware.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * Holds the counters of one session against what the user has clicked. A request that failed may or may not have been
 * counted, so after failures the next counter may be up to so many ahead; it may never fall behind.
 */
final class CounterCheck {
    private static final int MAX_EXAMPLES = 10;
    private static final long NONE = -1;

    private final int user;
    private final List<String> examples = new ArrayList<>();
    private long last = NONE;
    private String session = "";
    private long unanswered;
    private long lostUpdates;
    private long lostSessions;
    private long doubled;
    private long uncertain;

    CounterCheck(int user) {
        this.user = user;
    }

    /** A request ended without an answer that names a counter. */
    void onFailure() {
        unanswered++;
    }

    /**
     * An answer.
     *
     * @param sessionId id in force after the answer.
     */
    void onCounter(long counter, String sessionId) {
        long expected = last + 1;
        if (last != NONE) {
            if (!sessionId.equals(session)) {
                lostSessions++;
                example("session lost", expected, counter);
            } else if (counter < expected) {
                lostUpdates++;
                example("update lost", expected, counter);
            } else if (counter > expected + unanswered) {
                doubled++;
                example("counted twice", expected, counter);
            } else if (counter > expected) {
                uncertain++;
            }
        }
        last = counter;
        session = sessionId;
        unanswered = 0;
    }

    private void example(String what, long expected, long counter) {
        if (examples.size() < MAX_EXAMPLES) {
            examples.add(what + ": user=" + user + " expected=" + expected
                    + (unanswered > 0 ? ".." + (expected + unanswered) : "") + " counter=" + counter);
        }
    }

    /** Counters that fell behind. */
    long lostUpdates() {
        return lostUpdates;
    }

    /** Times the server answered with another session. */
    long lostSessions() {
        return lostSessions;
    }

    /** Counters that went further than the requests sent explain. */
    long doubled() {
        return doubled;
    }

    /** Counters ahead because a request that failed for the user was counted all the same; no fault. */
    long uncertain() {
        return uncertain;
    }

    List<String> examples() {
        return examples;
    }
}
