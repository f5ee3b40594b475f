package org.stoneware.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.stoneware.demo.Await;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.DemoArray;
import org.stoneware.demo.DemoOptions;
import org.stoneware.demo.ServerProcess;

/**
 * A pair of real servers, two Tomcats and a proxy, users in a closed loop: how long they wait when the active dies or stops running, and
 * what a standby costs while all is well.
 */
final class FailoverBenchmark implements AutoCloseable {
    private static final String USAGE =
            """
            usage: java -jar stoneware-benchmarks.jar failover [options] DISTRIBUTION TOMCAT [TOMCAT]

            DISTRIBUTION is an unpacked distribution, TOMCAT a directory or tar.gz of Tomcat 10.1 or 11. Starts both servers, two
            Tomcats and nginx (or the stand-in), and users who count and repeat what failed. Times are from the fault to
            answers of requests sent after it.

              --kills N      kill -9 of the active, each time the other one  (50)
              --freezes N    SIGSTOP of the active until it is replaced      (5)
              --busy-min M   minutes of users and busy processors without a fault; changes of role are counted  (0)
              --busy N       threads that keep processors busy meanwhile     (2)
              --rounds N     turns with and without a standby                (3)
              --seconds S    length of such a turn                           (5)
              --warm-up S    seconds of users before the first fault         (20)
              --users N      users at once, one session each                 (6)
              --think-ms T   pause of a user between two requests            (5)
              --sessions N   further sessions, made before the first fault   (0)
              --session-bytes B   of each of them, beside its counter        (2048)
              --server-options O  of the servers' JVMs; empty: those of bin/start-server alone  (-Xmx192m -XX:+UseSerialGC)

            Exit code: 0 every counter exact, 1 sessions or updates were lost or doubled, 2 wrong usage.
            """;
    private static final Set<String> OPTIONS = Set.of(
            "kills",
            "freezes",
            "busy-min",
            "busy",
            "rounds",
            "seconds",
            "users",
            "think-ms",
            "warm-up",
            "sessions",
            "session-bytes",
            "server-options");
    private static final int PORT = 8180;
    private static final long PATIENCE_MS = 120_000;
    private static final int ANSWER_TIMEOUT_MS = 60_000;
    private static final long SETTLE_MS = 1_000;
    /** Ten seconds lie between two takeovers for silence (ADR 0042), so that servers that hear badly do not take turns. */
    private static final long BETWEEN_FREEZES_MS = 11_000;

    private static final String TAKEOVER = "Moved to State[ " + Cluster.ACTIVE;
    private static final String DROP = "is no standby any more";
    private static final double NANOS_PER_MS = 1e6;

    private final DemoArray array;
    private final PrintStream out;
    private final int userCount;
    private final long thinkMs;
    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<Thread> threads = new ArrayList<>();

    private FailoverBenchmark(DemoArray array, PrintStream out, int userCount, long thinkMs) {
        this.array = array;
        this.out = out;
        this.userCount = userCount;
        this.thinkMs = thinkMs;
    }

