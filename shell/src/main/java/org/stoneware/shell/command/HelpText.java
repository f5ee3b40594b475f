package org.stoneware.shell.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.felix.service.command.CommandSession;
import org.jspecify.annotations.Nullable;

/** What {@code help} says: our commands in words, Felix's own by name. */
public final class HelpText {
    static final List<Usage> USAGES = List.of(
            SessionCommands.LIST,
            SessionCommands.FIND,
            SessionCommands.SHOW,
            SessionCommands.STATS,
            SessionCommands.INVALIDATE,
            StorageCommands.LIST,
            StorageCommands.USE,
            StorageCommands.RETIRE,
            StorageCommands.STATS,
            BackupCommands.BACKUP,
            BackupCommands.RESTORE,
            ClusterCommands.STATUS,
            ClusterCommands.MEMBERS,
            ClusterCommands.CLIENTS,
            ClusterCommands.EVENTS,
            ClusterCommands.FAILOVER,
            ClusterCommands.DRILL,
            ServerCommands.CONFIG,
            ServerCommands.BUNDLES,
            ServerCommands.LOGLEVEL,
            ServerCommands.SWEEP,
            ServerCommands.THREADS);

    private static final int LINE = 100;
    private static final int NAME = 20;

    private HelpText() {}

    static @Nullable Usage usage(String command) {
        return USAGES.stream()
                .filter(each -> each.name().equals(command))
                .findFirst()
                .orElse(null);
    }

    /**
     * The help a line asks for.
     *
     * @param width columns of the terminal; 0 when there is none.
     * @return null when the line asks for none, or for that of a command which is not ours.
     */
    public static @Nullable String of(CommandSession session, String line, int width) {
        String[] words = line.strip().split("\\s+");
        if (!words[0].equals("help") || words.length > 2) {
            return null;
        }
        if (words.length == 2) {
            Usage usage = usage(words[1]);
            return usage == null ? null : usage.text(width);
        }
        StringBuilder text = new StringBuilder();
        for (Usage usage : USAGES) {
            String entry = String.format("%-" + NAME + "s %s", usage.name(), usage.summary());
            text.append(Lines.fit(entry, width, NAME + 1)).append('\n');
        }
        text.append("\nEach has --help and --json. Felix's own (help NAME explains one):\n");
        StringBuilder row = new StringBuilder();
        for (String name : others(session)) {
            if (row.length() + name.length() + 1 > (width > 0 ? Math.min(width, LINE) : LINE)) {
                text.append(row).append('\n');
                row.setLength(0);
            }
            row.append(row.isEmpty() ? "" : " ").append(name);
        }
        return text.append(row).append('\n').toString();
    }

    /** Commands that are not ours; those of scope felix by their short names. */
    private static List<String> others(CommandSession session) {
        TreeSet<String> names = new TreeSet<>();
        if (session.get(".commands") instanceof Set<?> commands) {
            for (Object each : commands) {
                String name = String.valueOf(each);
                if (usage(name) == null) {
                    names.add(name.startsWith("felix:") ? name.substring("felix:".length()) : name);
                }
            }
        }
        return new ArrayList<>(names);
    }
}
