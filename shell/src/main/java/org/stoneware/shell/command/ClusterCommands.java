package org.stoneware.shell.command;

import static org.stoneware.shell.command.JsonText.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.StorageStatus;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.shell.command.Usage.Option;
import org.stoneware.shell.link.ShellExit;

/** {@code cluster:*}: the servers, the Tomcats, what happened, and fail-over on purpose. */
@Component(
        service = ClusterCommands.class,
        immediate = true,
        property = {
            "osgi.command.scope=cluster",
            "osgi.command.function=status",
            "osgi.command.function=members",
            "osgi.command.function=clients",
            "osgi.command.function=events",
            "osgi.command.function=failover",
            "osgi.command.function=drill"
        })
public final class ClusterCommands {
    static final Usage STATUS = Usage.of(
            "cluster:status", "the array as this server sees it, and what keeps it from doing its duty", List.of());
    static final Usage MEMBERS = Usage.of("cluster:members", "every configured server", List.of());
    static final Usage CLIENTS = Usage.of("cluster:clients", "Tomcats registered at the active", List.of());
    static final Usage EVENTS = Usage.of(
            "cluster:events",
            "what happened on this server, oldest first",
            List.of(),
            Option.of("--limit", "N", "most events, 1 to 1000; otherwise 20"),
            Option.flag("--follow", "go on with each new event until interrupted"));
    static final Usage FAILOVER = Usage.of(
            "cluster:failover",
            "the active hands its role to the standby; no process stops and nothing is lost",
            List.of(),
            Option.flag("--yes", "without a question"));
    static final Usage DRILL = Usage.of(
            "cluster:drill",
            "fail over under counted load and prove that nothing is lost",
            List.of(),
            Option.of("--seconds", "N", "how long to count; otherwise 10"),
            Option.of("--sessions", "N", "sessions to count in; otherwise 100"),
            Option.of("--threads", "N", "requests at the same time; otherwise 8"),
            Option.flag("--yes", "without a question"));

    private static final int DEFAULT_EVENTS = 20;
    private static final int MAX_EVENTS = 1_000;
    private static final long FOLLOW_MS = 200;
    private static final long FAILOVER_LIMIT_NS = TimeUnit.SECONDS.toNanos(15);
    private static final long FAILOVER_POLL_MS = 50;

    private final ManagementService management;
    private final ArraySettings settings;

    @Activate
    public ClusterCommands(@Reference ManagementService management, @Reference ArraySettings settings) {
        this.management = management;
        this.settings = settings;
    }

    @Descriptor("the array as this server sees it")
    public void status(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(STATUS, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(STATUS);
            return;
        }
        ClusterStatus status = management.status();
        if (arguments.isJson()) {
            screen.json(ClusterPicture.json(status));
            return;
        }
        StorageStatus storage = status.storage();
        long connected =
                status.clients().stream().filter(ClientStatus::isConnected).count();
        screen.facts(
                "server",
                status.self() + ", Stoneware " + status.version() + ", up " + Figures.duration(status.uptimeMs()),
                "sessions",
                storage.sessions() + ", " + Figures.bytes(storage.payloadBytes()) + " in " + storage.mode()
                        + (storage.detail().isEmpty() ? "" : " (" + storage.detail() + ")"),
                "memory",
                Figures.bytes(storage.memoryUsedBytes())
                        + (storage.memoryMaxBytes() > 0 ? " of " + Figures.bytes(storage.memoryMaxBytes()) : ""),
                "Tomcats",
                self(status).role() == ServerRole.ACTIVE_COORDINATOR ? connected + " connected" : "ask the active");
        screen.line("");
        screen.table(ClusterPicture.members(status.servers(), System.currentTimeMillis()));
        screen.line("");
        if (status.problems().isEmpty()) {
            screen.line("no problems", Style.GOOD);
        }
        status.problems().forEach(each -> screen.line("problem: " + SafeText.of(each), Style.BAD));
    }

    private static MemberStatus self(ClusterStatus status) {
        for (MemberStatus each : status.servers()) {
            if (each.name().equals(status.self())) {
                return each;
            }
        }
        throw CommandFailure.failed("server " + status.self() + " does not know itself");
    }

    @Descriptor("every configured server")
    public void members(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(MEMBERS, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(MEMBERS);
        } else if (arguments.isJson()) {
            screen.json(ClusterPicture.json(management.status().servers()));
        } else {
            screen.table(ClusterPicture.closely(management.status().servers(), System.currentTimeMillis()));
        }
    }

    @Descriptor("Tomcats registered at the active")
    public void clients(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(CLIENTS, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(CLIENTS);
            return;
        }
        ClusterStatus status = management.status();
        requireActive(status, "knows the Tomcats");
        if (arguments.isJson()) {
            screen.json(ClusterPicture.clientsJson(status.clients()));
        } else if (status.clients().isEmpty()) {
            screen.line("no Tomcat is registered");
        } else {
            screen.table(ClusterPicture.clients(status.clients()));
        }
    }

