package org.stoneware.election;

/**
 * When it is this server's turn to propose. The lower position goes first; each next one waits for a stall of those before it, and
 * for one it has given a promise.
 */
final class ProposalTurn {
    /** Most stall times one waits for the same server. */
    private static final int MAX_PATIENCE = 8;

    /** The one that goes first may have to wait for two stalls itself, for it has promised this one's ballot. */
    private static final int YIELD_STALLS = 4;

    private static final long NEVER = Long.MIN_VALUE;

    private final long stallNs;
    private long settlingSinceNs = NEVER;
    private long promisedNs = NEVER;
    private long retryAtNs = NEVER;
    private int overtakenAttempts;

    ProposalTurn(long stallNs) {
        this.stallNs = stallNs;
    }

    /** There is an active; nobody proposes. */
    void end() {
        settlingSinceNs = NEVER;
        promisedNs = NEVER;
        overtakenAttempts = 0;
    }

    /** It is not known yet who may take part. */
    void suspend() {
        settlingSinceNs = NEVER;
    }

    /** Everyone who may take part is known. */
    void begin(long nowNs) {
        if (settlingSinceNs == NEVER) {
            settlingSinceNs = nowNs;
        }
    }

    /** Another server was promised its ballot. */
    void onPromised(boolean wasOvertaken, long nowNs) {
        overtakenAttempts += wasOvertaken ? 1 : 0;
        promisedNs = nowNs;
    }

    /** The own ballot was refused. Two that refuse each other must not try again at the same moment. */
    void onRefused(int rank, long nowNs) {
        retryAtNs = nowNs + RegisterElection.RESEND_NS + rank * stallNs;
    }

    /** The own ballot was promised, and another server goes before this one: it gets the time to ask, and to be answered. */
    void onYielded(long nowNs) {
        retryAtNs = nowNs + YIELD_STALLS * stallNs;
    }

    /** Takes a stall of this server out of the time it has waited. */
    void onLocalStall(long ownStallNs, long nowNs) {
        settlingSinceNs = settlingSinceNs == NEVER ? NEVER : Math.min(nowNs, settlingSinceNs + ownStallNs);
        promisedNs = promisedNs == NEVER ? NEVER : Math.min(nowNs, promisedNs + ownStallNs);
    }

    /**
     * @param rank number of servers that may propose and come before this one.
     */
    boolean isDue(int rank, long nowNs) {
        long earliestNs = settlingSinceNs + rank * stallNs;
        if (promisedNs != NEVER) {
            // Each attempt overtaken asks for more patience, so that two that keep overtaking each other come to an
            // end.
            long patienceNs = stallNs * Math.min(1 + overtakenAttempts, MAX_PATIENCE);
            earliestNs = Math.max(earliestNs, promisedNs + (rank + 1) * patienceNs);
        }
        boolean isRetryDue = retryAtNs == NEVER || nowNs >= retryAtNs;
        return nowNs >= earliestNs && isRetryDue;
    }

    @Override
    public String toString() {
        return "since=" + settlingSinceNs + " promised=" + promisedNs + " retry=" + retryAtNs + " overtaken="
                + overtakenAttempts;
    }
}
