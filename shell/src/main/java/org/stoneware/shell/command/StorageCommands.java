package org.stoneware.shell.command;

import static org.stoneware.shell.command.JsonText.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.StorageAdmin.Offer;
import org.stoneware.api.cluster.StorageAdmin.Outcome;
import org.stoneware.api.cluster.StorageAdmin.Scope;
import org.stoneware.api.cluster.StorageStatus;
import org.stoneware.shell.command.Usage.Option;
import org.stoneware.shell.link.ShellExit;

/** {@code storage:*}: what the sessions lie in, and moving them to another store while the server serves. */
@Component(
        service = StorageCommands.class,
        immediate = true,
        property = {
            "osgi.command.scope=storage",
            "osgi.command.function=list",
            "osgi.command.function=use",
            "osgi.command.function=retire",
            "osgi.command.function=stats"
        })
public final class StorageCommands {
    private static final long MAX_WAIT_NS = TimeUnit.MINUTES.toNanos(60);
    private static final long LOOK_MS = 50;
    /** Events that end an exchange without the sessions having moved. */
    private static final Set<String> ENDED =
            Set.of("store-exchange-refused", "store-exchange-given-up", "store-fell-back");

    private static final String PROBATION =
            "for 30 s the old store gets every change too and takes over again should the new one fail;"
                    + " cluster:events tells the end: store-proved or store-fell-back";

    static final Usage LIST = Usage.of("storage:list", "stores that installed bundles offer", List.of());
    static final Usage USE = Usage.of(
            "storage:use",
            "move the sessions of all servers to another store while they serve, and wait for it",
            List.of("MODE"),
            Option.flag("--here", "this server only"));
    static final Usage RETIRE = Usage.of(
            "storage:retire",
            "uninstall the bundles of a store no session is in",
            List.of("MODE"),
            Option.flag("--yes", "without a question"));
    static final Usage STATS =
            Usage.of("storage:stats", "what the store in use holds and needs, and where an exchange stands", List.of());

    private final ManagementService management;

    @Activate
    public StorageCommands(@Reference ManagementService management) {
        this.management = management;
    }

    @Descriptor("stores that installed bundles offer")
    public void list(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(LIST, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(LIST);
            return;
        }
        List<Offer> offers = management.storage().list();
        if (arguments.isJson()) {
            List<Object> all = new ArrayList<>();
            offers.forEach(each -> all.add(object(
                    "mode",
                    each.mode(),
                    "bundle",
                    each.bundle(),
                    "version",
                    each.version(),
                    "keepsSessions",
                    each.keepsSessions(),
                    "inUse",
                    each.isInUse(),
                    "remark",
                    each.remark())));
            screen.json(object(
                    "configuredMode",
                    management.status().storage().configuredMode(),
                    "progress",
                    management.storage().progress(),
                    "stores",
                    all));
            return;
        }
        Table table = new Table(
                Table.text("MODE"),
                Table.text("IN USE"),
                Table.text("RESTART").optional(1),
                Table.text("VERSION"),
                Table.text("BUNDLE"));
        offers.forEach(each -> table.row(
                each.mode(),
                Table.cell(each.isInUse() ? "yes" : "", Style.GOOD),
                each.keepsSessions() ? "kept" : "lost",
                each.version(),
                each.bundle()));
        screen.table(table);
        offers.stream()
                .filter(each -> !each.remark().isEmpty())
                .forEach(each ->
                        screen.line(SafeText.of(each.mode() + " " + each.version() + ": " + each.remark()), Style.BAD));
        progress(screen);
    }

    private void progress(Screen screen) {
        String progress = management.storage().progress();
        if (!progress.isEmpty()) {
            screen.line(SafeText.of(progress), Style.QUIET);
        }
    }

    @Descriptor("move the sessions of all servers to another store")
    public void use(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(USE, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(USE);
            return;
        }
        String mode = arguments.word();
        long before = lastEvent();
        Outcome outcome = management
                .storage()
                .use(mode, arguments.has("--here") ? Scope.THIS_SERVER : Scope.ARRAY, screen.user());
        String problem = outcome.isAccepted() ? await(mode, before) : outcome.reason();
        String server = management.status().self();
        if (arguments.isJson()) {
            screen.json(object(
                    "server",
                    server,
                    "mode",
                    mode,
                    "moved",
                    problem.isEmpty(),
                    "onProbation",
                    problem.isEmpty() && isOnProbation(),
                    "reason",
                    problem));
        }
        if (!problem.isEmpty()) {
            throw CommandFailure.failed(problem);
        }
        if (!arguments.isJson()) {
            screen.line("the sessions of " + SafeText.of(server) + " are in " + SafeText.of(mode), Style.GOOD);
            events(before).stream()
                    .filter(each -> each.isWarning() || each.type().equals("store-exchanged"))
                    .forEach(each -> screen.line(SafeText.of(each.text()), Style.QUIET));
            if (isOnProbation()) {
                screen.line(PROBATION, Style.QUIET);
            }
        }
    }

