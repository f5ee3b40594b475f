package org.stoneware.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One answer of a web server.
 *
 * @param status HTTP status.
 * @param body   text.
 * @param cookie the {@code name=value} of a Set-Cookie for JSESSIONID, or null.
 */
public record Page(int status, String body, @Nullable String cookie) {
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(60);

    /**
     * Fetches a page.
     *
     * @param cookie {@code JSESSIONID=...} to send, or null.
     * @throws IOException when there is no answer.
     */
    public static Page get(URI uri, @Nullable String cookie) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(LONGEST_ANSWER);
        if (cookie != null) {
            request.header("Cookie", cookie);
        }
        try {
            HttpResponse<String> response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Page(response.statusCode(), response.body(), sessionCookie(response));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + uri, e);
        }
    }

    /** True when something answers at {@code uri} with status 200. */
    public static boolean isServed(URI uri) {
        try {
            return get(uri, null).status() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private static @Nullable String sessionCookie(HttpResponse<String> response) {
        List<String> cookies = response.headers().allValues("Set-Cookie");
        for (String cookie : cookies) {
            if (cookie.startsWith("JSESSIONID=")) {
                int end = cookie.indexOf(';');
                return end < 0 ? cookie : cookie.substring(0, end);
            }
        }
        return null;
    }
}
