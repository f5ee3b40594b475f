package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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

    /** Of each user, for each of the figures the copy is compared with. */
    private static final int ANSWERS_COMPARED = 300;

    private static final int ANSWERS_FOR_P99 = 100;
    private static final String TOO_FEW =
            " (too few for a p99: -Dstoneware.itests.resync.sessions=100000 has a longer copy)";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

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
            CounterLoad.Latencies paired = compared(load);
            ServerProcess active = pair.active();
            ServerProcess standby = pair.other(active);
            standby.process().killHard();
            load.awaitServed(3);
            CounterLoad.Latencies alone = compared(load);

            long startedNs = System.nanoTime();
            ServerProcess again = pair.array().start(standby.member().name());
            again.awaitRole(Cluster.STANDBY);
            CopyTimes copy = CopyTimes.await(active, again.member().name(), PATIENCE);
            CounterLoad.Latencies copying = load.latencies(copy.beginNs(), copy.inSyncNs());
            pair.awaitComplete();
            load.awaitServed(3);
            active.process().killHard();

            again.awaitRole(Cluster.ACTIVE);
            load.awaitServed(3);
            stored.requireAll();
            load.requireNothingLost();
            assertThat(again.process().isAlive()).isTrue();
            System.out.println("sessions=" + SESSIONS + " created in " + ms(createdNs - beginNs)
                    + " ms; copied from " + ms(copy.beginNs() - startedNs) + " to " + ms(copy.inSyncNs() - startedNs)
                    + " ms after the start of the process");
            System.out.println("requests with a standby: " + paired + "; of the active alone: " + alone
                    + "; during the copy: " + copying + (copying.count() < ANSWERS_FOR_P99 ? TOO_FEW : ""));
            System.out.println("p99 during the copy over that with a standby " + ratio(copying, paired)
                    + ", over that of the active alone " + ratio(copying, alone));
        }
    }

    private static CounterLoad.Latencies compared(CounterLoad load) {
        long fromNs = System.nanoTime();
        load.awaitServed(fromNs, ANSWERS_COMPARED);
        return load.latencies(fromNs, System.nanoTime());
    }

    private static String ratio(CounterLoad.Latencies one, CounterLoad.Latencies other) {
        return String.format(Locale.ROOT, "%.2f", one.p99Ms() / other.p99Ms());
    }

    private static long ms(long ns) {
        return TimeUnit.NANOSECONDS.toMillis(ns);
    }
}
