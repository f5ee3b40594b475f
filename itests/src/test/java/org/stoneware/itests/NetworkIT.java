package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Await;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.ServerProcess;
import org.stoneware.demo.TomcatInstance;

/** Servers and Tomcats on hosts of their own, and a network that fails between them while users count. */
class NetworkIT {
    private static final int USERS = 6;
    private static final int USERS_OF_EACH = 3;
    /** Longer than what any server or Tomcat waits before it acts upon silence, but for the election time. */
    private static final long FAULT_MS = 4_000;
    /** Heartbeats and the beginning of a log that grows by much more each second. */
    private static final int SLOW_KBIT = 64;

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path directory;

    private static NetworkLab lab;
    private static PairWithTomcats pair;

    @RegisterExtension
    private static final ReportOnFailure REPORT = new ReportOnFailure(() -> pair == null ? "" : pair.report());

    @BeforeAll
    static void startPair() throws IOException {
        Optional<String> hindrance = NetworkLab.whyNot();
        assumeTrue(hindrance.isEmpty(), () -> hindrance.orElse(""));
        lab = NetworkLab.create(PairWithTomcats.FIRST, PairWithTomcats.SECOND, "A", "B");
        pair = PairWithTomcats.start(directory, lab);
    }

    @AfterAll
    static void endPair() throws IOException {
        try {
            if (pair != null) {
                pair.close();
                pair.array().requireNoErrors();
            }
        } finally {
            if (lab != null) {
                lab.close();
            }
        }
    }

    @AfterEach
    void healNetwork() throws IOException {
        lab.heal();
        pair.complete();
    }

    private interface Fault {
        void begin(String active, String standby) throws IOException;
    }

    /** Tomcats reach both servers, and say so: the active goes on alone, and no second one appears. */
    @Test
    void shouldStayWithActiveWhenLinkBetweenServersIsCut() throws IOException {
        stayWithActive(lab::cut);
    }

    @Test
    void shouldStayWithActiveWhenNothingItSendsReachesStandby() throws IOException {
        stayWithActive(lab::cutOneWay);
    }

    @Test
    void shouldStayWithActiveWhenNothingStandbySendsReachesIt() throws IOException {
        stayWithActive((active, standby) -> lab.cutOneWay(standby, active));
    }

    /** Looks like a death: connections break and new ones are refused. Tomcats hear the active, so it is none. */
    @Test
    void shouldStayWithActiveWhenFirewallResetsLinkBetweenServers() throws IOException {
        stayWithActive(lab::reset);
    }

    private static void stayWithActive(Fault fault) throws IOException {
        try (CounterLoad load = pair.load(USERS)) {
            load.awaitServed(3);
            ServerProcess active = pair.active();
            ServerProcess standby = pair.other(active);

            fault.begin(active.member().name(), standby.member().name());
            long faultNs = System.nanoTime();
            CounterLoad.Recovery recovery = load.awaitServed(faultNs, 3);
            lastFor(FAULT_MS);
            load.awaitServed(3);
            assertThat(active.role()).isEqualTo(Cluster.ACTIVE);
            assertThat(standby.role()).isNotEqualTo(Cluster.ACTIVE);
            lab.heal();

            System.out.println("fault between the servers: " + recovery);
            pair.awaitComplete();
            assertThat(pair.active()).isSameAs(active);
            load.awaitServed(3);
            load.requireNothingLost();
        }
    }

    /** One Tomcat alone can't reach the active: its users see errors for as long as that lasts, the others nothing. */
    @Test
    void shouldServeUsersOfOtherTomcatWhenOneIsCutOffFromActive() throws IOException {
        TomcatInstance cutOff = pair.tomcats().get(0);
        TomcatInstance connected = pair.tomcats().get(1);
        try (CounterLoad onConnected = load(connected);
                CounterLoad onCutOff = load(cutOff)) {
            onConnected.awaitServed(3);
            onCutOff.awaitServed(3);
            ServerProcess active = pair.active();

            lab.cut(active.member().name(), cutOff.name());
            long faultNs = System.nanoTime();
            System.out.println("the other Tomcat is cut off: " + onConnected.awaitServed(faultNs, 3));
            lastFor(FAULT_MS);
            onConnected.awaitServed(3);
            assertThat(active.role()).isEqualTo(Cluster.ACTIVE);
            lab.heal();
            long healedNs = System.nanoTime();

            System.out.println("Tomcat no longer cut off: " + onCutOff.awaitServed(healedNs, 3));
            onConnected.requireNothingLost();
            onCutOff.end();
            onCutOff.requireOneCopyOfEachSession();
            System.out.println("requests without a counter on the Tomcat cut off: "
                    + onCutOff.problems().size());
        }
    }

