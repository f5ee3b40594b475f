package org.stoneware.console;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.ManagementService.AppointOutcome;
import org.stoneware.api.cluster.ManagementService.HandOverOutcome;
import org.stoneware.api.cluster.ManagementService.StopOutcome;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ManagementAccess.Account;
import org.stoneware.console.ReadGuard.Secrecy;

/** Every address of the management port and what it answers. */
final class Routes {
    private final ConsoleServices services;
    private final ManagementService management;
    private final ArraySettings settings;
    private final ReadGuard readGuard;
    private final StopGuard stopGuard;
    private final StopGuard handOverGuard;
    private final SessionRoutes sessions;
    private final ClusterMetrics metrics = new ClusterMetrics();
    private final Map<String, Route> routes = new LinkedHashMap<>();
    private final Route oneSession;

    /** @param token of this start; null when it could not be written. */
    Routes(ConsoleServices services, @Nullable StopToken token) {
        this.services = services;
        this.management = services.management();
        this.settings = services.settings();
        String ownHost = settings.self().host();
        this.readGuard = new ReadGuard(services.access(), ownHost, token, management);
        this.stopGuard = new StopGuard(token, readGuard, ownHost);
        this.handOverGuard = stopGuard.forAction("hand-over", "hand-over");
        this.sessions = new SessionRoutes(services.sessions());
        this.oneSession = new Route("GET", Secrecy.SESSIONS, sessions::one);
        PageFiles.load().forEach((path, file) -> get(path, Secrecy.FACTS, request -> file));
        get("/api/v1/cluster", Secrecy.FACTS, request -> cluster());
        get("/api/v1/events", Secrecy.FACTS, this::events);
        get("/api/v1/events/stream", Secrecy.FACTS, request -> new LiveStream(false, request.lastEventId()));
        get("/api/v1/stream", Secrecy.FACTS, request -> new LiveStream(true, request.lastEventId()));
        get("/api/v1/storage", Secrecy.FACTS, request -> storage());
        get("/api/v1/config", Secrecy.FACTS, request -> configuration());
        get(SessionRoutes.LIST, Secrecy.SESSIONS, sessions::list);
        get(SessionRoutes.STATS, Secrecy.FACTS, sessions::stats);
        get("/metrics", Secrecy.FACTS, request -> metrics.of(management.status()));
        get("/config", Secrecy.OPEN, request -> ConfigDocument.of(settings.text()));
        get("/health/live", Secrecy.OPEN, request -> Answer.text(200, "live"));
        get("/health/ready", Secrecy.OPEN, request -> ready());
        routes.put("/api/v1/stop", new Route("POST", Secrecy.OPEN, this::stop));
        routes.put("/api/v1/appoint", new Route("POST", Secrecy.OPEN, this::appoint));
        routes.put("/api/v1/hand-over", new Route("POST", Secrecy.OPEN, this::handOver));
    }

    Reply reply(Request request) {
        Route route = route(request.path());
        if (route == null) {
            return Answer.error(
                    404,
                    "no such address on the management port",
                    String.join(", ", routes.keySet()) + ", " + SessionRoutes.ONE + "ID",
                    "correct the path");
        }
        if (!route.accepts(request.method())) {
            String allowed = route.allowed();
            return Answer.error(405, "method is not allowed here", allowed, "use one of the allowed methods")
                    .with("Allow", allowed);
        }
        Answer refusal = readGuard.refusal(request, route.secrecy());
        return refusal != null ? refusal : route.action().reply(request);
    }

    private @Nullable Route route(@Nullable String path) {
        if (path == null) {
            return null;
        }
        boolean isOneSession = path.startsWith(SessionRoutes.ONE) && path.length() > SessionRoutes.ONE.length();
        return isOneSession ? oneSession : routes.get(path);
    }

    private void get(String path, Secrecy secrecy, Action action) {
        routes.put(path, new Route("GET", secrecy, action));
    }

    private Answer cluster() {
        return Answer.json(
                200, ClusterJson.status(management.status(), management.storage(), System.currentTimeMillis()));
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
                ClusterJson.storage(settings.self().name(), management.status().storage(), management.storage()));
    }

    private Answer configuration() {
        return Answer.json(200, ClusterJson.configuration(services.effective()));
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

    private String by(Request request) {
        Account account = readGuard.account(request);
        return "management port, " + request.remote().getAddress().getHostAddress()
                + (account == null ? "" : ", user " + account.user());
    }

    /** Answers an accepted request. */
    @FunctionalInterface
    private interface Action {
        Reply reply(Request request);
    }

    /** One address; where GET is allowed, HEAD is. What may change something has a guard of its own. */
    private record Route(String method, Secrecy secrecy, Action action) {
        boolean accepts(String asked) {
            return asked.equals(method) || (asked.equals("HEAD") && method.equals("GET"));
        }

        String allowed() {
            return method.equals("GET") ? "GET, HEAD" : method;
        }
    }
}
