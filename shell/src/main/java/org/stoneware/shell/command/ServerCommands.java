package org.stoneware.shell.command;

import static org.stoneware.shell.command.JsonText.object;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome;
import org.stoneware.api.config.EffectiveConfiguration;
import org.stoneware.shell.command.Usage.Option;
import org.stoneware.shell.link.ShellExit;

/** {@code server:*}: the process that answers. */
@Component(
        service = ServerCommands.class,
        immediate = true,
        property = {
            "osgi.command.scope=server",
            "osgi.command.function=config",
            "osgi.command.function=bundles",
            "osgi.command.function=loglevel",
            "osgi.command.function=sweep",
            "osgi.command.function=threads"
        })
public final class ServerCommands {
    static final Usage CONFIG =
            Usage.of("server:config", "every value of tc-config in effect, and where it came from", List.of("[TEXT]"));
    static final Usage BUNDLES = Usage.of("server:bundles", "what this server is made of", List.of());
    static final Usage LOGLEVEL = Usage.of(
            "server:loglevel",
            "show levels of loggers, or set one until the server stops",
            List.of("[LOGGER]", "[error|warning|info|debug|trace|off|inherit]"));
    static final Usage SWEEP = Usage.of(
            "server:sweep", "end all sessions whose time is over now, instead of with the next sweep", List.of());
    static final Usage THREADS = Usage.of(
            "server:threads", "threads by CPU time", List.of(), Option.flag("--stacks", "with what each is doing"));

    private final BundleContext bundles;
    private final EffectiveConfiguration configuration;
    private final SessionAdmin sessions;
    private final LogLevels levels = new LogLevels();

    @Activate
    public ServerCommands(
            BundleContext bundles, @Reference EffectiveConfiguration configuration, @Reference SessionAdmin sessions) {
        this.bundles = bundles;
        this.configuration = configuration;
        this.sessions = sessions;
    }

    @Descriptor("every value of tc-config in effect, and where it came from")
    public void config(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(CONFIG, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(CONFIG);
            return;
        }
        Table table = new Table(
                Table.text("NAME"), Table.text("VALUE"), Table.words("ORIGIN").optional(1));
        List<Object> all = new ArrayList<>();
        for (EffectiveConfiguration.Value each : configuration.values()) {
            if (each.name().contains(arguments.word())) {
                table.row(each.name(), each.value(), Table.cell(each.origin(), Style.QUIET));
                all.add(object("name", each.name(), "value", each.value(), "origin", each.origin()));
            }
        }
        if (arguments.isJson()) {
            screen.json(object("server", configuration.server(), "source", configuration.source(), "values", all));
            return;
        }
        if (table.isEmpty()) {
            throw CommandFailure.failed("no name has '" + SafeText.of(arguments.word()) + "' in it");
        }
        screen.line(SafeText.of(configuration.server() + " runs with " + configuration.source()));
        screen.table(table);
    }

    @Descriptor("what this server is made of")
    public void bundles(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(BUNDLES, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(BUNDLES);
            return;
        }
        Table table = new Table(
                Table.number("ID"),
                Table.number("LEVEL").optional(1),
                Table.text("STATE"),
                Table.text("VERSION"),
                Table.text("NAME"));
        List<Object> all = new ArrayList<>();
        for (Bundle each : bundles.getBundles()) {
            int level = each.adapt(BundleStartLevel.class).getStartLevel();
            String name = String.valueOf(each.getSymbolicName());
            String state = state(each);
            table.row(
                    each.getBundleId(),
                    level,
                    Table.cell(state, state.equals("active") || state.equals("fragment") ? Style.GOOD : Style.BAD),
                    each.getVersion(),
                    name);
            all.add(object(
                    "id",
                    each.getBundleId(),
                    "startLevel",
                    level,
                    "state",
                    state,
                    "version",
                    each.getVersion().toString(),
                    "name",
                    name));
        }
        if (arguments.isJson()) {
            screen.json(all);
        } else {
            screen.table(table);
        }
    }

    private static String state(Bundle bundle) {
        return switch (bundle.getState()) {
            case Bundle.ACTIVE -> "active";
            case Bundle.STARTING -> "starting";
            case Bundle.STOPPING -> "stopping";
            case Bundle.RESOLVED -> bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null ? "resolved" : "fragment";
            case Bundle.INSTALLED -> "installed";
            default -> "uninstalled";
        };
    }

