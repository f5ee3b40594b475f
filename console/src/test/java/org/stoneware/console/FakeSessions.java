package org.stoneware.console;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.session.SessionKey;

/** Some sessions, and what was asked of them. */
final class FakeSessions implements SessionAdmin {
    /** What an attacker would like to get into a terminal, a page or a log. */
    static final String HOSTILE = "<img src=x onerror=alert(1)>\u001b[2J\u202e\"'&\u0000\ud83d";

    final List<SessionKey> keys = new CopyOnWriteArrayList<>(List.of(
            SessionKey.of("localhost/shop", "AAA1"),
            SessionKey.of("localhost/shop", "AAA2"),
            SessionKey.of("localhost/help", "AAA2"),
            SessionKey.of("localhost/shop", "a/b <c>+\u001b\u202e\"")));
    final List<SessionQuery> queries = new CopyOnWriteArrayList<>();
    volatile RuntimeException failure;
    /** The answer to {@link #list} instead of the sessions. */
    volatile CompletableFuture<SessionPage> held;

    @Override
    public CompletableFuture<SessionPage> list(SessionQuery query) {
        queries.add(query);
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        if (held != null) {
            return held;
        }
        List<SessionSummary> found = new ArrayList<>();
        for (SessionKey key : keys) {
            boolean isAsked =
                    (query.application().isEmpty() || query.application().equals(key.application()))
                            && key.id().startsWith(query.idPrefix());
            if (isAsked && found.size() < query.limit()) {
                found.add(summary(key));
            }
        }
        return CompletableFuture.completedFuture(
                new SessionPage("Server1", ServerRole.ACTIVE_COORDINATOR, found, found.size() < 2 ? "" : "bmV4dA"));
    }

    private static SessionSummary summary(SessionKey key) {
        return new SessionSummary(key.application(), key.id(), 1_000, 2_000, 1_800, 512, 2, 7);
    }

    @Override
    public CompletableFuture<SessionLook> show(SessionKey key) {
        SessionDetails details = keys.contains(key)
                ? new SessionDetails(
                        summary(key),
                        3,
                        true,
                        "tomcat-a",
                        "tomcat-b",
                        List.of(new AttributeDetails(HOSTILE, false, 300, "com.example." + HOSTILE)),
                        List.of(new CopyDetails("Server2", true, true, 0)))
                : null;
        return CompletableFuture.completedFuture(
                new SessionLook("Server1", ServerRole.ACTIVE_COORDINATOR, "Server1", details));
    }

    @Override
    public CompletableFuture<SessionStats> stats(String application) {
        return CompletableFuture.completedFuture(new SessionStats(
                "Server1",
                ServerRole.ACTIVE_COORDINATOR,
                4,
                2_048,
                900,
                List.of(new Bucket(1_024, 4), new Bucket(Long.MAX_VALUE, 0)),
                List.of(),
                List.of(),
                List.of(new ApplicationStats("localhost/shop", 3, 1_536)),
                0));
    }

    @Override
    public CompletableFuture<InvalidateOutcome> invalidate(SessionKey key, String by) {
        throw new UnsupportedOperationException("not over HTTP");
    }

    @Override
    public CompletableFuture<InvalidateOutcome> invalidateAll(String application, String by) {
        throw new UnsupportedOperationException("not over HTTP");
    }

    @Override
    public CompletableFuture<InvalidateOutcome> sweep(String by) {
        throw new UnsupportedOperationException("not over HTTP");
    }
}
