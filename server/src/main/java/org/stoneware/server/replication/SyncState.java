package org.stoneware.server.replication;

/** Progress of one standby towards the in-sync set. Codes never change meaning. */
public enum SyncState {
    /** Waiting for the standby to name the last entry it holds. */
    AWAIT_POSITION(0),
    /** Sending the state; sessions changed meanwhile are sent again, whole. */
    SEND_SNAPSHOT(1),
    /** Sending entries; at the end commits pause until the standby has the last one. */
    CATCH_UP(2),
    /** The standby holds every committed entry and counts for commit. */
    SYNCED(3),
    /** Given up. */
    FAILED(4),
    /** The standby tells what it acknowledged alone while both were active. */
    RECONCILE(5);

    private final int code;

    SyncState(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** For people. */
    public String inWords() {
        return switch (this) {
            case AWAIT_POSITION -> "asked how far its copy goes";
            case SEND_SNAPSHOT -> "being copied";
            case CATCH_UP -> "catching up";
            case SYNCED -> "in sync";
            case FAILED -> "copying failed, will be tried again";
            case RECONCILE -> "telling what it changed alone";
        };
    }

    boolean mayBecome(SyncState next) {
        return switch (this) {
            case AWAIT_POSITION -> next == RECONCILE || next == SEND_SNAPSHOT || next == CATCH_UP || next == FAILED;
            case RECONCILE -> next == SEND_SNAPSHOT || next == FAILED;
            case SEND_SNAPSHOT -> next == CATCH_UP || next == FAILED;
            case CATCH_UP -> next == SYNCED || next == FAILED;
            case SYNCED, FAILED -> false;
        };
    }
}
