package org.stoneware.api.cluster;

import java.util.ArrayList;
import java.util.List;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;

/**
 * The array as one server sees it, taken at one moment.
 *
 * @param self       name of the answering server.
 * @param version    its Stoneware version.
 * @param uptimeMs   milliseconds since it began to start.
 * @param servers    every configured server, in the order of the configuration.
 * @param clients    Tomcats registered here; empty on a passive.
 * @param storage    the store of the answering server.
 * @param counters   named figures of the answering server.
 * @param histograms how long things took at the answering server.
 * @param problems   what keeps the answering server from doing its duty, one line each; empty when all is well.
 */
public record ClusterStatus(
        String self,
        String version,
        long uptimeMs,
        List<MemberStatus> servers,
        List<ClientStatus> clients,
        StorageStatus storage,
        List<Counter> counters,
        List<Histogram> histograms,
        List<String> problems) {
    public ClusterStatus {
        histograms = List.copyOf(histograms);
        servers = List.copyOf(servers);
        clients = List.copyOf(clients);
        counters = List.copyOf(counters);
        problems = List.copyOf(problems);
    }

    /** A picture without histograms. */
    public ClusterStatus(
            String self,
            String version,
            long uptimeMs,
            List<MemberStatus> servers,
            List<ClientStatus> clients,
            StorageStatus storage,
            List<Counter> counters,
            List<String> problems) {
        this(self, version, uptimeMs, servers, clients, storage, counters, List.of(), problems);
    }

    /**
     * What a server can show before it serves: its configuration, itself in state START, and nobody asked.
     *
     * @param self     what it waits for, or lacks.
     * @param others   why nothing is known of the other servers.
     * @param store    how far the store is; may be empty.
     * @param problems one line each.
     */
    public static ClusterStatus beforeService(
            ArraySettings settings,
            String version,
            long uptimeMs,
            String self,
            String others,
            String store,
            List<String> problems) {
        List<MemberStatus> members = new ArrayList<>();
        for (ServerSettings server : settings.servers()) {
            boolean isSelf = server.position() == settings.selfPosition();
            members.add(new MemberStatus(
                    server.name(),
                    server.host(),
                    server.clientPort(),
                    server.jmxPort(),
                    server.groupPort(),
                    server.managementPort(),
                    isSelf ? ServerRole.START : ServerRole.STOPPED,
                    isSelf ? self : others,
                    0,
                    false,
                    isSelf,
                    0));
        }
        return new ClusterStatus(
                settings.self().name(),
                version,
                uptimeMs,
                members,
                List.of(),
                new StorageStatus(settings.self().persistenceMode(), "none", store, 0, 0, 0, 0, 0, 0),
                List.of(),
                problems);
    }

    /** The same picture with other problems. */
    public ClusterStatus withProblems(List<String> otherProblems) {
        return new ClusterStatus(
                self, version, uptimeMs, servers, clients, storage, counters, histograms, otherProblems);
    }

    /**
     * One figure.
     *
     * @param name  dotted, lower case, unit last where it has one.
     */
    public record Counter(String name, long value) {}
}