    private static void requireActive(ClusterStatus status, String what) {
        MemberStatus self = self(status);
        if (self.role() == ServerRole.ACTIVE_COORDINATOR) {
            return;
        }
        String active = status.servers().stream()
                .filter(each -> each.role() == ServerRole.ACTIVE_COORDINATOR)
                .map(MemberStatus::name)
                .findFirst()
                .orElse("");
        throw new CommandFailure(
                ShellExit.NOT_HERE,
                "not here: only the active " + what + ", and " + status.self() + " is "
                        + self.role().stateName() + "; "
                        + (active.isEmpty()
                                ? "no server is active now"
                                : "ask the active " + active + ": -n " + active));
    }

    @Descriptor("what happened on this server")
    public void events(CommandSession session, String... given) throws InterruptedException {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(EVENTS, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(EVENTS);
            return;
        }
        int limit = arguments.number("--limit", DEFAULT_EVENTS, 1, MAX_EVENTS);
        boolean isFollowing = arguments.has("--follow");
        if (isFollowing && arguments.isJson()) {
            throw arguments.wrong("--follow has no end, so it is no JSON value");
        }
        List<ClusterEvent> all = management.events();
        List<ClusterEvent> last = all.subList(Math.max(0, all.size() - limit), all.size());
        if (arguments.isJson()) {
            List<Object> list = new ArrayList<>();
            last.forEach(each -> list.add(object(
                    "sequence",
                    each.sequence(),
                    "time",
                    Figures.instant(each.timeMs()),
                    "type",
                    each.type(),
                    "text",
                    each.text())));
            screen.json(list);
            return;
        }
        long shown = print(screen, last, 0);
        while (isFollowing) {
            // Events are a list to be looked at; nobody is called.
            Thread.sleep(FOLLOW_MS);
            shown = print(screen, management.events(), shown);
        }
    }

    private static long print(Screen screen, List<ClusterEvent> events, long shown) {
        long last = shown;
        for (ClusterEvent each : events) {
            if (each.sequence() > shown) {
                screen.line(
                        Figures.time(each.timeMs()),
                        Style.QUIET,
                        SafeText.of(each.type()),
                        Style.HEADING,
                        SafeText.of(each.text()));
                last = each.sequence();
            }
        }
        return last;
    }

    @Descriptor("the active hands its role to the standby")
    public void failover(CommandSession session, String... given) throws InterruptedException {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(FAILOVER, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(FAILOVER);
            return;
        }
        requireActive(management.status(), "hands over");
        screen.confirm("Let the standby become active?", arguments.has("--yes"));
        long startNs = System.nanoTime();
        ManagementService.HandOverOutcome outcome = management.handOver(screen.user());
        if (!outcome.isAccepted()) {
            throw CommandFailure.failed("not handed over: " + outcome.reason());
        }
        while (System.nanoTime() - startNs < FAILOVER_LIMIT_NS) {
            for (MemberStatus each : management.status().servers()) {
                boolean isOther = !each.name().equals(settings.self().name());
                if (isOther && each.role() == ServerRole.ACTIVE_COORDINATOR) {
                    long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
                    if (arguments.isJson()) {
                        screen.json(object("active", each.name(), "tookMs", tookMs));
                    } else {
                        screen.line(each.name() + " is active after " + Figures.duration(tookMs), Style.GOOD);
                    }
                    return;
                }
            }
            // The picture of the array is published now and then.
            Thread.sleep(FAILOVER_POLL_MS);
        }
        throw CommandFailure.failed("no other server is active after "
                + TimeUnit.NANOSECONDS.toSeconds(FAILOVER_LIMIT_NS) + " s; see cluster:events on both servers");
    }

    @Descriptor("fail over under counted load and prove that nothing is lost")
    public void drill(CommandSession session, String... given) throws InterruptedException {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(DRILL, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(DRILL);
            return;
        }
        Set<String> numbers = Set.of("--seconds", "--sessions", "--threads");
        List<String> options = new ArrayList<>();
        for (String each : numbers.stream().sorted().collect(Collectors.toList())) {
            if (arguments.has(each)) {
                options.add(each);
                options.add(String.valueOf(arguments.number(each, 0, 1, 100_000)));
            }
        }
        requireActive(management.status(), "holds a drill");
        screen.confirm("Hold a drill? The active role changes hands.", arguments.has("--yes"));
        List<Object> report = new ArrayList<>();
        int exitCode = new DrillProcess(settings.source())
                .run(options, arguments.isJson() ? report::add : line -> screen.line(SafeText.of(line)));
        if (arguments.isJson()) {
            screen.json(object("passed", exitCode == 0, "report", report));
        }
        if (exitCode != 0) {
            throw CommandFailure.failed(String.format(Locale.ROOT, "the drill ended with exit code %d", exitCode));
        }
    }
}
