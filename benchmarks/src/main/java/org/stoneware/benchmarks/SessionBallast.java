package org.stoneware.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * Sessions that nobody uses while something is measured: a server holds them, copies them and has to be rid of their memory when it dies.
 * Each is asked for once more at the end.
 * <p>
 * <b>Threading:</b> one thread calls; the sessions are made by some of its own.
 */
final class SessionBallast {
    private static final int THREADS = 8;
    private static final int TIMEOUT_MS = 60_000;
    private static final String COOKIE = "JSESSIONID";
    private static final String MADE = "counter=1\n";
    private static final String FOUND_AGAIN = "counter=2\n";

    private final URI page;
    private final URI fillingPage;
    private final String[] ids;

    /**
     * @param page  counts, and takes a parameter that says how many bytes it puts into the session.
     * @param count of sessions.
     * @param bytes of each.
     */
    SessionBallast(URI page, int count, int bytes) {
        this.page = page;
        fillingPage = URI.create(page + "?ballast=" + bytes);
        ids = new String[count];
    }

    /** @throws IOException when one could not be made. */
    void make(PrintStream out) throws IOException, InterruptedException {
        if (ids.length == 0) {
            return;
        }
        long beginNs = System.nanoTime();
        List<String> problems = forEach((connection, position) -> {
            HttpConnection.Answer answer = connection.get(fillingPage, COOKIE, "");
            ids[position] = answer.sessionId();
            return answer.status() == 200 && answer.body().contains(MADE) ? "" : "answer " + answer.status();
        });
        if (!problems.isEmpty()) {
            throw new IOException("sessions could not be made: " + problems);
        }
        out.println(ids.length + " further sessions made in " + (System.nanoTime() - beginNs) / 1_000_000 + " ms");
    }

    /** Whether one is not there any more, or is not as it was left. */
    boolean isAnyLost(PrintStream out) throws IOException, InterruptedException {
        List<String> problems = forEach((connection, position) -> {
            HttpConnection.Answer answer = connection.get(page, COOKIE, ids[position]);
            return answer.status() == 200 && answer.body().contains(FOUND_AGAIN)
                    ? ""
                    : "session " + position + ": answer " + answer.status() + " " + answer.body();
        });
        if (ids.length > 0) {
            out.println("further sessions=" + ids.length + (problems.isEmpty() ? " all there" : " lost: " + problems));
        }
        return !problems.isEmpty();
    }

    private interface Step {
        /** @return what is wrong, or empty. */
        String take(HttpConnection connection, int position) throws IOException;
    }

    /** @return the first thing that was wrong for each thread. */
    private List<String> forEach(Step step) throws IOException, InterruptedException {
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<String>> shares = new ArrayList<>();
            for (int first : IntStream.range(0, THREADS).toArray()) {
                shares.add(executor.submit(() -> share(step, first)));
            }
            List<String> problems = new ArrayList<>();
            for (Future<String> share : shares) {
                problems.add(share.get());
            }
            problems.removeIf(String::isEmpty);
            return problems;
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } finally {
            executor.shutdownNow();
        }
    }

    private String share(Step step, int first) throws IOException {
        try (HttpConnection connection = new HttpConnection(page, TIMEOUT_MS)) {
            for (int position = first; position < ids.length; position += THREADS) {
                String problem = step.take(connection, position);
                if (!problem.isEmpty()) {
                    return problem;
                }
            }
            return "";
        }
    }
}