    /** The sessions have moved, and the old store stands by. */
    private boolean isOnProbation() {
        return !management.storage().progress().isEmpty();
    }

    /** @return why the sessions did not move; empty when they did. */
    private String await(String mode, long before) {
        long beganNs = System.nanoTime();
        while (System.nanoTime() - beganNs < MAX_WAIT_NS) {
            for (ClusterEvent each : events(before)) {
                if (ENDED.contains(each.type())) {
                    return each.text();
                }
            }
            @Nullable Offer inUse = inUse();
            if (inUse != null
                    && inUse.mode().equals(mode)
                    && !management.storage().isMoving()) {
                return "";
            }
            try {
                Thread.sleep(LOOK_MS); // progress has no listener; this only paces the looking
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CommandFailure(ShellExit.INTERRUPTED, "interrupted; what was begun goes on in the server");
            }
        }
        return "it is not done yet: " + management.storage().progress();
    }

    private @Nullable Offer inUse() {
        return management.storage().list().stream()
                .filter(Offer::isInUse)
                .findFirst()
                .orElse(null);
    }

    private long lastEvent() {
        List<ClusterEvent> all = management.events();
        return all.isEmpty() ? 0 : all.get(all.size() - 1).sequence();
    }

    private List<ClusterEvent> events(long after) {
        return management.events().stream()
                .filter(each -> each.sequence() > after)
                .toList();
    }

    @Descriptor("uninstall the bundles of a store no session is in")
    public void retire(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(RETIRE, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(RETIRE);
            return;
        }
        String mode = arguments.word();
        screen.confirm("Uninstall the bundles that offer " + mode + "?", arguments.has("--yes"));
        Outcome outcome = management.storage().retire(mode, screen.user());
        if (arguments.isJson()) {
            screen.json(object("mode", mode, "retired", outcome.isAccepted(), "reason", outcome.reason()));
        }
        if (!outcome.isAccepted()) {
            throw CommandFailure.failed(outcome.reason());
        }
        if (!arguments.isJson()) {
            screen.line(SafeText.of(outcome.reason()), Style.GOOD);
        }
    }

    @Descriptor("what the store in use holds and needs")
    public void stats(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(STATS, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(STATS);
            return;
        }
        StorageStatus storage = management.status().storage();
        String progress = management.storage().progress();
        @Nullable Offer inUse = inUse();
        String bundle = inUse == null ? "" : inUse.bundle() + " " + inUse.version();
        if (arguments.isJson()) {
            screen.json(object(
                    "server",
                    management.status().self(),
                    "configuredMode",
                    storage.configuredMode(),
                    "mode",
                    storage.mode(),
                    "bundle",
                    bundle,
                    "detail",
                    storage.detail(),
                    "progress",
                    progress,
                    "sessions",
                    storage.sessions(),
                    "payloadBytes",
                    storage.payloadBytes(),
                    "memoryUsedBytes",
                    storage.memoryUsedBytes(),
                    "memoryMaxBytes",
                    storage.memoryMaxBytes(),
                    "diskUsedBytes",
                    storage.diskUsedBytes(),
                    "diskMaxBytes",
                    storage.diskMaxBytes()));
            return;
        }
        screen.facts(
                "mode",
                storage.mode(),
                "configured",
                storage.configuredMode(),
                "bundle",
                bundle,
                "sessions",
                storage.sessions() + ", " + Figures.bytes(storage.payloadBytes()),
                "memory",
                Figures.bytes(storage.memoryUsedBytes()) + " of " + Figures.bytes(storage.memoryMaxBytes()),
                "disk",
                storage.diskMaxBytes() == 0 && storage.diskUsedBytes() == 0
                        ? "none"
                        : Figures.bytes(storage.diskUsedBytes())
                                + (storage.diskMaxBytes() == 0 ? "" : " of " + Figures.bytes(storage.diskMaxBytes())));
        if (!storage.detail().isEmpty()) {
            screen.line(SafeText.of(storage.detail()), Style.QUIET);
        }
        progress(screen);
    }
}
