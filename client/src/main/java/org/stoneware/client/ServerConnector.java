package org.stoneware.client;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Chooses which server to dial next: at once one that claims to be active, else the one last named as active, else the configured
 * ones in turn, with a pause after every attempt and a longer one after every fruitless round.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class ServerConnector {
    private static final long SHORT_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);
    /** After a fruitless round; the first are short, since a standby that takes over needs no longer. */
    private static final long MAX_ROUND_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(250);

    /** A server that names another as active may be wrong for a while; after this many hints in a row the list is used. */
    private static final int MAX_HINTS_IN_A_ROW = 2;

    private final List<String> servers;
    private final ActiveClaims claims = new ActiveClaims();
    /** The server being dialled on its own word; else empty. */
    private String claimant = "";

    private String hint = "";
    private int hintsInARow;
    private int next;
    private int triedInRound;
    private long notBeforeNs;
    private boolean hasPause;
    private long roundPauseNs = SHORT_PAUSE_NS;

    ServerConnector(List<String> servers) {
        this.servers = servers;
    }

    /** Address to dial now, or an empty string when it is too early. */
    String nextAddress(long nowNs) {
        claimant = claims.best(nowNs);
        if (!claimant.isEmpty()) {
            return claimant;
        }
        if (hasPause && nowNs - notBeforeNs < 0) {
            return "";
        }
        if (!hint.isEmpty() && hintsInARow < MAX_HINTS_IN_A_ROW) {
            hintsInARow++;
            String address = hint;
            hint = "";
            return address;
        }
        hintsInARow = 0;
        hint = "";
        String address = servers.get(next);
        next = (next + 1) % servers.size();
        triedInRound++;
        return address;
    }

    /** The server dialled last is not the active, or does not answer. */
    void onFailed(long nowNs) {
        if (!claimant.isEmpty()) {
            claims.onFailed(claimant, nowNs);
            claimant = "";
            hasPause = true;
            notBeforeNs = nowNs + SHORT_PAUSE_NS;
            return;
        }
        boolean isRoundOver = triedInRound >= servers.size();
        long pauseNs = SHORT_PAUSE_NS;
        if (isRoundOver) {
            triedInRound = 0;
            pauseNs = roundPauseNs;
            roundPauseNs = Math.min(2 * roundPauseNs, MAX_ROUND_PAUSE_NS);
        }
        hasPause = true;
        notBeforeNs = nowNs + pauseNs;
    }

    /** Somebody has named the active. */
    void onHint(String activeAddress) {
        hint = activeAddress;
    }

    /** A configured server says over its standing link that it is active. */
    void onClaim(String address, long epoch) {
        claims.claim(address, epoch);
    }

    /** It says so no more, or is heard no more. */
    void onClaimWithdrawn(String address) {
        claims.withdraw(address);
    }

    /** Epoch in which the server says it is active; 0 when it does not. */
    long claimedEpoch(String address) {
        return claims.epoch(address);
    }

    /** Whether a server claims a higher epoch and may be dialled now. */
    boolean hasBetter(long epoch, long nowNs) {
        return claims.epoch(claims.best(nowNs)) > epoch;
    }

    /** Whether a claim is reason enough to give up another server: not when following it has led nowhere before. */
    boolean isConvincing(String address) {
        return claims.epoch(address) > 0 && !claims.hasFailed(address);
    }

    void onRegistered() {
        claims.onServed(claimant);
        claimant = "";
        triedInRound = 0;
        hintsInARow = 0;
        hasPause = false;
        roundPauseNs = SHORT_PAUSE_NS;
    }
}
