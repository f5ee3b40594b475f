package org.stoneware.console;

import java.lang.management.ManagementFactory;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;

/** This server as a tool written for Terracotta sees it. */
final class TerracottaServer implements TerracottaServerMXBean {
    private static final long NEVER = -1;

    private final ManagementService management;
    private final ArraySettings settings;

    TerracottaServer(ManagementService management, ArraySettings settings) {
        this.management = management;
        this.settings = settings;
    }

    @Override
    public String getState() {
        return role().stateName();
    }

    @Override
    public boolean isActive() {
        return role() == ServerRole.ACTIVE_COORDINATOR;
    }

    @Override
    public boolean isPassiveStandby() {
        return role() == ServerRole.PASSIVE_STANDBY;
    }

    @Override
    public boolean isPassiveUninitialized() {
        return role() == ServerRole.PASSIVE_UNINITIALIZED;
    }

    @Override
    public boolean isStarted() {
        return role() == ServerRole.START;
    }

    @Override
    public boolean isShutdownable() {
        ClusterStatus now = management.status();
        return !isActive()
                || !settings.isProduction()
                || now.storage().sessions() == 0
                || now.servers().stream()
                        .anyMatch(server ->
                                !server.name().equals(now.self()) && server.role() == ServerRole.PASSIVE_STANDBY);
    }

    @Override
    public boolean isProduction() {
        return settings.isProduction();
    }

    @Override
    public String getHealthStatus() {
        return "OK";
    }

    @Override
    public long getStartTime() {
        return ManagementFactory.getRuntimeMXBean().getStartTime();
    }

    @Override
    public long getActivateTime() {
        MemberStatus self = SelfView.of(management.status());
        return self.role() == ServerRole.ACTIVE_COORDINATOR ? self.sinceMs() : NEVER;
    }

    @Override
    public String getVersion() {
        return "Stoneware " + management.status().version();
    }

    @Override
    public String getBuildID() {
        return management.status().version();
    }

    @Override
    public Member[] getL2Info() {
        return settings.servers().stream().map(ConfiguredServer::new).toArray(Member[]::new);
    }

    @Override
    public Group[] getServerGroupInfo() {
        return new Group[] {new WholeArray(getL2Info())};
    }

    @Override
    public int getDSOListenPort() {
        return settings.self().clientPort();
    }

    @Override
    public int getDSOGroupPort() {
        return settings.self().groupPort();
    }

    @Override
    public String getPersistenceMode() {
        return settings.self().persistenceMode();
    }

    @Override
    public String getFailoverMode() {
        return settings.failoverPriority();
    }

    @Override
    public boolean isGarbageCollectionEnabled() {
        return settings.sweepEnabled();
    }

    @Override
    public int getGarbageCollectionInterval() {
        return settings.sweepIntervalSec();
    }

    @Override
    public String getConfig() {
        return settings.text();
    }

    @Override
    public long getUsedMemory() {
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Override
    public long getMaxMemory() {
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getMax();
    }

    private ServerRole role() {
        return SelfView.of(management.status()).role();
    }

    /** A server of the configuration, with JavaBean names. */
    private record ConfiguredServer(ServerSettings settings) implements Member {
        @Override
        public String getName() {
            return settings.name();
        }

        @Override
        public String getHost() {
            return settings.host();
        }

        @Override
        public int getJmxPort() {
            return settings.jmxPort();
        }
    }

    /** The group all servers are in. */
    private record WholeArray(Member[] members) implements Group {
        @Override
        public String getName() {
            return "default-group";
        }

        @Override
        public int getId() {
            return 0;
        }

        @Override
        public boolean isCoordinator() {
            return true;
        }

        @Override
        public Member[] getMembers() {
            return members;
        }
    }
}
