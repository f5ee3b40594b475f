package org.stoneware.server.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.server.replication.ReplicaIdentity;
import org.stoneware.server.replication.ReplicationLimits;
import org.stoneware.server.request.RequestLimits;
import org.stoneware.server.role.RoleLimits;
import org.stoneware.server.session.HeapShares;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.wire.session.ClientRequestAdapter;

/** What the configuration means for the parts of a {@link ServerAgent}. */
final class AgentParts {
    private final ServerContext context;
    private final ArraySettings settings;

    AgentParts(ServerContext context) {
        this.context = context;
        this.settings = context.settings();
    }

    private List<String> memberNames() {
        return settings.servers().stream().map(ServerSettings::name).toList();
    }

    RoleLimits roleLimits(int maxSessionBytes) {
        ServerSettings self = settings.self();
        HeapShares shares = HeapShares.of(
                Runtime.getRuntime().maxMemory(), settings.servers().size() - 1);
        return new RoleLimits(
                new ReplicaIdentity(0, self.position(), context.incarnation()),
                memberNames(),
                new RequestLimits(
                        self.name(),
                        maxSessionBytes,
                        TimeUnit.SECONDS.toNanos(settings.reconnectWindowSec()),
                        settings.sweepEnabled(),
                        settings.clientLogs(),
                        shares),
                // In availability mode both halves of a split serve, and what either shows is nobody's promise.
                ReplicationLimits.DEFAULTS
                        .within(shares)
                        .readsNeedConnection(settings.failoverPriority().equals("consistency")),
                shares);
    }

    /**
     * @param persistence whether sessions outlive the process as of now.
     * @param held        what an earlier process left of them.
     */
    ElectionContext electionContext(BooleanSupplier persistence, HeldCopy held) {
        return new ElectionContext(
                settings.selfPosition(),
                memberNames(),
                context.incarnation(),
                TimeUnit.SECONDS.toNanos(settings.electionTimeSec()),
                directory("election"),
                persistence,
                FailoverPriority.of(settings),
                held);
    }

    /** Gets ready what a standby has not needed yet. */
    WarmUp warmUp() {
        return new WarmUp(
                List.of(
                        AgentParts.class,
                        ClientRequestAdapter.class,
                        ArraySettings.class,
                        context.liveness().getClass(),
                        context.transport().getClass(),
                        context.election().getClass()),
                Thread::new);
    }

    /** Without the array's key peers and Tomcats prove nothing, so whoever reaches the ports can read and change sessions. */
    void warnIfOpen(EventLog events) {
        ServerSettings self = settings.self();
        boolean isLocal = new InetSocketAddress(self.clientAddress(), 0)
                        .getAddress()
                        .isLoopbackAddress()
                && new InetSocketAddress(self.groupAddress(), 0).getAddress().isLoopbackAddress();
        if (!isLocal && settings.arrayKey() == null) {
            events.warning(
                    "unprotected",
                    "dso-port and l2-group-port are open beyond this machine and ask nobody for a proof: make a key with bin/make-key"
                            + " and copy it to all servers and Tomcats, or let a firewall admit only those of this array");
        }
    }

    /** In the order opposite to opening; one that fails does not keep the others open. */
    static void closeAll(List<AutoCloseable> opened) {
        for (int i = opened.size() - 1; i >= 0; i--) {
            try {
                opened.get(i).close();
            } catch (Exception | Error e) {
                // The latter also when the classes of a store have gone with its bundle.
                System.getLogger("org.stoneware.server").log(System.Logger.Level.WARNING, "close failed", e);
            }
        }
    }

    private Path directory(String name) {
        Path directory = settings.self().dataDirectory().resolve(name);
        try {
            return Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + directory, e);
        }
    }
}
