package org.stoneware.shell.command;

import static org.stoneware.shell.command.JsonText.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome;
import org.stoneware.api.cluster.SessionAdmin.SessionDetails;
import org.stoneware.api.cluster.SessionAdmin.SessionLook;
import org.stoneware.api.cluster.SessionAdmin.SessionPage;
import org.stoneware.api.cluster.SessionAdmin.SessionQuery;
import org.stoneware.api.cluster.SessionAdmin.SessionStats;
import org.stoneware.api.cluster.SessionAdmin.SessionSummary;
import org.stoneware.api.session.SessionKey;
import org.stoneware.shell.command.Usage.Option;
import org.stoneware.shell.link.ShellExit;

/** {@code session:*}: what sessions there are, and their end. */
@Component(
        service = SessionCommands.class,
        immediate = true,
        property = {
            "osgi.command.scope=session",
            "osgi.command.function=list",
            "osgi.command.function=find",
            "osgi.command.function=show",
            "osgi.command.function=stats",
            "osgi.command.function=invalidate"
        })
public final class SessionCommands {
    private static final int DEFAULT_LIMIT = 50;
    /** More applications than this with the same session id are not looked for. */
    private static final int MAX_SAME_ID = 100;

    private static final Option APP = Option.of("--app", "APP", "only sessions of this application, HOST/CONTEXT");
    private static final Option LIMIT = Option.of("--limit", "N", "most sessions to show, 1 to 10000; otherwise 50");
    private static final Option CURSOR = Option.of("--cursor", "TEXT", "go on where an earlier answer ended");

    static final Usage LIST =
            Usage.of("session:list", "sessions in order of application and id", List.of(), APP, LIMIT, CURSOR);
    static final Usage FIND =
            Usage.of("session:find", "sessions whose id begins so", List.of("PREFIX"), APP, LIMIT, CURSOR);
    static final Usage SHOW = Usage.of(
            "session:show",
            "one session closely: times, owner, copies, size and class of each attribute; never a value",
            List.of("ID"),
            APP);
    static final Usage STATS = Usage.of("session:stats", "sessions by application, size and age", List.of(), APP);
    static final Usage INVALIDATE = Usage.of(
            "session:invalidate",
            "end one session, or with --app alone all sessions of an application; their listeners fire",
            List.of("[ID]"),
            APP,
            Option.flag("--yes", "without a question"));

    private final SessionAdmin sessions;

    @Activate
    public SessionCommands(@Reference SessionAdmin sessions) {
        this.sessions = sessions;
    }

    @Descriptor("sessions in order of application and id")
    public void list(CommandSession session, String... given) {
        page(session, LIST, given);
    }

    @Descriptor("sessions whose id begins so")
    public void find(CommandSession session, String... given) {
        page(session, FIND, given);
    }

    private void page(CommandSession session, Usage usage, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(usage, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(usage);
            return;
        }
        SessionPage page = Answers.await(sessions.list(query(arguments)));
        if (arguments.isJson()) {
            List<Object> all = new ArrayList<>();
            page.sessions().forEach(each -> all.add(json(each)));
            screen.json(object(
                    "server",
                    page.server(),
                    "role",
                    page.role().stateName(),
                    "sessions",
                    all,
                    "next",
                    page.next().isEmpty() ? null : page.next()));
            return;
        }
        show(screen, page);
    }

    private static SessionQuery query(Arguments arguments) {
        try {
            return new SessionQuery(
                    arguments.value("--app"),
                    arguments.word(),
                    arguments.number("--limit", DEFAULT_LIMIT, 1, SessionAdmin.MAX_PAGE),
                    arguments.value("--cursor"));
        } catch (IllegalArgumentException e) {
            throw arguments.wrong(String.valueOf(e.getMessage()));
        }
    }

    private static void show(Screen screen, SessionPage page) {
        long nowMs = System.currentTimeMillis();
        if (page.sessions().isEmpty()) {
            screen.line("no sessions on " + where(page.server(), page.role()));
            return;
        }
        Table table = new Table(
                Table.text("APPLICATION"),
                Table.text("SESSION"),
                Table.number("USED").optional(4),
                Table.number("AGE").optional(2),
                Table.number("ENDS IN").optional(3),
                Table.number("SIZE").optional(5),
                Table.number("ATTRIBUTES").optional(1));
        for (SessionSummary each : page.sessions()) {
            table.row(
                    each.application(),
                    each.id(),
                    Figures.roughly(nowMs - each.lastAccessedTimeMs()),
                    Figures.roughly(nowMs - each.creationTimeMs()),
                    endsIn(each, nowMs),
                    Figures.bytes(each.lengthBytes()),
                    each.attributes());
        }
        screen.table(table);
        screen.line(
                page.sessions().size() + (page.sessions().size() == 1 ? " session" : " sessions") + " on "
                        + where(page.server(), page.role())
                        + (page.next().isEmpty() ? "" : "; more: --cursor " + page.next()),
                Style.QUIET);
    }

