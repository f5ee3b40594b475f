package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.ServerProcess;

/** A server that comes back is given every session while users go on, and is then as good as the one it came back to. */
class ResyncIT {
    private static final int USERS = 6;
    private static final int SESSIONS = Integer.getInteger(
            "stoneware.itests.resync.sessions", Boolean.getBoolean("stoneware.soak") ? 100_000 : 10_000);

    private static final int ANSWERS_BEFORE = 300;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path directory;

    private static PairWithTomcats pair;

    @RegisterExtension
    private static final ReportOnFailure REPORT = new ReportOnFailure(() -> pair == null ? "" : pair.report());

    @BeforeAll
    static void startPair() throws IOException {
        pair = PairWithTomcats.start(directory);
    }

    @AfterAll
    static void endPair() throws IOException {
        if (pair != null) {
            pair.close();
            pair.array().requireNoErrors();
        }
    }

    @Test
    void shouldCopyEverySessionToReturningServerWhileUsersCount() throws Exception {
        StoredSessions stored = new StoredSessions(pair.array().config(), SESSIONS);
        long beginNs = System.nanoTime();
        stored.create();
        long createdNs = System.nanoTime();
        try (CounterLoad load = pair.load(USERS)) {
            load.awaitServed(3);
            long beforeNs = System.nanoTime();
            load.awaitServed(beforeNs, ANSWERS_BEFORE);
            long p99BeforeMs = load.latencyMs(99, beforeNs, System.nanoTime());
            ServerProcess active = pair.active();
            ServerProcess standby = pair.other(active);
            standby.process().killHard();
            load.awaitServed(3);

            ServerProcess again = pair.array().start(standby.member().name());
            long startedNs = System.nanoTime();
            again.awaitRole(Cluster.STANDBY);
            long syncedNs = System.nanoTime();
            long p99DuringMs = load.latencyMs(99, startedNs, syncedNs);
            pair.awaitComplete();
            load.awaitServed(3);
            active.process().killHard();

            again.awaitRole(Cluster.ACTIVE);
            load.awaitServed(3);
            stored.requireAll();
            load.requireNothingLost();
            assertThat(again.process().isAlive()).isTrue();
            System.out.println("sessions=" + SESSIONS + " created in " + ms(createdNs - beginNs)
                    + " ms; from start to standby " + ms(syncedNs - startedNs)
                    + " ms; p99 of requests before " + p99BeforeMs + " ms, meanwhile " + p99DuringMs + " ms, ratio "
                    + String.format(Locale.ROOT, "%.2f", (double) p99DuringMs / Math.max(1, p99BeforeMs)));
        }
    }

    private static long ms(long ns) {
        return TimeUnit.NANOSECONDS.toMillis(ns);
    }
}