    @Test
    void shouldLoseNothingWhenOneInTenPacketsIsLost() throws IOException {
        try (CounterLoad load = pair.load(USERS)) {
            load.awaitServed(3);

            lab.lose(10);
            lastFor(FAULT_MS);
            load.awaitServed(3);
            lab.heal();

            load.awaitServed(3);
            pair.awaitComplete();
            load.end();
            load.requireOneCopyOfEachSession();
            System.out.println("requests without a counter at 10 % loss: "
                    + load.problems().size());
        }
    }

    /** A standby that can't keep up is not waited for: the active goes on alone, and copies it again when it can. */
    @Test
    void shouldGoOnWithoutStandbyThatIsTooSlowAndTakeItBack() throws IOException {
        try (CounterLoad load = pair.load(USERS)) {
            load.awaitServed(3);
            ServerProcess active = pair.active();
            ServerProcess standby = pair.other(active);
            long dropsBefore = drops(active);

            lab.slow(standby.member().name(), SLOW_KBIT);
            Await.until(
                    "the active has given its standby up",
                    PATIENCE,
                    () -> drops(active) > dropsBefore,
                    () -> pair.report());
            load.awaitServed(3);
            assertThat(active.role()).isEqualTo(Cluster.ACTIVE);
            lab.heal();

            pair.awaitComplete();
            assertThat(pair.active()).isSameAs(active);
            load.awaitServed(3);
            load.requireNothingLost();
        }
    }

    private static long drops(ServerProcess server) {
        return server.process()
                .output()
                .lines()
                .filter(line -> line.contains("is no standby any more"))
                .count();
    }

    /**
     * Each server alone with a Tomcat of its own: in this mode both serve. What the server of the higher epoch has answered holds; what
     * the other one has answered since the cut is given up when they meet.
     */
    @Test
    void shouldServeOnBothSidesOfSplitAndConvergeAfterwards() throws IOException {
        ServerProcess active = pair.active();
        ServerProcess standby = pair.other(active);
        TomcatInstance beside = pair.tomcats().get(0);
        TomcatInstance withStandby = pair.tomcats().get(1);
        try (CounterLoad losing = load(beside);
                CounterLoad winning = load(withStandby)) {
            losing.awaitServed(3);
            winning.awaitServed(3);

            for (String one : List.of(active.member().name(), beside.name())) {
                for (String other : List.of(standby.member().name(), withStandby.name())) {
                    lab.cut(one, other);
                }
            }
            long faultNs = System.nanoTime();
            System.out.println("split, side of the active: " + losing.awaitServed(faultNs, 3));
            System.out.println("split, side of the standby: " + winning.awaitServed(faultNs, 3));
            standby.awaitRole(Cluster.ACTIVE);
            assertThat(active.role()).isEqualTo(Cluster.ACTIVE);
            winning.awaitServed(3);
            losing.awaitServed(3);
            lab.heal();

            pair.awaitComplete();
            assertThat(pair.active()).isSameAs(standby);
            winning.awaitServed(3);
            losing.awaitServed(3);
            winning.end().requireOneCopyOfEachSession();
            losing.end();
            System.out.println("split, users of the side that gave up: " + losing.verdict() + "\n"
                    + String.join("", losing.problems()));
            System.out.println("split, users of the other side: " + winning.verdict() + "\n"
                    + String.join("", winning.problems()));
        }
    }

    private static CounterLoad load(TomcatInstance tomcat) {
        URI page = tomcat.uri("/counter.jsp");
        return CounterLoad.start(Collections.nCopies(USERS_OF_EACH, page));
    }

    /** The length of the fault is what is tested. */
    private static void lastFor(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
