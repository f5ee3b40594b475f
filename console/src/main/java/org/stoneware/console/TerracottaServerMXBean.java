package org.stoneware.console;

/**
 * What tools written for a Terracotta server read of it, under the names they know. Values are of open types, so that no class of ours is
 * needed to read them.
 */
public interface TerracottaServerMXBean {
    /** {@code ACTIVE-COORDINATOR}, {@code PASSIVE-STANDBY}, … */
    String getState();

    boolean isActive();

    boolean isPassiveStandby();

    boolean isPassiveUninitialized();

    /** As in Terracotta: true only while the server has not yet found its role. */
    boolean isStarted();

    /** True when a stop would not take the last copy of the sessions. */
    boolean isShutdownable();

    boolean isProduction();

    /** {@code OK} as long as the process answers. */
    String getHealthStatus();

    /** Wall time of the start, ms. */
    long getStartTime();

    /** Wall time at which this server became active, ms; -1 when it is not. */
    long getActivateTime();

    String getVersion();

    String getBuildID();

    /** Every configured server. */
    Member[] getL2Info();

    /** The one group of servers. */
    Group[] getServerGroupInfo();

    int getDSOListenPort();

    int getDSOGroupPort();

    String getPersistenceMode();

    String getFailoverMode();

    boolean isGarbageCollectionEnabled();

    /** Seconds. */
    int getGarbageCollectionInterval();

    /** The tc-config text in use. */
    String getConfig();

    /** Heap in use, bytes. */
    long getUsedMemory();

    /** Largest heap, bytes. */
    long getMaxMemory();

    /** One configured server. */
    interface Member {
        String getName();

        String getHost();

        int getJmxPort();
    }

    /** Servers that hold the same sessions. */
    interface Group {
        String getName();

        int getId();

        boolean isCoordinator();

        Member[] getMembers();
    }
}
