package org.stoneware.server.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.StorageStatus;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;

/**
 * What people see of a server whose store takes long to open: that it is starting, and what it waits for. It can be stopped.
 * <p>
 * <b>Threading:</b> any thread.
 */
final class StartingServer implements ManagementService {
    private final ArraySettings settings;
    private final String version;
    private final StartProgress progress;
    private final LongSupplier nanoClock;
    private final long startNs;
    private final Runnable stop;

    /**
     * @param startNs when the start began, by the clock.
     * @param stop    ends the process.
     */
    StartingServer(
            ArraySettings settings,
            String version,
            StartProgress progress,
            LongSupplier nanoClock,
            long startNs,
            Runnable stop) {
        this.settings = settings;
        this.version = version;
        this.progress = progress;
        this.nanoClock = nanoClock;
        this.startNs = startNs;
        this.stop = stop;
    }

    /** What is waited for, in one line. */
    String inWords() {
        return "this server does not serve yet, " + TimeUnit.MILLISECONDS.toSeconds(uptimeMs()) + " s after its start: "
                + progress.what();
    }

    private long uptimeMs() {
        return TimeUnit.NANOSECONDS.toMillis(nanoClock.getAsLong() - startNs);
    }

    @Override
    public ClusterStatus status() {
        List<MemberStatus> members = new ArrayList<>();
        for (ServerSettings server : settings.servers()) {
            boolean isSelf = server.position() == settings.selfPosition();
            members.add(new MemberStatus(
                    server.name(),
                    server.host(),
                    server.clientPort(),
                    server.jmxPort(),
                    server.groupPort(),
                    server.managementPort(),
                    isSelf ? ServerRole.START : ServerRole.STOPPED,
                    isSelf ? progress.what() : "not asked yet",
                    0,
                    false,
                    isSelf,
                    0));
        }
        return new ClusterStatus(
                settings.self().name(),
                version,
                uptimeMs(),
                members,
                List.of(),
                new StorageStatus(settings.self().persistenceMode(), "none", progress.what(), 0, 0, 0, 0, 0, 0),
                List.of(),
                List.of(inWords()));
    }

    @Override
    public List<ClusterEvent> events() {
        return List.of();
    }

    @Override
    public StopOutcome stop(boolean force, String by) {
        stop.run();
        return new StopOutcome(true, "server " + settings.self().name() + " stops");
    }

    @Override
    public AppointOutcome appoint(String server, boolean force, String by) {
        return new AppointOutcome(false, inWords());
    }

    @Override
    public HandOverOutcome handOver(String by) {
        return new HandOverOutcome(false, inWords());
    }
}
