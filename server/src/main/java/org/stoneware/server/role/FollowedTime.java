package org.stoneware.server.role;

import org.stoneware.server.replication.PassiveReplica;
import org.stoneware.server.session.LogClock;

/**
 * How log time goes on on a server whose active is gone: by the monotonic clock, from the last moment the active said what time it was. The
 * wall clock counts only where nothing was heard, for the time no server ran.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class FollowedTime {
    private long knownMs;
    private long heardNs;
    private boolean isHeard;

    /** @param knownMs log time of the last entry an earlier process left. */
    FollowedTime(long knownMs) {
        this.knownMs = knownMs;
    }

    /** Called when the follower has taken something in, from which it may know a later time. */
    void onProgress(PassiveReplica follower, long nowNs) {
        if (follower.logTimeMs() != knownMs) {
            knownMs = follower.logTimeMs();
            heardNs = nowNs;
            isHeard = true;
        }
    }

    /** Log time now, in milliseconds; as it was left where nothing was heard. */
    long nowMs(PassiveReplica follower, long nowNs) {
        return follower.logTimeMs() + (isHeard ? Math.max(0, (nowNs - heardNs) / 1_000_000) : 0);
    }

    /** The same, and where nothing was heard the wall clock counts, as far as it can be believed. */
    long nowMs(PassiveReplica follower, long nowNs, long wallMs) {
        return isHeard
                ? nowMs(follower, nowNs)
                : LogClock.afterDowntime(follower.logTimeMs(), wallMs, nowNs).logTimeMs(nowNs);
    }
}
