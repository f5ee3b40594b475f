package org.stoneware.benchmarks;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * Users who click a counter page as fast as it answers, each waiting for the answer before the next click, and who notice
 * every click that was lost or counted twice.
 */
public final class HttpCounterLoad {
    private static final String USAGE =
            """
            usage: java -jar stoneware-benchmarks.jar http [options] URL [URL ...]

            Every user keeps one session cookie and one connection per host, asks the URLs in turn, and waits for the
            answer before asking again. The page must answer with "counter=<n>" somewhere in its body, where n is one
            more than the last time in this session; the first answer may be any n and counts from there.

              --users N          users at once, one session each            (20)
              --requests N       stop after N requests, all users together  (no limit)
              --seconds S        stop after S seconds                       (10, or no limit with --requests)
              --warmup-seconds S leave latencies of the first S seconds out (0)
              --timeout-ms T     longest wait for an answer                 (30000)
              --think-ms T       pause of a user between two requests       (0)
              --cookie NAME      name of the session cookie                 (JSESSIONID)
              --retry            after an error: same request again until it is answered; a counter one or two ahead is
                                 then no loss, since the first try may have been counted
              --progress         one line per second
              --help

            Exit code: 0 every counter exact, 1 sessions or updates were lost or doubled, 2 wrong usage,
                       3 counters exact but some requests failed.
            """;
    private static final Set<String> OPTIONS =
            Set.of("users", "requests", "seconds", "warmup-seconds", "timeout-ms", "think-ms", "cookie");
    private static final Set<String> FLAGS = Set.of("retry", "progress", "help");
    private static final int DEFAULT_SECONDS = 10;
    private static final int MAX_EXAMPLES = 10;

    private HttpCounterLoad() {}

    public static void main(String[] args) throws Exception {
        CommandLine line;
        LoadPlan plan;
        try {
            line = new CommandLine(args, OPTIONS, FLAGS);
            if (line.has("help")) {
                System.out.print(USAGE);
                return;
            }
            plan = plan(line);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        LoadReport report = run(plan, line.has("progress"));
        print(plan, report);
        System.exit(exitCode(report));
    }

    static int exitCode(LoadReport report) {
        if (report.hasLoss() || report.requests() == 0) {
            return 1;
        }
        return report.errors().isEmpty() ? 0 : 3;
    }

    static LoadPlan plan(CommandLine line) {
        List<URI> urls = new ArrayList<>();
        for (String operand : line.operands()) {
            for (String url : operand.split(",")) {
                URI uri = URI.create(url.trim());
                if (!"http".equals(uri.getScheme()) || uri.getHost() == null) {
                    throw new IllegalArgumentException("not an http URL: " + url);
                }
                urls.add(uri);
            }
        }
        if (urls.isEmpty()) {
            throw new IllegalArgumentException("no URL given");
        }
        long seconds = line.number(
                "seconds", line.has("requests") ? Integer.MAX_VALUE : DEFAULT_SECONDS, 1, Integer.MAX_VALUE);
        return new LoadPlan(
                urls,
                (int) line.number("users", 20, 1, 10_000),
                line.number("requests", Long.MAX_VALUE, 1, Long.MAX_VALUE),
                seconds * 1000,
                line.number("warmup-seconds", 0, 0, Integer.MAX_VALUE) * 1000,
                (int) line.number("timeout-ms", 30_000, 1, Integer.MAX_VALUE),
                line.number("think-ms", 0, 0, Integer.MAX_VALUE),
                line.text("cookie", "JSESSIONID"),
                line.has("retry"));
    }

    /** Runs the load to its end and returns what was seen. */
    static LoadReport run(LoadPlan plan, boolean showProgress) throws InterruptedException {
        AtomicLong tickets = new AtomicLong(plan.requests());
        AtomicBoolean stop = new AtomicBoolean();
        List<CounterUser> users = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        long startNs = System.nanoTime();
        for (int i = 0; i < plan.users(); i++) {
            CounterUser user =
                    new CounterUser(i, plan, tickets, stop, startNs + plan.warmupMs() * 1_000_000, AnswerListener.NONE);
            Thread thread = new Thread(user, "user-" + i);
            users.add(user);
            threads.add(thread);
            thread.start();
        }
        long endNs = startNs + plan.durationMs() * 1_000_000;
        long shown = 0;
        for (long second = 1; threads.stream().anyMatch(Thread::isAlive) && System.nanoTime() < endNs; second++) {
            long wakeNs = Math.min(endNs, startNs + second * 1_000_000_000L);
            for (Thread thread : threads) {
                long leftMs = (wakeNs - System.nanoTime()) / 1_000_000;
                if (leftMs > 0) {
                    thread.join(leftMs);
                }
            }
            if (showProgress) {
                long done = users.stream().mapToLong(CounterUser::requests).sum();
                long failed = users.stream().mapToLong(CounterUser::failures).sum();
                System.out.printf(Locale.ROOT, "%4d s  %8d requests/s  errors %d%n", second, done - shown, failed);
                shown = done;
            }
        }
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        return LoadReport.of(users, System.nanoTime() - startNs);
    }

    private static void print(LoadPlan plan, LoadReport report) {
        Histogram latency = report.latencyNs();
        double seconds = report.elapsedNs() / 1e9;
        System.out.printf(
                Locale.ROOT,
                "users=%d requests=%d seconds=%.1f requests/s=%.0f%n",
                plan.users(),
                report.requests(),
                seconds,
                report.requests() / seconds);
        System.out.printf(
                Locale.ROOT,
                "latency ms: p50=%.2f p90=%.2f p99=%.2f p99.9=%.2f max=%.2f%n",
                latency.getValueAtPercentile(50) / 1e6,
                latency.getValueAtPercentile(90) / 1e6,
                latency.getValueAtPercentile(99) / 1e6,
                latency.getValueAtPercentile(99.9) / 1e6,
                latency.getMaxValue() / 1e6);
        System.out.println("errors: " + (report.errors().isEmpty() ? "none" : ""));
        for (Map.Entry<String, Long> error : report.errors().entrySet()) {
            System.out.println("  " + error.getValue() + " x " + error.getKey());
        }
        System.out.println("counters: lostUpdates=" + report.lostUpdates() + " lostSessions=" + report.lostSessions()
                + " doubled=" + report.doubled() + " uncertain=" + report.uncertain());
        report.examples().stream().limit(MAX_EXAMPLES).forEach(example -> System.out.println("  " + example));
        System.out.println(report.hasLoss() ? "RESULT: LOSS" : "RESULT: every counter exact");
    }
}