    private static String endsIn(SessionSummary session, long nowMs) {
        if (session.maxInactiveIntervalSec() <= 0) {
            return "never";
        }
        long leftMs = session.lastAccessedTimeMs() + session.maxInactiveIntervalSec() * 1_000L - nowMs;
        return leftMs <= 0 ? "now" : Figures.roughly(leftMs);
    }

    /** A passive that is not in sync may lack sessions; whoever reads a list must know. */
    private static String where(String server, ServerRole role) {
        boolean isWhole = role == ServerRole.ACTIVE_COORDINATOR || role == ServerRole.PASSIVE_STANDBY;
        return server + ", " + role.stateName() + (isWhole ? "" : " (its copy may be old or missing)");
    }

    private static Map<String, @Nullable Object> json(SessionSummary session) {
        return object(
                "application",
                session.application(),
                "id",
                session.id(),
                "created",
                Figures.instant(session.creationTimeMs()),
                "lastAccessed",
                Figures.instant(session.lastAccessedTimeMs()),
                "maxInactiveIntervalSec",
                session.maxInactiveIntervalSec(),
                "bytes",
                session.lengthBytes(),
                "attributes",
                session.attributes(),
                "version",
                session.version());
    }

    @Descriptor("one session closely; never a value")
    public void show(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(SHOW, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(SHOW);
            return;
        }
        SessionKey key = key(arguments);
        SessionLook look = Answers.await(sessions.show(key));
        SessionDetails details = look.details();
        if (details == null) {
            throw CommandFailure.failed("there is no session " + SafeText.of(key.id()) + " of "
                    + SafeText.of(key.application()) + " on " + where(look.server(), look.role()));
        }
        if (arguments.isJson()) {
            screen.json(SessionPicture.json(look, details, json(details.summary())));
        } else {
            SessionPicture.show(screen, look, details);
        }
    }

    @Descriptor("sessions by application, size and age")
    public void stats(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(STATS, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(STATS);
            return;
        }
        SessionStats stats = Answers.await(sessions.stats(arguments.value("--app")));
        if (arguments.isJson()) {
            screen.json(StatsPicture.json(stats));
        } else {
            screen.line(stats.sessions() + " sessions, " + Figures.bytes(stats.payloadBytes()) + ", the largest "
                    + Figures.bytes(stats.largestBytes()) + ", on " + where(stats.server(), stats.role()));
            StatsPicture.show(screen, stats);
        }
    }

    @Descriptor("end one session, or all of an application")
    public void invalidate(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(INVALIDATE, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(INVALIDATE);
            return;
        }
        String application = arguments.value("--app");
        InvalidateOutcome outcome;
        if (!arguments.words().isEmpty()) {
            SessionKey key = key(arguments);
            screen.confirm("End session " + key.id() + " of " + key.application() + "?", arguments.has("--yes"));
            outcome = Answers.await(sessions.invalidate(key, screen.user()));
        } else if (!application.isEmpty()) {
            screen.confirm("End all sessions of " + application + "?", arguments.has("--yes"));
            outcome = Answers.await(sessions.invalidateAll(application, screen.user()));
        } else {
            throw arguments.wrong("it needs the ID of a session, or --app APP for all of an application");
        }
        if (arguments.isJson()) {
            screen.json(object(
                    "status",
                    outcome.status().name(),
                    "ended",
                    outcome.ended(),
                    "inUse",
                    outcome.inUse(),
                    "reason",
                    outcome.reason()));
        }
        report(screen, outcome, arguments.isJson());
    }

    private static void report(Screen screen, InvalidateOutcome outcome, boolean isToldAlready) {
        switch (outcome.status()) {
            case DONE -> {
                if (!isToldAlready) {
                    screen.line(SafeText.of(outcome.reason()), Style.GOOD);
                }
            }
            case NOT_ACTIVE -> throw new CommandFailure(ShellExit.NOT_HERE, "not here: " + outcome.reason());
            default -> throw CommandFailure.failed(outcome.reason());
        }
    }

    /** The session meant: an id is enough where only one application has it. */
    private SessionKey key(Arguments arguments) {
        String id = arguments.word();
        String application = arguments.value("--app");
        try {
            if (arguments.has("--app")) {
                return SessionKey.of(application, id);
            }
            SessionPage page = Answers.await(sessions.list(new SessionQuery("", id, MAX_SAME_ID, "")));
            List<String> applications = page.sessions().stream()
                    .filter(each -> each.id().equals(id))
                    .map(SessionSummary::application)
                    .toList();
            if (applications.size() == 1) {
                return SessionKey.of(applications.get(0), id);
            }
            if (applications.isEmpty()) {
                throw CommandFailure.failed(
                        "there is no session " + SafeText.of(id) + " on " + where(page.server(), page.role())
                                + (page.sessions().isEmpty() ? "" : "; session:find shows those that begin so"));
            }
            throw CommandFailure.usage("several applications have a session " + SafeText.of(id)
                    + "; add --app and one of: " + SafeText.of(String.join(", ", applications)));
        } catch (IllegalArgumentException e) {
            throw arguments.wrong(SafeText.of(String.valueOf(e.getMessage())));
        }
    }
}
