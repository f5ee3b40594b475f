package org.stoneware.server.agent;

import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.time.SleepWatch;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.Evidence;

/**
 * Time as the agent gives it to its parts, and what shows in it: that this server did not run for a while, and that its machine slept while the
 * monotonic clock stood still.
 * <p>
 * The wall clock is read with every time, so that no request is answered under a lease that is over for everybody else (ADR 0306). It only ends
 * trust; time itself is monotonic.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class AgentTime {
    /** A gap between two cycles longer than this is a stall of ours, and silence measured over it proves nothing. */
    static final long STALL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ServerContext context;
    private final StatusWatch statusWatch;
    private final LongConsumer onSleep;
    private final SleepWatch sleepWatch = new SleepWatch();
    private boolean isBegun;
    private long lastElectionNs;
    private long untoldSleepNs;
    private long stalls;

    /** @param onSleep is told the time of a sleep at once, before anything else learns that time. */
    AgentTime(ServerContext context, StatusWatch statusWatch, LongConsumer onSleep) {
        this.context = context;
        this.statusWatch = statusWatch;
        this.onSleep = onSleep;
    }

    /** All parts are there: a server that opens its store for a minute was not stopped, and trusts nobody's word yet. */
    long begin() {
        lastElectionNs = nowNs();
        untoldSleepNs = 0;
        isBegun = true;
        return lastElectionNs;
    }

    /** Monotonic time. */
    long nowNs() {
        // The wall clock first, see SleepWatch.
        long wallMs = context.wallClock().getAsLong();
        long nowNs = context.nanoClock().getAsLong();
        long sleptNs = Math.abs(sleepWatch.sleptNs(wallMs, nowNs));
        if (sleptNs != SleepWatch.AGREED && isBegun) {
            untoldSleepNs = Math.max(untoldSleepNs, sleptNs);
            onSleep.accept(nowNs);
        }
        return nowNs;
    }

    /**
     * Time for the election. A gap since it was last asked is told first: while this server did not run it could not hear anybody either, so
     * silence over that time proves nothing. Of a sleep, which is in no clock the election goes by, it is told a stall just long enough to ask
     * again before it judges.
     *
     * @param idleNs how long an idle agent waits.
     */
    long forElection(Election election, long idleNs) {
        long nowNs = nowNs();
        long gapNs = nowNs - lastElectionNs;
        long sleptNs = untoldSleepNs;
        lastElectionNs = nowNs;
        untoldSleepNs = 0;
        boolean isStalled = gapNs > STALL_NS + idleNs;
        if (isStalled || sleptNs > STALL_NS) {
            stalls++;
            statusWatch.onPause(isStalled ? gapNs : 0);
            statusWatch.onSleep(sleptNs);
            election.onEvidence(
                    new Evidence(
                            Evidence.Kind.LOCAL_STALL,
                            context.settings().selfPosition(),
                            context.incarnation(),
                            ServerRole.START,
                            0,
                            isStalled ? gapNs : STALL_NS),
                    nowNs);
        }
        return nowNs;
    }

    /** How often this server did not run, or slept. */
    long stalls() {
        return stalls;
    }
}
