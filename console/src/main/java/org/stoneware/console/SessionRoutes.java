package org.stoneware.console;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.cluster.SessionAdmin.SessionLook;
import org.stoneware.api.cluster.SessionAdmin.SessionPage;
import org.stoneware.api.cluster.SessionAdmin.SessionQuery;
import org.stoneware.api.cluster.SessionAdmin.SessionSummary;
import org.stoneware.api.cluster.SessionAdminException;
import org.stoneware.api.session.SessionKey;

/**
 * Sessions over HTTP, to look at. Values of attributes are never shown.
 * <p>
 * <b>Limits:</b> {@value #MAX_LIMIT} sessions a page; an answer that takes longer than {@value #WAIT_MS} ms is given up.
 */
final class SessionRoutes {
    static final String LIST = "/api/v1/sessions";
    static final String ONE = "/api/v1/sessions/";
    static final String STATS = "/api/v1/session-stats";
    static final int MAX_LIMIT = 1_000;
    private static final int DEFAULT_LIMIT = 100;
    /** Below what the exchange pool grants a request. */
    private static final int WAIT_MS = 4_000;

    private static final int MAX_SAME_ID = 20;
    private static final String LIST_ALLOWED = "app, prefix, limit=1 to " + MAX_LIMIT + ", cursor of the page before";

    private final Supplier<@Nullable SessionAdmin> sessions;
    private final int waitMs;

    SessionRoutes(Supplier<@Nullable SessionAdmin> sessions) {
        this(sessions, WAIT_MS);
    }

    SessionRoutes(Supplier<@Nullable SessionAdmin> sessions, int waitMs) {
        this.sessions = sessions;
        this.waitMs = waitMs;
    }

    Answer list(Request request) {
        SessionQuery query;
        try {
            Query parameters = Query.parse(request.query(), Set.of("app", "prefix", "limit", "cursor"));
            int limit = parameters.number("limit", DEFAULT_LIMIT);
            if (limit < 1 || limit > MAX_LIMIT) {
                throw new IllegalArgumentException("limit is out of range");
            }
            query = new SessionQuery(
                    parameters.text("app"), parameters.text("prefix"), limit, parameters.text("cursor"));
        } catch (IllegalArgumentException e) {
            return malformed(e, LIST_ALLOWED);
        }
        return ask(admin -> admin.list(query), SessionsJson::page);
    }

    Answer stats(Request request) {
        String application;
        try {
            application = Query.parse(request.query(), Set.of("app")).text("app");
        } catch (IllegalArgumentException e) {
            return malformed(e, "app");
        }
        return ask(admin -> admin.stats(application), SessionsJson::stats);
    }

    /** One session by its id; the application may be left out while only one has a session of that id. */
    Answer one(Request request) {
        String id;
        String application;
        try {
            String path = request.path() == null ? "" : request.path();
            id = Query.decoded(path.substring(ONE.length()).replace("+", "%2B"));
            application = Query.parse(request.query(), Set.of("app")).text("app");
            if (!application.isEmpty()) {
                SessionKey key = SessionKey.of(application, id);
                return ask(admin -> admin.show(key), SessionRoutes::look);
            }
            // What can't be a session's key can't be asked for either.
            SessionKey.of("any", id);
        } catch (IllegalArgumentException e) {
            return malformed(e, "/api/v1/sessions/ID?app=APPLICATION");
        }
        return find(id);
    }

    private Answer find(String id) {
        Found<SessionPage> found = await(admin -> admin.list(new SessionQuery("", id, MAX_SAME_ID, "")));
        if (found.refusal() != null || found.value() == null) {
            return found.orRefusal();
        }
        List<SessionSummary> same = found.value().sessions().stream()
                .filter(session -> session.id().equals(id))
                .toList();
        if (same.isEmpty()) {
            return absent();
        }
        if (same.size() > 1) {
            return Answer.error(
                    409,
                    "several applications have a session of this id",
                    String.join(
                            ", ", same.stream().map(SessionSummary::application).toList()),
                    "add ?app=APPLICATION");
        }
        SessionKey key = SessionKey.of(same.get(0).application(), id);
        return ask(admin -> admin.show(key), SessionRoutes::look);
    }

    private static Answer look(SessionLook look) {
        return look.details() == null
                ? absent()
                : Answer.json(200, SessionsJson.look(look.server(), look.role(), look.active(), look.details()));
    }

    private static Answer absent() {
        return Answer.error(
                404, "this server holds no such session", "an id as /api/v1/sessions lists it", "it may have ended");
    }

    private static Answer malformed(IllegalArgumentException e, String allowed) {
        return Answer.error(400, String.valueOf(e.getMessage()), allowed, "correct the request");
    }

    /** Puts a question to who knows the sessions. */
    @FunctionalInterface
    private interface Question<T> {
        CompletableFuture<T> ask(SessionAdmin admin);
    }

    /** Makes an answer of what came back. */
    @FunctionalInterface
    private interface Reading<T> {
        Answer answer(T value);
    }

    /** What came back, or why nothing did. */
    private record Found<T>(@Nullable T value, @Nullable Answer refusal) {
        Answer orRefusal() {
            return refusal != null ? refusal : later("the server gave no answer");
        }
    }

    private <T> Answer ask(Question<T> question, Reading<T> reading) {
        Found<T> found = await(question);
        T value = found.value();
        return value == null ? found.orRefusal() : reading.answer(value);
    }

    private <T> Found<T> await(Question<T> question) {
        SessionAdmin admin = sessions.get();
        if (admin == null) {
            return new Found<>(null, later("this server can't show sessions now"));
        }
        CompletableFuture<T> answer = null;
        try {
            answer = question.ask(admin);
            return new Found<>(answer.get(waitMs, TimeUnit.MILLISECONDS), null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Found<>(null, later("the server was interrupted"));
        } catch (TimeoutException e) {
            return new Found<>(null, later("the server had no answer within " + waitMs + " ms"));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SessionAdminException expected) {
                return new Found<>(null, later(String.valueOf(expected.getMessage())));
            }
            throw new IllegalStateException("sessions could not be looked at", e.getCause());
        } catch (SessionAdminException e) {
            return new Found<>(null, later(String.valueOf(e.getMessage())));
        } finally {
            // Given up, it must not go on and take the place of others; an answer that is there stays as it is.
            if (answer != null) {
                answer.cancel(false);
            }
        }
    }

    private static Answer later(String what) {
        return Answer.error(503, what, "-", "ask again").with("Retry-After", "1");
    }
}
