package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.ArrayConfig;
import org.stoneware.demo.ChildProcess;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.ServerProcess;
import org.stoneware.demo.TomcatInstance;

/** The active ends while users count through nginx: the standby goes on, and nothing that was answered is lost or counted twice. */
class FailoverIT {
    /** {@code ./mvnw verify -pl itests -Dit.test=FailoverIT -Dstoneware.itests.kills=1000} is the long form; about an hour. */
    private static final int KILLS = Integer.getInteger("stoneware.itests.kills", 20);
    /** So that what users saw fits in memory and is checked before the run has ended. */
    private static final int KILLS_OF_ONE_LOAD = 50;

    private static final int USERS = 6;
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

    /** A test that fails half way must not leave the next one without a pair. */
    @AfterEach
    void completePair() throws IOException {
        pair.complete();
    }

    @Test
    void shouldLoseNothingWhenActiveIsKilledAgainAndAgain() throws IOException {
        List<Long> first = new ArrayList<>();
        List<Long> all = new ArrayList<>();
        try {
            while (first.size() < KILLS) {
                try (CounterLoad load = pair.load(USERS)) {
                    for (int kill = 0; kill < KILLS_OF_ONE_LOAD && first.size() < KILLS; kill++) {
                        CounterLoad.Recovery recovery = killActive(load);
                        first.add(recovery.firstMs());
                        all.add(recovery.allMs());
                    }
                    load.requireNothingLost();
                }
            }
        } finally {
            System.out.println("from kill -9 to the first answer, ms: " + figures(first));
            System.out.println("from kill -9 until every user had one, ms: " + figures(all));
        }
    }

    /** Ends with a pair as it was, the servers in each other's place. */
    private static CounterLoad.Recovery killActive(CounterLoad load) throws IOException {
        load.awaitServed(3);
        ServerProcess active = pair.active();
        ServerProcess standby = pair.other(active);

        long killedNs = System.nanoTime();
        active.process().killHard();

        CounterLoad.Recovery recovery = load.awaitServed(killedNs, 3);
        assertThat(standby.awaitRole(Cluster.ACTIVE).process().isAlive()).isTrue();
        pair.complete();
        return recovery;
    }

    /** Each server twice: once as it is told by the script, once by the signal a system sends when it shuts down. */
    @Test
    void shouldLoseNothingInRollingRestarts() throws IOException {
        try (CounterLoad load = pair.load(USERS)) {
            for (int round = 0; round < 2; round++) {
                stop(pair.other(pair.active()), round == 0);
                load.awaitServed(3);
                pair.complete();

                ServerProcess active = pair.active();
                ServerProcess standby = pair.other(active);
                long stoppedNs = System.nanoTime();
                stop(active, round == 0);
                CounterLoad.Recovery recovery = load.awaitServed(stoppedNs, 3);
                System.out.println("planned stop of the active: " + recovery);
                assertThat(standby.role()).isEqualTo(Cluster.ACTIVE);
                pair.complete();
            }

            load.requireNothingLost();
        }
    }

    @Test
    void shouldServeUsersOfOtherTomcatWhenActiveAndOneTomcatDieTogether() throws IOException {
        TomcatInstance dying = pair.tomcats().get(0);
        TomcatInstance surviving = pair.tomcats().get(1);
        try (CounterLoad onSurvivor =
                        CounterLoad.start(List.of(counter(surviving), counter(surviving), counter(surviving)));
                CounterLoad onBoth = pair.load(3).allowRepetitionByProxy()) {
            onSurvivor.awaitServed(3);
            onBoth.awaitServed(3);
            ServerProcess active = pair.active();

            dying.process().killHard();
            long killedNs = System.nanoTime();
            active.process().killHard();

            System.out.println("one Tomcat and the active killed, users of the other Tomcat: "
                    + onSurvivor.awaitServed(killedNs, 3));
            System.out.println("one Tomcat and the active killed, users of both: " + onBoth.awaitServed(killedNs, 3));
            onSurvivor.requireNothingLost();
            onBoth.requireNothingLost();
        }
    }

    private static URI counter(TomcatInstance tomcat) {
        return tomcat.uri("/counter.jsp");
    }

    /** Ends with exit code 0, or the test fails. */
    private static void stop(ServerProcess server, boolean isByScript) throws IOException {
        if (isByScript) {
            ArrayConfig config = pair.array().config();
            Path script = Layout.distribution().resolve("bin/stop-server");
            String name = server.member().name();
            try (ChildProcess stop = ChildProcess.start(
                    "stop-server",
                    List.of(script.toString(), "-f", config.file().toString(), "-n", name),
                    Map.of(),
                    directory,
                    directory.resolve("stop-server.txt"))) {
                assertThat(stop.awaitExit(PATIENCE)).isZero();
            }
        } else {
            server.process().signal("TERM");
        }
        assertThat(server.process().awaitExit(PATIENCE)).isZero();
    }

    private static String figures(List<Long> values) {
        List<Long> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.isEmpty()
                ? "none"
                : "n=" + sorted.size() + " p50=" + sorted.get(sorted.size() / 2) + " max="
                        + sorted.get(sorted.size() - 1) + " in order=" + values;
    }
}
