package org.stoneware.client;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Which servers say of themselves, over a link that stands, that they are active. Such a server is worth dialling at once; one that
 * then does not take this Tomcat in is left alone for a time that grows, until it claims a higher epoch.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> one entry for each configured server.
 */
final class ActiveClaims {
    /** Once: a server says that it is active as soon as it is elected, and serves some milliseconds later. */
    private static final long FIRST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(5);
    /** Longer than the pause between two attempts, so that other servers have their turn in between. */
    private static final long NEXT_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long MAX_PAUSE_NS = TimeUnit.SECONDS.toNanos(2);

    private final Map<String, Claim> claims = new HashMap<>();

    /** What one server says; kept when it says so no more, so that saying it again does not make it new. */
    private static final class Claim {
        final long epoch;
        boolean isHeld = true;
        long pauseNs;
        long notBeforeNs;

        Claim(long epoch) {
            this.epoch = epoch;
        }

        boolean isDue(long nowNs) {
            return isHeld && (pauseNs == 0 || nowNs - notBeforeNs >= 0);
        }
    }

    /** A server says it is active. */
    void claim(String address, long epoch) {
        @Nullable Claim known = claims.get(address);
        if (known == null || known.epoch != epoch) {
            claims.put(address, new Claim(epoch));
        } else {
            known.isHeld = true;
        }
    }

    /** A server says so no more, or can't be heard. */
    void withdraw(String address) {
        @Nullable Claim known = claims.get(address);
        if (known != null) {
            known.isHeld = false;
        }
    }

    /** Address of the server to dial now, the one with the highest epoch; empty when none claims, or those that do have just failed. */
    String best(long nowNs) {
        String best = "";
        long bestEpoch = Long.MIN_VALUE;
        for (Map.Entry<String, Claim> each : claims.entrySet()) {
            Claim claim = each.getValue();
            if (claim.isDue(nowNs) && claim.epoch > bestEpoch) {
                best = each.getKey();
                bestEpoch = claim.epoch;
            }
        }
        return best;
    }

    /** Epoch a server claims; 0 when it claims none. */
    long epoch(String address) {
        @Nullable Claim known = claims.get(address);
        return known == null || !known.isHeld ? 0 : known.epoch;
    }

    /** Whether a server has been tried on its word and has not taken this Tomcat in. */
    boolean hasFailed(String address) {
        @Nullable Claim known = claims.get(address);
        return known != null && known.pauseNs > 0;
    }

    void onFailed(String address, long nowNs) {
        @Nullable Claim known = claims.get(address);
        if (known != null) {
            known.pauseNs = known.pauseNs == 0
                    ? FIRST_PAUSE_NS
                    : Math.min(MAX_PAUSE_NS, Math.max(NEXT_PAUSE_NS, 2 * known.pauseNs));
            known.notBeforeNs = nowNs + known.pauseNs;
        }
    }

    void onServed(String address) {
        @Nullable Claim known = claims.get(address);
        if (known != null) {
            known.pauseNs = 0;
        }
    }
}
