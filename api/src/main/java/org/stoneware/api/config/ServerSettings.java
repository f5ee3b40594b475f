package org.stoneware.api.config;

import java.nio.file.Path;
import org.stoneware.spi.storage.Durability;

/**
 * One configured server with every default filled in.
 *
 * @param position       place in the file, from 0.
 * @param name           name.
 * @param host           address others use.
 * @param clientAddress  address the dso-port binds, after {@code bind}, {@code 0.0.0.0} or the loopback rule.
 * @param clientPort     dso-port.
 * @param jmxAddress     address the jmx-port binds.
 * @param jmxPort        jmx-port.
 * @param groupAddress   address the l2-group-port binds.
 * @param groupPort      l2-group-port.
 * @param managementAddress address the management-port binds.
 * @param managementPort management-port.
 * @param dataDirectory  {@code <data>/<name>}, absolute.
 * @param logsDirectory  {@code <logs>/<name>}, absolute; see also {@code logsToConsole}.
 * @param logsToConsole  true for {@code stdout:} and {@code stderr:}.
 * @param backupDirectory data-backup, absolute.
 * @param persistenceMode {@code temporary-swap-only} or {@code permanent-store}.
 * @param maxMemoryBytes bound of the session store's memory; 0 lets the server choose, which a tc-config never does.
 * @param maxDiskBytes   bound of the session store's disk; 0: as much as the file system gives.
 * @param durability     when a change counts as durable in a store that outlives the process.
 */
public record ServerSettings(
        int position,
        String name,
        String host,
        String clientAddress,
        int clientPort,
        String jmxAddress,
        int jmxPort,
        String groupAddress,
        int groupPort,
        String managementAddress,
        int managementPort,
        Path dataDirectory,
        Path logsDirectory,
        boolean logsToConsole,
        Path backupDirectory,
        String persistenceMode,
        long maxMemoryBytes,
        long maxDiskBytes,
        Durability durability) {
    /** Settings without a bound of the disk, and with every change forced. */
    public ServerSettings(
            int position,
            String name,
            String host,
            String clientAddress,
            int clientPort,
            String jmxAddress,
            int jmxPort,
            String groupAddress,
            int groupPort,
            String managementAddress,
            int managementPort,
            Path dataDirectory,
            Path logsDirectory,
            boolean logsToConsole,
            Path backupDirectory,
            String persistenceMode,
            long maxMemoryBytes) {
        this(
                position,
                name,
                host,
                clientAddress,
                clientPort,
                jmxAddress,
                jmxPort,
                groupAddress,
                groupPort,
                managementAddress,
                managementPort,
                dataDirectory,
                logsDirectory,
                logsToConsole,
                backupDirectory,
                persistenceMode,
                maxMemoryBytes,
                0,
                Durability.FSYNC);
    }
}
