package org.stoneware.server.role;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongPredicate;

/**
 * Gives the active role to the standby while this server goes on running: what has been taken in is acknowledged first, then the
 * election is asked. When that comes to nothing, this server goes on serving.
 *
 * <pre>
 *  from      to        when
 *  IDLE      DRAINING  {@link #begin}
 *  DRAINING  OFFERED   everything taken in is acknowledged and the election has given the role up
 *  DRAINING  IDLE      the election refuses, {@link #MAX_DRAIN_NS} is over, or the role is lost for another reason
 *  OFFERED   IDLE      a server is active, or none for {@link #MAX_WAIT_NS}; the election looks after the latter
 * </pre>
 *
 * <b>Threading:</b> the agent thread.
 */
public final class RoleHandOver {
    /** Longest wait for what is on its way to the standby. */
    public static final long MAX_DRAIN_NS = TimeUnit.SECONDS.toNanos(2);
    /** Longest wait for the standby to become active. */
    public static final long MAX_WAIT_NS = TimeUnit.SECONDS.toNanos(1);

    private enum State {
        IDLE,
        DRAINING,
        OFFERED
    }

    private final RoleDuties duties;
    private final LongPredicate election;
    private final BooleanSupplier isOtherActive;
    private final RoleOutput output;
    private State state = State.IDLE;
    private boolean isUrgent;
    private boolean isEnded;
    private long sinceNs;

    /**
     * @param election      asks the election to give the role up at a time; says whether it has.
     * @param isOtherActive whether another server says it is active.
     */
    public RoleHandOver(RoleDuties duties, LongPredicate election, BooleanSupplier isOtherActive, RoleOutput output) {
        this.duties = duties;
        this.election = election;
        this.isOtherActive = isOtherActive;
        this.output = output;
    }

    /** Begins, unless this is under way or there is nobody to hand over to. */
    public void begin(String by, long nowNs) {
        begin(by, false, nowNs);
    }

    /**
     * As {@link #begin(String, long)}.
     *
     * @param isUrgent nothing more can be acknowledged here: what is on its way is not waited for, and Tomcats ask the next active for it.
     */
    public void begin(String by, boolean isUrgent, long nowNs) {
        if (isEnded || state != State.IDLE || !duties.hasStandby()) {
            return;
        }
        output.info("hand-over-requested", "hand-over requested by " + by);
        this.isUrgent = isUrgent;
        duties.beginStop();
        state(State.DRAINING, nowNs);
    }

    /**
     * Forgets about it for good, because this server stops: one that begins now and comes to nothing would make it serve again.
     *
     * @return whether the role is given up and no server was seen to have taken it.
     */
    public boolean end() {
        isEnded = true;
        boolean wasOffered = state == State.OFFERED;
        state = State.IDLE;
        return wasOffered;
    }

    /**
     * Lets time pass.
     *
     * @return amount of work done; 0 when idle.
     */
    public int doWork(long nowNs) {
        return switch (state) {
            case IDLE -> 0;
            case DRAINING -> drain(nowNs);
            case OFFERED -> await(nowNs);
        };
    }

    private int drain(long nowNs) {
        if (duties.standbys() == null) {
            goOn("the role was lost meanwhile", nowNs);
            return 1;
        }
        if (!isUrgent && !duties.isSettled()) {
            if (nowNs - sinceNs > MAX_DRAIN_NS) {
                goOn("not everything taken in could be acknowledged in time", nowNs);
            }
            return 0;
        }
        if (election.test(nowNs)) {
            duties.endStop();
            state(State.OFFERED, nowNs);
        } else {
            goOn("the standby is not in sync any more, or can't be talked to", nowNs);
        }
        return 1;
    }

    private int await(long nowNs) {
        if (isOtherActive.getAsBoolean()) {
            output.info("handed-over", "the active role is handed over");
            state(State.IDLE, nowNs);
        } else if (duties.processor() != null) {
            output.warning("hand-over-failed", "the standby was lost in that moment; this server is active again");
            state(State.IDLE, nowNs);
        } else if (nowNs - sinceNs > MAX_WAIT_NS) {
            output.warning("hand-over-slow", "the standby has not taken over yet");
            state(State.IDLE, nowNs);
        } else {
            return 0;
        }
        return 1;
    }

    private void goOn(String reason, long nowNs) {
        duties.endStop();
        output.warning("hand-over-failed", "the active role was not handed over: " + reason);
        state(State.IDLE, nowNs);
    }

    private void state(State next, long nowNs) {
        state = next;
        sinceNs = nowNs;
    }
}
