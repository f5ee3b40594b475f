package org.stoneware.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;

/** One user with one session, on a thread of its own. */
final class CounterUser implements Runnable {
    private static final Pattern COUNTER = Pattern.compile("counter=(\\d{1,18})");
    private static final long MAX_LATENCY_NS = 3_600_000_000_000L;
    private static final int RETRY_PAUSE_MS = 20;

    private final int number;
    private final LoadPlan plan;
    private final AtomicLong tickets;
    private final AtomicBoolean stop;
    private final long warmUntilNs;
    private final AnswerListener listener;
    private final Histogram latencyNs = newHistogram();
    private final Map<String, Long> errors = new TreeMap<>();
    private final CounterCheck check;
    private final HttpConnection[] connections;
    private String cookie = "";
    private volatile long requests;
    private volatile long failures;

    /**
     * @param tickets     requests left for all users.
     * @param warmUntilNs latencies before this moment do not count.
     * @param listener    is told of every counter.
     */
    CounterUser(
            int number,
            LoadPlan plan,
            AtomicLong tickets,
            AtomicBoolean stop,
            long warmUntilNs,
            AnswerListener listener) {
        this.number = number;
        this.plan = plan;
        this.tickets = tickets;
        this.stop = stop;
        this.warmUntilNs = warmUntilNs;
        this.listener = listener;
        check = new CounterCheck(number);
        connections = plan.urls().stream()
                .map(url -> new HttpConnection(url, plan.timeoutMs()))
                .toArray(HttpConnection[]::new);
    }

    static Histogram newHistogram() {
        return new Histogram(MAX_LATENCY_NS, 3);
    }

    @Override
    public void run() {
        int turn = number; // so that users do not move over the servers in step
        try {
            while (!stop.get() && tickets.getAndDecrement() > 0) {
                boolean isAnswered = ask(turn++);
                while (!isAnswered && plan.isRetrying() && !stop.get()) {
                    Thread.sleep(RETRY_PAUSE_MS); // a server that refuses at once must not be asked in a tight loop
                    isAnswered = ask(turn++);
                }
                if (plan.thinkMs() > 0) {
                    Thread.sleep(plan.thinkMs()); // the pause the option asks for
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            for (HttpConnection connection : connections) {
                connection.close();
            }
        }
    }

    /** Requests answered or failed so far. */
    long requests() {
        return requests;
    }

    long failures() {
        return failures;
    }

    Histogram latencyNs() {
        return latencyNs;
    }

    Map<String, Long> errors() {
        return errors;
    }

    CounterCheck check() {
        return check;
    }

    @SuppressWarnings("NonAtomicOperationOnVolatileField") // one writer; others only read
    private boolean ask(int turn) {
        HttpConnection connection = connections[turn % connections.length];
        URI url = plan.urls().get(turn % connections.length);
        long startNs = System.nanoTime();
        String problem;
        try {
            HttpConnection.Answer answer = connection.get(url, plan.cookieName(), cookie);
            long endNs = System.nanoTime();
            if (startNs >= warmUntilNs) {
                latencyNs.recordValue(Math.min(endNs - startNs, MAX_LATENCY_NS));
            }
            if (!answer.sessionId().isEmpty()) {
                cookie = answer.sessionId();
            }
            Matcher counter = COUNTER.matcher(answer.body());
            if (answer.status() == 200 && counter.find()) {
                check.onCounter(Long.parseLong(counter.group(1)), withoutRoute(cookie));
                listener.onAnswer(number, startNs, endNs);
                requests++;
                return true;
            }
            problem = answer.status() == 200 ? "200 without a counter" : "status " + answer.status();
        } catch (IOException e) {
            problem = e.getClass().getSimpleName() + ": " + e.getMessage();
            connection.close();
        }
        requests++;
        failures++;
        check.onFailure();
        errors.merge(problem, 1L, Long::sum);
        return false;
    }

    /** The id without the {@code .route} a Tomcat with jvmRoute adds: another route is the same session. */
    private static String withoutRoute(String id) {
        int dot = id.indexOf('.');
        return dot < 0 ? id : id.substring(0, dot);
    }
}
