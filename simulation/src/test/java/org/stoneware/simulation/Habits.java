package org.stoneware.simulation;

import java.util.Random;

/**
 * What is the same for a whole run: how quick the network is, how long people think and requests take, and whether the load balancer
 * sends them to the Tomcat they know.
 *
 * @param quickUs    most messages take less than this.
 * @param slowOneIn  one message in so many takes up to {@code slowestMs}.
 * @param thinkMs    a browser waits for up to this time between two requests.
 * @param longOneIn  one request in so many works for up to 300 ms.
 * @param stickyOf100 so many requests in a hundred go to the session that belongs to their Tomcat.
 * @param drift      how clocks differ from true time.
 * @param isLonely   a server that has crashed is often away for long, so that the other one is alone.
 * @param isCalm     Tomcats are seldom stopped or cut off by chance, so that they own sessions when something is done on purpose.
 */
public record Habits(
        int quickUs,
        int slowOneIn,
        int slowestMs,
        int thinkMs,
        int longOneIn,
        int stickyOf100,
        Drift drift,
        boolean isLonely,
        boolean isCalm) {
    /** Clocks run up to one in a hundred faster or slower than true time. */
    enum Drift {
        ANY,
        /** As bad as allowed: a lease is longest by the clocks of Tomcats, and a wait for it shortest by those of servers. */
        TOMCATS_SLOW,
        TOMCATS_FAST
    }

    private static final double SLOW = 0.99;
    private static final double FAST = 1.01;

    static Habits choose(Random random) {
        boolean isSlow = random.nextInt(4) == 0;
        return new Habits(
                isSlow || random.nextBoolean() ? 3_000 : 200,
                isSlow ? 25 : 100,
                isSlow ? 900 : 400,
                random.nextInt(3) == 0 ? 150 : 40,
                random.nextInt(3) == 0 ? 2 : 10,
                random.nextBoolean() ? 90 : 0,
                Drift.values()[random.nextInt(Drift.values().length)],
                random.nextInt(3) == 0,
                random.nextInt(3) > 0);
    }

    double tomcatClockRate(Random random) {
        return switch (drift) {
            case ANY -> SLOW + random.nextInt(21) / 1_000.0;
            case TOMCATS_SLOW -> SLOW;
            case TOMCATS_FAST -> FAST;
        };
    }

    double serverClockRate(Random random) {
        return switch (drift) {
            case ANY -> SLOW + random.nextInt(21) / 1_000.0;
            case TOMCATS_SLOW -> FAST;
            case TOMCATS_FAST -> SLOW;
        };
    }
}
