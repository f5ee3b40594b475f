package org.stoneware.console;

import java.util.Map;

/** This server and the array as it sees it, for JMX. */
public interface ServerMXBean {
    String getName();

    /** As in {@code /api/v1/cluster}. */
    String getRole();

    /** Sub-state or reason; may be empty. */
    String getDetail();

    /** Sub-states by name, as {@code states} in {@code /api/v1/cluster}. */
    String[] getStates();

    long getEpoch();

    boolean isInSync();

    /** As {@code /health/ready}. */
    boolean isReady();

    String getReadiness();

    String[] getProblems();

    /** Wall time of the last change of role, ms; 0 when unknown. */
    long getRoleSinceMs();

    long getUptimeMs();

    String getVersion();

    String getStorageMode();

    long getSessions();

    long getPayloadBytes();

    long getMemoryUsedBytes();

    long getMemoryMaxBytes();

    /** Tomcats connected now. */
    int getConnectedTomcats();

    /** Role of every configured server by its name; {@code STOP-STATE} for one that does not answer. */
    Map<String, String> getRoles();

    Map<String, Long> getCounters();

    /** Last events, oldest first: {@code time type text}. */
    String[] getEvents();

    /**
     * Stops this server.
     *
     * @param token content of {@code management.token} in its data directory; anything for a user with {@code readwrite}.
     * @param force true: also when sessions would be lost.
     * @return what happens now.
     */
    String stop(String token, boolean force);

    /**
     * Has this server, the active, give its role to the standby.
     *
     * @param token content of {@code management.token} in its data directory; anything for a user with {@code readwrite}.
     * @return what begins now.
     */
    String handOver(String token);

    /**
     * Makes this server active.
     *
     * @param token as for {@link #stop}.
     * @param force true: also when it may lack sessions that another server holds; what it lacks is lost then.
     * @return what happens now.
     */
    String appoint(String token, boolean force);
}
