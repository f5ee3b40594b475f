package org.stoneware.server.replication;

/** Where the applying side stands. */
public enum ReplicaState {
    /** Not connected to an active of its epoch, or not answered yet. */
    WAITING,
    /** Telling the active what this server acknowledged alone. */
    RECONCILING,
    /** Taking in a copy beside what it holds. */
    INSTALLING,
    /** Holds every entry it was sent, and acknowledges. */
    FOLLOWING;

    /** For people. */
    public String inWords() {
        return switch (this) {
            case WAITING -> "waiting for its copy of the sessions";
            case RECONCILING -> "telling the active what was changed here alone";
            case INSTALLING -> "taking in a copy of the sessions";
            case FOLLOWING -> "following the log";
        };
    }
}
