package org.stoneware.itests;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.stoneware.demo.Await;
import org.stoneware.demo.Counter;

/**
 * Users who count on one page, each with a session of its own, one request after the other, and everything they saw.
 * <p>
 * <b>Threading:</b> {@link #awaitServed} and {@link #end} on the thread of the test; each user has a thread of its own.
 * <p>
 * <b>Failure:</b> a user goes on after an error; {@link #requireNothingLost()} tells all of them.
 */
final class CounterLoad implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    /** Leaves the processors of a small machine some room: what is tested is not how much they can do. */
    private static final long THINK_MS = 10;

    private static final int MAX_PROBLEMS_TOLD = 20;

    private final RecordedCounters counters = new RecordedCounters();
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReferenceArray<Counter> lastAnswers;
    private final long startNs = System.nanoTime();
    private volatile boolean isEnding;
    private volatile boolean isRepeatedByProxy;

    private record Answer(int user, long sentNs, long answeredNs) {}

    /**
     * How long after a moment users were served again.
     *
     * @param firstMs until the first answer to a request sent after it.
     * @param allMs   until every user had had one.
     */
    record Recovery(long firstMs, long allMs) {}

    /**
     * Latencies of requests that were under way at some moment between two others.
     *
     * @param count of requests; with fewer than a hundred {@code p99Ms} is the slowest of them.
     */
    record Latencies(int count, double p50Ms, double p99Ms) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "n=%d p50=%.1f ms p99=%.1f ms", count, p50Ms, p99Ms);
        }
    }

    private CounterLoad(int users) {
        lastAnswers = new AtomicReferenceArray<>(users);
    }

    /** @param pages one for each user; the same page for several is the rule. */
    static CounterLoad start(List<URI> pages) {
        CounterLoad load = new CounterLoad(pages.size());
        for (int i = 0; i < pages.size(); i++) {
            int user = i;
            Thread thread = new Thread(() -> load.count(user, pages.get(user)), "user-" + user);
            load.threads.add(thread);
            thread.start();
        }
        return load;
    }

    /** From now on a request may have reached two Tomcats: the proxy gives it to the next when the first one dies. */
    CounterLoad allowRepetitionByProxy() {
        isRepeatedByProxy = true;
        return this;
    }

    private void count(int user, URI page) {
        String cookie = null;
        String session = null;
        while (!isEnding) {
            long sentNs = System.nanoTime();
            try {
                Counter counter = counters.next("user-" + user, page, cookie, isRepeatedByProxy);
                answers.add(new Answer(user, sentNs, System.nanoTime()));
                lastAnswers.set(user, counter);
                cookie = counter.cookie();
                if (session != null && !session.equals(counter.sessionId())) {
                    problems.add(said(user, "session " + session + " has become " + counter));
                }
                session = counter.sessionId();
            } catch (IOException e) {
                problems.add(said(user, e.toString()));
            }
            try {
                // The pause a person makes, much shortened.
                Thread.sleep(THINK_MS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private String said(int user, String what) {
        return "+" + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs) + " ms user-" + user + ": " + what;
    }

    /** What each user was answered last; null for one that had no answer yet. */
    List<Counter> lastAnswers() {
        List<Counter> last = new ArrayList<>();
        for (int user = 0; user < lastAnswers.length(); user++) {
            last.add(lastAnswers.get(user));
        }
        return last;
    }

    /** Waits until each user has had so many answers to requests sent from now on. */
    void awaitServed(int each) {
        awaitServed(System.nanoTime(), each);
    }

    /**
     * Waits until each user has had so many answers to requests sent after a moment.
     *
     * @param sinceNs of {@link System#nanoTime()}, not before the last call.
     */
    Recovery awaitServed(long sinceNs, int each) {
        answers.removeIf(answer -> answer.sentNs < sinceNs);
        int users = threads.size();
        Await.until(
                "every user has had " + each + " answers",
                PATIENCE,
                () -> IntStream.range(0, users).allMatch(user -> answered(user, sinceNs) >= each),
                () -> "answers by user: "
                        + IntStream.range(0, users)
                                .mapToObj(user -> answered(user, sinceNs))
                                .toList() + "\nproblems:\n" + told());
        long first = answers.stream()
                .filter(answer -> answer.sentNs >= sinceNs)
                .mapToLong(Answer::answeredNs)
                .min()
                .orElseThrow();
        long all = IntStream.range(0, users)
                .mapToLong(user -> answers.stream()
                        .filter(answer -> answer.user == user && answer.sentNs >= sinceNs)
                        .mapToLong(Answer::answeredNs)
                        .min()
                        .orElseThrow())
                .max()
                .orElseThrow();
        return new Recovery(
                TimeUnit.NANOSECONDS.toMillis(first - sinceNs), TimeUnit.NANOSECONDS.toMillis(all - sinceNs));
    }

    /** Latency in ms of the slowest of the fastest so many in a hundred answers to requests sent between two moments. */
    long latencyMs(int percentile, long fromNs, long toNs) {
        long[] sorted = answers.stream()
                .filter(answer -> answer.sentNs >= fromNs && answer.sentNs < toNs)
                .mapToLong(answer -> answer.answeredNs - answer.sentNs)
                .sorted()
                .toArray();
        int rank = (int) Math.ceil(sorted.length * percentile / 100.0);
        return sorted.length == 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(sorted[Math.max(0, rank - 1)]);
    }

    /**
     * Latencies between two moments, of requests sent earlier as well if their answer came later than {@code fromNs}. Waits until all of them
     * have their answer.
     *
     * @param fromNs of {@link System#nanoTime()}, later than what {@link #awaitServed(long, int)} was last called with.
     */
    Latencies latencies(long fromNs, long toNs) {
        Await.until(
                "every user has sent a request later",
                PATIENCE,
                () -> IntStream.range(0, threads.size()).allMatch(user -> answered(user, toNs) > 0),
                this::told);
        long[] sorted = answers.stream()
                .filter(answer -> answer.sentNs < toNs && answer.answeredNs > fromNs)
                .mapToLong(answer -> answer.answeredNs - answer.sentNs)
                .sorted()
                .toArray();
        return new Latencies(sorted.length, percentileMs(sorted, 50), percentileMs(sorted, 99));
    }

    private static double percentileMs(long[] sortedNs, int percentile) {
        int rank = (int) Math.ceil(sortedNs.length * percentile / 100.0);
        return sortedNs.length == 0 ? 0 : sortedNs[Math.max(0, rank - 1)] / 1e6;
    }

    private long answered(int user, long sinceNs) {
        return answers.stream()
                .filter(answer -> answer.user == user && answer.sentNs >= sinceNs)
                .count();
    }

    /** Lets every user have the answer of its last request. */
    CounterLoad end() {
        isEnding = true;
        for (Thread thread : threads) {
            try {
                thread.join(PATIENCE.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for " + thread.getName(), e);
            }
        }
        return this;
    }

    /** Throws with the answers that no single copy of each session explains. */
    void requireOneCopyOfEachSession() {
        counters.requireOneCopyOfEachSession();
    }

    /** What {@link #requireOneCopyOfEachSession()} would say, for a run in which answers may have been given up. */
    String verdict() {
        return counters.verdict();
    }

    /** What users saw besides a counter, oldest first. */
    List<String> problems() {
        return List.copyOf(problems);
    }

    private String told() {
        return String.join("\n", problems.stream().limit(MAX_PROBLEMS_TOLD).toList())
                + (problems.size() > MAX_PROBLEMS_TOLD
                        ? "\nand " + (problems.size() - MAX_PROBLEMS_TOLD) + " more"
                        : "");
    }

    /** Ends the load and throws unless every request was answered with a counter and one copy of each session explains all of them. */
    void requireNothingLost() {
        end();
        AssertionError broken = null;
        try {
            counters.requireOneCopyOfEachSession();
        } catch (AssertionError e) {
            broken = e;
        }
        if (!problems.isEmpty() || broken != null) {
            throw new AssertionError("requests without a counter: " + problems.size() + "\n" + told(), broken);
        }
    }

    @Override
    public void close() {
        isEnding = true;
        threads.forEach(Thread::interrupt);
    }
}
