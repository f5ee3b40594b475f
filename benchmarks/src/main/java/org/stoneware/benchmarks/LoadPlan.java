package org.stoneware.benchmarks;

import java.net.URI;
import java.util.List;

/**
 * What a load run does.
 *
 * @param urls       asked in turn by every user.
 * @param users      users at once.
 * @param requests   most requests of all users together.
 * @param durationMs longest time.
 * @param warmupMs   time whose latencies do not count.
 * @param timeoutMs  longest wait for one answer.
 * @param thinkMs    pause of a user between two requests.
 * @param cookieName session cookie.
 * @param isRetrying whether a failed request is asked again.
 */
record LoadPlan(
        List<URI> urls,
        int users,
        long requests,
        long durationMs,
        long warmupMs,
        int timeoutMs,
        long thinkMs,
        String cookieName,
        boolean isRetrying) {}