    static void main(String[] args) throws Exception {
        CommandLine line;
        DemoOptions options;
        try {
            line = new CommandLine(args, OPTIONS, Set.of("help"));
            if (line.has("help")) {
                System.out.print(USAGE);
                return;
            }
            if (line.operands().size() < 2) {
                throw new IllegalArgumentException("a distribution and a Tomcat are needed");
            }
            options = new DemoOptions(
                    line.operands().stream().skip(1).map(Path::of).toList(), PORT, false, false, false);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        boolean hasLoss;
        Path distribution = Path.of(line.operands().get(0)).toAbsolutePath();
        try (FailoverBenchmark benchmark = new FailoverBenchmark(
                new DemoArray(distribution, options, System.out, line.text("server-options", DemoArray.SERVER_OPTIONS)),
                System.out,
                (int) line.number("users", 6, 1, 1_000),
                line.number("think-ms", 5, 0, 60_000))) {
            Runtime.getRuntime().addShutdownHook(new Thread(benchmark.array::close, "clean-up"));
            benchmark.array.start();
            hasLoss = benchmark.measure(line);
        }
        System.exit(hasLoss ? 1 : 0);
    }

    private boolean measure(CommandLine line) throws IOException, InterruptedException {
        SessionBallast ballast = new SessionBallast(
                array.frontDoor().uri("/counter.jsp"), (int) line.number("sessions", 0, 0, 10_000_000), (int)
                        line.number("session-bytes", 2048, 0, 1 << 20));
        ballast.make(out);
        List<CounterUser> users = new ArrayList<>();
        FaultClock clock = startUsers(array.frontDoor().uri("/counter.jsp"), users);
        Thread.sleep(line.number("warm-up", 20, 0, 3_600) * 1_000); // a Tomcat just started still loads and compiles
        faults("kill -9", line.number("kills", 50, 0, 100_000), SETTLE_MS, clock, server -> server.process()
                .killHard());
        faults("freeze", line.number("freezes", 5, 0, 10_000), BETWEEN_FREEZES_MS, clock, server -> server.process()
                .signal("STOP"));
        busy(line.number("busy-min", 0, 0, 10_000), (int) line.number("busy", 2, 0, 64));
        boolean hasLoss = end(users);

        List<CounterUser> sticky = new ArrayList<>();
        FaultClock steady = startUsers(array.tomcats().get(0).uri("/counter.jsp"), sticky);
        compare((int) line.number("rounds", 3, 0, 1_000), line.number("seconds", 5, 1, 3_600) * 1_000, steady);
        hasLoss |= end(sticky);
        return ballast.isAnyLost(out) || hasLoss;
    }

    private interface Fault {
        void strike(ServerProcess active);
    }

    private void faults(String name, long times, long pauseMs, FaultClock clock, Fault fault)
            throws IOException, InterruptedException {
        Histogram first = CounterUser.newHistogram();
        Histogram all = CounterUser.newHistogram();
        StringBuilder inOrder = new StringBuilder();
        TakeoverSteps steps = new TakeoverSteps();
        for (long i = 0; i < times; i++) {
            ServerProcess active = awaitPair();
            Thread.sleep(pauseMs); // users go on for a while between two faults
            long faultWallMs = System.currentTimeMillis();
            clock.begin();
            fault.strike(active);
            clock.awaitEveryUser(PATIENCE_MS);
            first.recordValue(clock.firstNs());
            all.recordValue(clock.lastNs());
            inOrder.append(' ').append(Math.round(clock.firstNs() / NANOS_PER_MS));
            ServerProcess next = other(active).awaitRole(Cluster.ACTIVE);
            Await.until(
                    next.member().name() + " tells how it took over",
                    Duration.ofMillis(PATIENCE_MS),
                    () -> steps.add(next.process().output(), faultWallMs),
                    () -> next.process().output());
            if (active.process().isAlive()) {
                active.process().signal("CONT");
            } else {
                array.restartEnded();
            }
        }
        if (times > 0) {
            awaitPair();
            print(name + " to first answer", first);
            out.println("  in order:" + inOrder);
            print(name + " to every user", all);
            steps.print(out);
        }
    }

    /** Nothing fails but the patience of the scheduler: whoever changes its role was wrong. */
    private void busy(long minutes, int threadCount) throws InterruptedException {
        if (minutes == 0) {
            return;
        }
        awaitPair();
        List<String> takeovers = said(TAKEOVER);
        List<String> drops = said(DROP);
        BusyMachine neighbours = new BusyMachine(threadCount);
        Thread.sleep(TimeUnit.MINUTES.toMillis(minutes)); // the length of the run is what is asked for
        neighbours.end();
        awaitPair();
        List<String> falseTakeovers = said(TAKEOVER);
        falseTakeovers.removeAll(takeovers);
        List<String> falseDrops = said(DROP);
        falseDrops.removeAll(drops);
        out.printf(
                Locale.ROOT,
                "%d min with %d busy threads: false failovers=%d standbys dropped=%d%n",
                minutes,
                threadCount,
                falseTakeovers.size(),
                falseDrops.size());
        falseTakeovers.forEach(out::println);
        falseDrops.forEach(out::println);
    }

    /** What the servers have said so far with these words in it; each line tells its time. */
    private List<String> said(String words) {
        List<String> lines = new ArrayList<>();
        for (ServerProcess server : array.servers()) {
            server.process()
                    .output()
                    .lines()
                    .filter(line -> line.contains(words))
                    .forEach(line -> lines.add("  " + server.member().name() + ": " + line));
        }
        return lines;
    }

    private void compare(int rounds, long turnMs, FaultClock clock) throws IOException, InterruptedException {
        Histogram with = CounterUser.newHistogram();
        Histogram without = CounterUser.newHistogram();
        for (int round = 0; round < rounds; round++) {
            with.add(turn(turnMs, clock));
            ServerProcess standby = other(awaitPair());
            standby.process().askToStop();
            standby.process().awaitStop();
            without.add(turn(turnMs, clock));
            array.restartEnded();
            awaitPair();
        }
        if (rounds > 0) {
            print("request with standby", with);
            print("request without standby", without);
            out.printf(
                    Locale.ROOT,
                    "with / without: p50 %.2f p99 %.2f%n",
                    (double) with.getValueAtPercentile(50) / without.getValueAtPercentile(50),
                    (double) with.getValueAtPercentile(99) / without.getValueAtPercentile(99));
        }
    }

    private static Histogram turn(long turnMs, FaultClock clock) throws InterruptedException {
        Thread.sleep(SETTLE_MS); // what the change before cost is not part of the turn
        clock.takeLatencies();
        Thread.sleep(turnMs);
        return clock.takeLatencies();
    }

    private FaultClock startUsers(URI page, List<CounterUser> users) {
        stop.set(false);
        LoadPlan plan = new LoadPlan(
                List.of(page),
                userCount,
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                0,
                ANSWER_TIMEOUT_MS,
                thinkMs,
                "JSESSIONID",
                true);
        FaultClock clock = new FaultClock(userCount);
        AtomicLong tickets = new AtomicLong(Long.MAX_VALUE);
        for (int i = 0; i < userCount; i++) {
            CounterUser user = new CounterUser(i, plan, tickets, stop, System.nanoTime(), clock);
            users.add(user);
            Thread thread = new Thread(user, "user-" + i);
            threads.add(thread);
            thread.start();
        }
        return clock;
    }

    /** @return whether anything was lost or doubled. */
    private boolean end(List<CounterUser> users) throws InterruptedException {
        stop.set(true);
        for (Thread thread : threads) {
            thread.join(PATIENCE_MS);
        }
        threads.clear();
        LoadReport report = LoadReport.of(users, 1);
        out.println("requests=" + report.requests() + " errors=" + report.errors() + " lostUpdates="
                + report.lostUpdates() + " lostSessions=" + report.lostSessions() + " doubled=" + report.doubled()
                + " uncertain=" + report.uncertain());
        report.examples().forEach(out::println);
        return report.hasLoss();
    }

    /** Waits until one server is active and the other its standby. */
    private ServerProcess awaitPair() {
        Await.until(
                "one server is active, the other its standby",
                Duration.ofMillis(PATIENCE_MS),
                () -> array.servers().stream()
                        .map(ServerProcess::role)
                        .sorted()
                        .toList()
                        .equals(List.of(Cluster.ACTIVE, Cluster.STANDBY)),
                () -> array.servers().stream().map(ServerProcess::view).toList().toString());
        ServerProcess first = array.servers().get(0);
        return first.role().equals(Cluster.ACTIVE) ? first : array.servers().get(1);
    }

    private ServerProcess other(ServerProcess server) {
        boolean isFirst = array.servers().get(0) == server;
        return array.servers().get(isFirst ? 1 : 0);
    }

    private void print(String name, Histogram ns) {
        out.printf(
                Locale.ROOT,
                "%-26s n=%-6d p50=%.1f p99=%.1f max=%.1f ms%n",
                name,
                ns.getTotalCount(),
                ns.getValueAtPercentile(50) / NANOS_PER_MS,
                ns.getValueAtPercentile(99) / NANOS_PER_MS,
                ns.getMaxValue() / NANOS_PER_MS);
    }

    @Override
    public void close() {
        stop.set(true);
        threads.forEach(Thread::interrupt);
        array.close();
    }
}
