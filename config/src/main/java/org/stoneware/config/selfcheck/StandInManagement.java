package org.stoneware.config.selfcheck;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.cluster.SessionAdminException;
import org.stoneware.api.cluster.SessionBackup;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.session.SessionKey;

/**
 * Management of a server whose core does not run: the doors open all the same, and say why. It knows the configuration and the problems the
 * self-check has found, and nothing else; it stops the process when asked to, and refuses everything else (ADR 0231).
 * <p>
 * <b>Threading:</b> any thread.
 */
final class StandInManagement implements ManagementService, SessionAdmin, SessionBackup {
    static final String PROBLEM = "the core of this server does not run, so it serves nobody: see the other problems";
    private static final String REFUSED = "the core of this server does not run: see the problems in cluster:status";

    private final ArraySettings settings;
    private final String version;
    private final LongSupplier uptimeMs;
    private final Supplier<List<String>> problems;
    private final Runnable end;

    /** @param end begins the end of the process, and returns. */
    StandInManagement(
            ArraySettings settings,
            String version,
            LongSupplier uptimeMs,
            Supplier<List<String>> problems,
            Runnable end) {
        this.settings = settings;
        this.version = version;
        this.uptimeMs = uptimeMs;
        this.problems = problems;
        this.end = end;
    }

    @Override
    public ClusterStatus status() {
        List<String> all = new ArrayList<>();
        all.add(PROBLEM);
        all.addAll(problems.get());
        return ClusterStatus.beforeService(
                settings,
                version,
                uptimeMs.getAsLong(),
                "its core does not run",
                "not asked: the core of this server does not run",
                "",
                all);
    }

    @Override
    public List<ClusterEvent> events() {
        return List.of();
    }

    @Override
    public StopOutcome stop(boolean force, String by) {
        end.run();
        return new StopOutcome(true, "server " + settings.self().name() + " stops");
    }

    @Override
    public HandOverOutcome handOver(String by) {
        return new HandOverOutcome(false, REFUSED);
    }

    @Override
    public AppointOutcome appoint(String server, boolean force, String by) {
        return new AppointOutcome(false, REFUSED);
    }

    private static <T> CompletableFuture<T> refused() {
        return CompletableFuture.failedFuture(new SessionAdminException(REFUSED));
    }

    @Override
    public CompletableFuture<SessionPage> list(SessionQuery query) {
        return refused();
    }

    @Override
    public CompletableFuture<SessionLook> show(SessionKey key) {
        return refused();
    }

    @Override
    public CompletableFuture<SessionStats> stats(String application) {
        return refused();
    }

    @Override
    public CompletableFuture<InvalidateOutcome> invalidate(SessionKey key, String by) {
        return refused();
    }

    @Override
    public CompletableFuture<InvalidateOutcome> invalidateAll(String application, String by) {
        return refused();
    }

    @Override
    public CompletableFuture<InvalidateOutcome> sweep(String by) {
        return refused();
    }

    @Override
    public CompletableFuture<BackupOutcome> backup(Path file, String by) {
        return refused();
    }

    @Override
    public CompletableFuture<RestoreOutcome> restore(Path file, RestoreOptions options, String by) {
        return refused();
    }
}
