package org.stoneware.server.replication;

/**
 * The word a standby has given by acknowledging, as it must be counted here: longer than the active relies on it, because their clocks may
 * run differently (1.05 times; two clocks within 1 % need 1.0203 times).
 * <p>
 * The time of a duty cycle was read before the cycle's frames were received. A process stopped in between would date its word
 * before what it acknowledged was even sent. So a word counts from the first time read <em>after</em> it was given.
 */
final class GivenLease {
    static final long WORD_NS = ReadLease.LEASE_NS / 100 * 105;

    private boolean isGiven;
    private boolean isDated;
    private long givenNs;
    private long untilNs;

    /** The word was given now. */
    void given(long nowNs) {
        untilNs(nowNs);
        isGiven = true;
        isDated = false;
        givenNs = nowNs;
        untilNs = nowNs + WORD_NS;
    }

    /** Until when the word counts; a time not after {@code nowNs} when it need not. */
    long untilNs(long nowNs) {
        if (!isGiven) {
            return nowNs;
        }
        if (!isDated && nowNs - givenNs > 0) {
            isDated = true;
            untilNs = nowNs + WORD_NS;
        }
        return untilNs;
    }
}
