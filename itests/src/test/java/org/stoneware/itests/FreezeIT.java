package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.demo.Await;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.Counter;
import org.stoneware.demo.Page;
import org.stoneware.demo.ServerProcess;
import org.stoneware.demo.TomcatInstance;

/** A server that stops running and goes on, as in a long pause of its machine; and what is left when both have been gone. */
class FreezeIT {
    private static final int USERS = 6;
    private static final int SECONDS_BETWEEN_FREEZES = 13;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path directory;

    private static PairWithTomcats pair;
    private static long lastFreezeNs;

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

    @AfterEach
    void completePair() throws IOException {
        pair.complete();
    }

    /** Short enough that a machine may have other reasons for it: whether the standby takes over is left open. */
    @Test
    void shouldLoseNothingWhenActiveIsFrozenForOneSecond() throws IOException {
        try (CounterLoad load = pair.load(USERS)) {
            load.awaitServed(3);

            long frozenNs = freezeActive();
            pause(frozenNs, 1);
            pair.array().server(PairWithTomcats.FIRST).process().signal("CONT");
            pair.array().server(PairWithTomcats.SECOND).process().signal("CONT");

            load.awaitServed(3);
            pair.awaitComplete();
            load.requireNothingLost();
        }
    }

    @Test
    void shouldTakeOverFromFrozenActiveAndTakeItBackAsStandby() throws IOException {
        takeOverFromFrozen(5);
    }

    /** Longer than any time-out of the transport. */
    @Test
    void shouldTakeOverFromActiveFrozenForHalfMinute() throws IOException {
        takeOverFromFrozen(30);
    }

    private static void takeOverFromFrozen(int seconds) throws IOException {
        try (CounterLoad load = pair.load(USERS)) {
            load.awaitServed(3);
            ServerProcess frozen = pair.active();
            ServerProcess standby = pair.other(frozen);

            long frozenNs = freezeActive();
            CounterLoad.Recovery recovery = load.awaitServed(frozenNs, 3);
            assertThat(standby.awaitRole(Cluster.ACTIVE).process().isAlive()).isTrue();
            pause(frozenNs, seconds);
            frozen.process().signal("CONT");

            System.out.println("active frozen for " + seconds + " s: " + recovery);
            frozen.awaitRole(Cluster.STANDBY);
            load.awaitServed(3);
            pair.awaitComplete();
            assertThat(pair.active()).isSameAs(standby);
            load.requireNothingLost();
        }
    }

    @Test
    void shouldGoOnWithoutFrozenStandbyAndTakeItBack() throws IOException {
        try (CounterLoad load = pair.load(USERS)) {
            load.awaitServed(3);
            ServerProcess active = pair.active();
            ServerProcess standby = pair.other(active);

            long frozenNs = System.nanoTime();
            standby.process().signal("STOP");
            CounterLoad.Recovery recovery = load.awaitServed(frozenNs, 3);
            pause(frozenNs, 5);
            standby.process().signal("CONT");

            System.out.println("standby frozen for 5 s: " + recovery);
            standby.awaitRole(Cluster.STANDBY);
            pair.awaitComplete();
            assertThat(pair.active()).isSameAs(active);
            load.awaitServed(3);
            load.requireNothingLost();
        }
    }

    /** The standby slept while others wrote, and then nobody else is left: it serves what it has, and says that it may be old. */
    @Test
    void shouldSayThatSessionsMayBeOldWhenOnlyServerLeftHadMissedChanges() throws IOException {
        ServerProcess active = pair.active();
        ServerProcess standby = pair.other(active);
        try (CounterLoad load = pair.load(USERS)) {
            load.awaitServed(3);
            standby.process().signal("STOP");
            load.awaitServed(3);
            load.end();
        }
        // Nobody is left who could tell it but the Tomcats, to whom the active said that it goes on alone.
        active.process().killHard();

        standby.process().signal("CONT");

        standby.awaitRole(Cluster.ACTIVE);
        assertThat(Page.get(URI.create(standby.member().management() + "/api/v1/cluster"), null)
                        .body())
                .contains("sessions may be old");
        awaitNewSessionsOnBothTomcats();
    }

    /** Which of the two is started first, after both have been killed. */
    private enum Order {
        FORMER_ACTIVE_FIRST,
        FORMER_STANDBY_FIRST,
        BOTH_AT_ONCE
    }

    /** The shipped mode keeps sessions in memory: with both servers they are gone, and users begin anew. */
    @ParameterizedTest
    @EnumSource(Order.class)
    void shouldBeginEmptyWhenBothWereKilled(Order order) throws IOException {
        TomcatInstance tomcat = pair.tomcats().get(0);
        Counter before = Counter.next(tomcat.uri("/counter.jsp"), null);
        ServerProcess active = pair.active();
        ServerProcess standby = pair.other(active);
        active.process().killHard();
        standby.process().killHard();

        String firstName = (order == Order.FORMER_STANDBY_FIRST ? standby : active)
                .member()
                .name();
        ServerProcess first = pair.array().start(firstName);
        if (order != Order.BOTH_AT_ONCE) {
            first.awaitRole(Cluster.ACTIVE);
            awaitNewSessionsOnBothTomcats();
        }
        pair.complete();

        awaitNewSessionsOnBothTomcats();
        assertThat(Counter.next(tomcat.uri("/counter.jsp"), before.cookie()).value())
                .isEqualTo(1);
    }

    private static void awaitNewSessionsOnBothTomcats() {
        for (TomcatInstance tomcat : pair.tomcats()) {
            Await.until(
                    "Tomcat " + tomcat.name() + " serves new sessions",
                    PATIENCE,
                    () -> Page.isServed(tomcat.uri("/counter.jsp")),
                    pair::roles);
        }
    }

    /**
     * Ten seconds lie between two takeovers for silence (ADR 0042); a test that comes sooner would meet the end of the one before.
     *
     * @return when it was frozen.
     */
    private static long freezeActive() {
        ServerProcess active = pair.active();
        if (lastFreezeNs != 0) {
            pause(lastFreezeNs, SECONDS_BETWEEN_FREEZES);
        }
        lastFreezeNs = System.nanoTime();
        active.process().signal("STOP");
        return lastFreezeNs;
    }

    /** The length of the freeze is what is tested. */
    private static void pause(long sinceNs, int seconds) {
        long leftMs = TimeUnit.SECONDS.toMillis(seconds) - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNs);
        try {
            Thread.sleep(Math.max(0, leftMs));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
