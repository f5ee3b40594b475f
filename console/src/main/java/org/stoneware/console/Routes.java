package org.stoneware.console;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.ManagementService.AppointOutcome;
import org.stoneware.api.cluster.ManagementService.HandOverOutcome;
import org.stoneware.api.cluster.ManagementService.StopOutcome;
import org.stoneware.api.config.ArraySettings;

/** Every address of the management port and what it answers. */
final class Routes {
    private final ManagementService management;
    private final ArraySettings settings;
    private final StopGuard stopGuard;
    private final StopGuard handOverGuard;
    private final ClusterMetrics metrics = new ClusterMetrics();
    private final Map<String, Route> routes = new LinkedHashMap<>();

    Routes(ManagementService management, ArraySettings settings, StopGuard stopGuard) {
        this.management = management;
        this.settings = settings;
        this.stopGuard = stopGuard;
        this.handOverGuard = stopGuard.forAction("hand-over", "hand-over");
        PageFiles.load().forEach((path, file) -> get(path, request -> file));
        get("/api/v1/cluster", request -> cluster());
        get("/api/v1/events", this::events);
        get("/api/v1/events/stream", request -> new LiveStream(false, request.lastEventId()));
        get("/api/v1/stream", request -> new LiveStream(true, request.lastEventId()));
        get("/api/v1/storage", request -> storage());
        get("/metrics", request -> metrics.of(management.status()));
        get("/config", request -> ConfigDocument.of(settings.text()));
        get("/health/live", request -> Answer.text(200, "live"));
        get("/health/ready", request -> ready());
        routes.put("/api/v1/stop", new Route("POST", this::stop));
        routes.put("/api/v1/appoint", new Route("POST", this::appoint));
        routes.put("/api/v1/hand-over", new Route("POST", this::handOver));
    }

    /** @param path raw path of the request; null when it has none. */
    Reply reply(@Nullable String path, Request request) {
        Route route = path == null ? null : routes.get(path);
        if (route == null) {
            return Answer.error(
                    404,
                    "no such address on the management port",
                    String.join(", ", routes.keySet()),
                    "correct the path");
        }
        if (!route.accepts(request.method())) {
            String allowed = route.allowed();
            return Answer.error(405, "method is not allowed here", allowed, "use one of the allowed methods")
                    .with("Allow", allowed);
        }
        return route.action().reply(request);
    }

    private void get(String path, Action action) {
        routes.put(path, new Route("GET", action));
    }

    private Answer cluster() {
        return Answer.json(200, ClusterJson.status(management.status(), System.currentTimeMillis()));
    }

    private Reply events(Request request) {
        if (request.accept() != null && request.accept().contains("text/event-stream")) {
            return new LiveStream(false, request.lastEventId());
        }
        return Answer.json(200, ClusterJson.events(settings.self().name(), management.events()));
    }

    private Answer storage() {
        return Answer.json(
                200,
                ClusterJson.storage(settings.self().name(), management.status().storage()));
    }

    private Answer ready() {
        Readiness readiness = Readiness.of(management.status());
        return Answer.text(readiness.isReady() ? 200 : 503, readiness.line());
    }

    private Answer stop(Request request) {
        Answer refusal = stopGuard.refusal(request);
        if (refusal != null) {
            return refusal;
        }
        String query = request.query() == null ? "" : request.query();
        if (!query.isEmpty() && !query.equals("force=true") && !query.equals("force=false")) {
            return Answer.error(400, "unknown parameter", "force=true or force=false", "correct the query");
        }
        StopOutcome outcome = management.stop(query.equals("force=true"), by(request));
        if (!outcome.isAccepted()) {
            return Answer.error(
                    409,
                    "stop refused: " + outcome.reason(),
                    "a stop that leaves the sessions on another server",
                    "start the other server first, or repeat with force=true if the sessions may be lost");
        }
        return Answer.json(202, ClusterJson.stopping(settings.self().name(), outcome.reason()));
    }

    /** Makes the answering server active; only who may stop it may do that. */
    private Answer appoint(Request request) {
        Answer refusal = stopGuard.refusal(request);
        if (refusal != null) {
            return refusal;
        }
        String query = request.query() == null ? "" : request.query();
        if (!query.isEmpty() && !query.equals("force=true") && !query.equals("force=false")) {
            return Answer.error(400, "unknown parameter", "force=true or force=false", "correct the query");
        }
        String self = settings.self().name();
        AppointOutcome outcome = management.appoint(self, query.equals("force=true"), by(request));
        if (!outcome.isAccepted()) {
            return Answer.error(
                    409,
                    "not made active: " + outcome.reason(),
                    "a server that holds every session",
                    "start the server that does, or repeat with force=true if the sessions may be lost");
        }
        return Answer.json(202, ClusterJson.appointed(self, outcome.reason()));
    }

    private Answer handOver(Request request) {
        Answer refusal = handOverGuard.refusal(request);
        if (refusal != null) {
            return refusal;
        }
        if (request.query() != null && !request.query().isEmpty()) {
            return Answer.error(400, "unknown parameter", "no parameter", "correct the query");
        }
        HandOverOutcome outcome = management.handOver(by(request));
        if (!outcome.isAccepted()) {
            return Answer.error(
                    409,
                    "hand-over refused: " + outcome.reason(),
                    "the active server, with a standby that is in sync",
                    "ask the active server, or wait until its standby is PASSIVE-STANDBY");
        }
        return Answer.json(202, ClusterJson.handingOver(settings.self().name(), outcome.reason()));
    }

    private static String by(Request request) {
        return "management port, " + request.remote().getAddress().getHostAddress();
    }

    /** Answers an accepted request. */
    @FunctionalInterface
    private interface Action {
        Reply reply(Request request);
    }

    /** One address; where GET is allowed, HEAD is. */
    private record Route(String method, Action action) {
        boolean accepts(String asked) {
            return asked.equals(method) || (asked.equals("HEAD") && method.equals("GET"));
        }

        String allowed() {
            return method.equals("GET") ? "GET, HEAD" : method;
        }
    }
}
