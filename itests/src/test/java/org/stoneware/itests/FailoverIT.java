package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.ServerProcess;

/** The active ends while users count through nginx: the standby goes on, and nothing that was answered is lost or counted twice. */
class FailoverIT {
    /** {@code -Dstoneware.itests.kills=1000} is the long form. */
    private static final int KILLS = Integer.getInteger("stoneware.itests.kills", 20);

    private static final int USERS = 6;

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
        try (CounterLoad load = pair.load(USERS)) {
            for (int kill = 1; kill <= KILLS; kill++) {
                load.awaitServed(3);
                ServerProcess active = pair.active();
                ServerProcess standby = pair.other(active);

                long killedNs = System.nanoTime();
                active.process().killHard();

                CounterLoad.Recovery recovery = load.awaitServed(killedNs, 3);
                assertThat(standby.awaitRole(Cluster.ACTIVE).process().isAlive())
                        .isTrue();
                first.add(recovery.firstMs());
                all.add(recovery.allMs());
                pair.complete();
            }

            load.requireNothingLost();
        } finally {
            System.out.println("from kill -9 to the first answer, ms: " + figures(first));
            System.out.println("from kill -9 until every user had one, ms: " + figures(all));
        }
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
