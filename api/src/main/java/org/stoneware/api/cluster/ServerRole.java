package org.stoneware.api.cluster;

/** Role of a server in its array. Codes are sent on the wire and never change meaning. */
public enum ServerRole {
    /** Looking for the other servers; serves nobody. */
    START(0, "START-STATE", "START"),
    /** Knows the active, holds no complete copy. */
    PASSIVE_UNINITIALIZED(1, "PASSIVE-UNINITIALIZED", "PASSIVE"),
    /** Holds everything the active has acknowledged; ready to take over. */
    PASSIVE_STANDBY(2, "PASSIVE-STANDBY", "PASSIVE"),
    /** Serves the Tomcats. */
    ACTIVE_COORDINATOR(3, "ACTIVE-COORDINATOR", "ACTIVE"),
    /** Was active and learned of a newer one; acknowledges nothing, rejoins by itself. */
    FENCED(4, "FENCED", "FENCED"),
    /** Stopped on purpose. */
    STOPPED(5, "STOP-STATE", "STOPPED");

    private static final ServerRole[] BY_CODE = values();
    private final int code;
    private final String stateName;
    private final String shortName;

    ServerRole(int code, String stateName, String shortName) {
        this.code = code;
        this.stateName = stateName;
        this.shortName = shortName;
    }

    public int code() {
        return code;
    }

    /** The name tools print, for example {@code ACTIVE-COORDINATOR}. */
    public String stateName() {
        return stateName;
    }

    /** The name in the {@code .role} line of server-stat, for example {@code ACTIVE}. */
    public String shortName() {
        return shortName;
    }

    /** @throws IllegalArgumentException for a code no version has defined. */
    public static ServerRole ofCode(int code) {
        if (code < 0 || code >= BY_CODE.length) {
            throw new IllegalArgumentException("unknown server role: code=" + code);
        }
        return BY_CODE[code];
    }
}
