package org.stoneware.server.agent;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.config.ArraySettings;

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
        return ClusterStatus.beforeService(
                settings, version, uptimeMs(), progress.what(), "not asked yet", progress.what(), List.of(inWords()));
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
