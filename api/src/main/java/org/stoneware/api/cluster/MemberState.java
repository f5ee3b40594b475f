package org.stoneware.api.cluster;

/** What a server's role does not say: a state within it that people and alarms want to know of. Names never change meaning. */
public enum MemberState {
    /** Active, and no other server holds what it acknowledges. */
    SOLO("solo"),
    /** Active, and acknowledges nothing until enough votes are there, or a store that takes changes. */
    BLOCKED("blocked"),
    /** Active, with sessions that may be older than what Tomcats were told. */
    STALE_SESSIONS("stale-sessions"),
    /** Waits for an active, or for its copy to begin. */
    WAITING("waiting"),
    /** Is being copied. */
    COPYING("copying"),
    /** Has its copy and takes in what happened meanwhile. */
    CATCHING_UP("catching-up"),
    /** Tells what it acknowledged alone during a split. */
    RECONCILING("reconciling"),
    /** Its copy failed and is tried again. */
    COPY_FAILED("copy-failed");

    private final String externalName;

    MemberState(String externalName) {
        this.externalName = externalName;
    }

    /** The name on every door. */
    public String externalName() {
        return externalName;
    }
}