    @Descriptor("show levels of loggers, or set one until the server stops")
    public void loglevel(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(LOGLEVEL, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(LOGLEVEL);
            return;
        }
        if (arguments.words().size() == 2) {
            String problem = levels.set(arguments.word(), arguments.words().get(1));
            if (!problem.isEmpty()) {
                throw arguments.wrong(problem);
            }
        }
        List<LogLevels.Level> shown = levels.list(arguments.word());
        if (arguments.isJson()) {
            List<Object> all = new ArrayList<>();
            shown.forEach(each -> all.add(object("logger", each.logger(), "level", each.level(), "set", each.isSet())));
            screen.json(all);
            return;
        }
        Table table = new Table(Table.text("LOGGER"), Table.text("LEVEL"), Table.text(""));
        shown.forEach(each -> table.row(
                each.logger().isEmpty() ? "(all others)" : each.logger(),
                each.level(),
                Table.cell(each.isSet() ? "" : "inherited", Style.QUIET)));
        screen.table(table);
    }

    @Descriptor("end all sessions whose time is over now")
    public void sweep(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(SWEEP, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(SWEEP);
            return;
        }
        InvalidateOutcome outcome = Answers.await(sessions.sweep(screen.user()));
        if (arguments.isJson()) {
            screen.json(object("status", outcome.status().name(), "ended", outcome.ended(), "inUse", outcome.inUse()));
        } else if (outcome.status() != InvalidateOutcome.Status.NOT_ACTIVE) {
            screen.line(outcome.reason());
        }
        if (outcome.status() == InvalidateOutcome.Status.NOT_ACTIVE) {
            throw new CommandFailure(ShellExit.NOT_HERE, "not here: " + outcome.reason());
        }
    }

    /** Class without package, and method; {@code --stacks} has all of it. */
    private static String where(StackTraceElement frame) {
        String name = frame.getClassName();
        return name.substring(name.lastIndexOf('.') + 1) + "." + frame.getMethodName();
    }

    @Descriptor("threads by CPU time")
    public void threads(CommandSession session, String... given) {
        Screen screen = Screen.of(session);
        Arguments arguments = Arguments.parse(THREADS, (Object[]) given);
        if (arguments.isHelp()) {
            screen.help(THREADS);
            return;
        }
        boolean hasStacks = arguments.has("--stacks");
        ThreadMXBean bean = ManagementFactory.getThreadMXBean();
        List<ThreadInfo> infos = new ArrayList<>(Arrays.asList(bean.dumpAllThreads(false, false)));
        infos.sort(Comparator.comparingLong((ThreadInfo each) -> bean.getThreadCpuTime(each.getThreadId()))
                .reversed());
        Table table = new Table(
                Table.number("ID"),
                Table.number("CPU"),
                Table.text("STATE"),
                Table.longName("NAME"),
                Table.longName("AT").optional(1));
        List<Object> all = new ArrayList<>();
        StringBuilder stacks = new StringBuilder();
        for (ThreadInfo each : infos) {
            long cpuMs = Math.max(0, TimeUnit.NANOSECONDS.toMillis(bean.getThreadCpuTime(each.getThreadId())));
            String state = each.getThreadState().name().toLowerCase(Locale.ROOT).replace('_', ' ');
            StackTraceElement[] stack = each.getStackTrace();
            String at = stack.length == 0 ? "" : where(stack[0]);
            table.row(
                    each.getThreadId(),
                    Figures.duration(cpuMs),
                    state,
                    each.getThreadName(),
                    Table.cell(at, Style.QUIET));
            List<Object> frames = new ArrayList<>();
            stacks.append('"')
                    .append(SafeText.of(each.getThreadName()))
                    .append("\" ")
                    .append(state)
                    .append('\n');
            for (StackTraceElement frame : stack) {
                frames.add(frame.toString());
                stacks.append("    at ").append(frame).append('\n');
            }
            all.add(object(
                    "id",
                    each.getThreadId(),
                    "name",
                    each.getThreadName(),
                    "state",
                    state,
                    "cpuMs",
                    cpuMs,
                    "stack",
                    hasStacks ? frames : new ArrayList<>(frames.subList(0, Math.min(1, frames.size())))));
        }
        if (arguments.isJson()) {
            screen.json(all);
        } else if (hasStacks) {
            screen.print(stacks.toString());
        } else {
            screen.table(table);
        }
    }
}
