package org.stoneware.client;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Chooses which server to dial next: the one last named as active, else the configured ones in turn, with a pause after every
 * fruitless round.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class ServerConnector {
    private static final long SHORT_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long ROUND_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(250);
    /** A server that names another as active may be wrong for a while; after this many hints in a row the list is used. */
    private static final int MAX_HINTS_IN_A_ROW = 2;

    private final List<String> servers;
    private String hint = "";
    private int hintsInARow;
    private int next;
    private int triedInRound;
    private long notBeforeNs;
    private boolean hasPause;

    ServerConnector(List<String> servers) {
        this.servers = servers;
    }

    /** Address to dial now, or an empty string when it is too early. */
    String nextAddress(long nowNs) {
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
        boolean isRoundOver = triedInRound >= servers.size();
        if (isRoundOver) {
            triedInRound = 0;
        }
        hasPause = true;
        notBeforeNs = nowNs + (isRoundOver ? ROUND_PAUSE_NS : SHORT_PAUSE_NS);
    }

    /** Somebody has named the active. */
    void onHint(String activeAddress) {
        hint = activeAddress;
    }

    void onRegistered() {
        triedInRound = 0;
        hintsInARow = 0;
        hasPause = false;
    }
}
