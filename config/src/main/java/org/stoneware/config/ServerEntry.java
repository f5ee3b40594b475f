package org.stoneware.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One server as configured, every default filled in, before rules that need all servers in view.
 *
 * @param element          its element, or null for the implicit server of an empty configuration.
 * @param position         place of its element.
 * @param path             element path.
 * @param host             address others use.
 * @param isHostAddress    {@code host} came from {@code %i}.
 * @param data             data directory without the server's name.
 * @param logs             logs directory without the server's name, or {@code stdout:} / {@code stderr:}.
 * @param backup           data-backup.
 * @param ports            dso-port, jmx-port, l2-group-port, management-port.
 * @param bind             server's own bind attribute, or null.
 * @param mode             persistence mode.
 * @param maxMemoryBytes   offheap size; 0 when not enabled.
 * @param accounts         files of {@code <authentication>}; null when it is not there.
 */
record ServerEntry(
        @Nullable ConfigElement element,
        Position position,
        String path,
        Setting<String> name,
        Setting<String> host,
        boolean isHostAddress,
        @Nullable Setting<String> bind,
        Setting<Path> data,
        Setting<Path> logs,
        boolean isLogsToConsole,
        Setting<Path> backup,
        List<PortEntry> ports,
        Setting<String> mode,
        Setting<Long> maxMemoryBytes,
        Setting<Integer> reconnectWindowSec,
        Setting<Boolean> sweepEnabled,
        Setting<Boolean> sweepVerbose,
        Setting<Integer> sweepIntervalSec,
        @Nullable Accounts accounts) {
    static final int CLIENT = 0;
    static final int JMX = 1;
    static final int GROUP = 2;
    static final int MANAGEMENT = 3;

    /**
     * Files of those who may manage the server.
     *
     * @param rights null when everybody may only look.
     */
    record Accounts(Setting<Path> passwords, @Nullable Setting<Path> rights) {}

    ServerEntry {
        ports = List.copyOf(ports);
    }

    PortEntry port(int index) {
        return ports.get(index);
    }

    /** Its name as part of a path: nothing in it can leave the directory. */
    String directoryName() {
        String safe = name.value().replaceAll("[^\\p{L}\\p{N}._-]", "_");
        return safe.equals(".") || safe.equals("..") ? "_" : safe;
    }
}
