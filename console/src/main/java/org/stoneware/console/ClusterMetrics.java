package org.stoneware.console;

import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberFacts;
import org.stoneware.api.cluster.MemberState;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.StorageStatus;

/**
 * The status as OpenMetrics text. Names are an interface to dashboards and alarms: they are added, never renamed.
 * <p>
 * Names of Tomcats come from outside: control and direction marks in them become U+FFFD and long ones are cut.
 */
final class ClusterMetrics {
    static final String CONTENT_TYPE = OpenMetricsTextFormatWriter.CONTENT_TYPE;
    private static final int MAX_LABEL_LENGTH = 128;
    private static final double MS_PER_SECOND = 1000;
    private static final double PER_CENT = 100;

    private final CounterCatalog catalog = new CounterCatalog();
    private final JvmMetrics jvm = new JvmMetrics();
    private final OpenMetricsTextFormatWriter writer =
            OpenMetricsTextFormatWriter.builder().build();

    Answer of(ClusterStatus status) {
        MetricFamilies families = new MetricFamilies();
        families.gauge(
                "stoneware_build",
                "Version of the answering server; always 1.",
                1,
                "version",
                printable(status.version()));
        families.gauge(
                "stoneware_uptime_seconds",
                "Time since the answering server began to start.",
                status.uptimeMs() / MS_PER_SECOND);
        families.gauge(
                "stoneware_ready",
                "1 when this server does its duty, active or in sync, without problems (as /health/ready).",
                Readiness.of(status).isReady() ? 1 : 0);
        families.gauge(
                "stoneware_problems",
                "Lines under Problems on the status page.",
                status.problems().size());
        for (MemberStatus server : status.servers()) {
            server(families, server);
        }
        clients(families, status);
        storage(families, status.storage());
        for (ClusterStatus.Counter counter : status.counters()) {
            CounterCatalog.Entry entry = catalog.entry(counter.name());
            families.add(entry.metric(), entry.kind(), entry.help(), entry.labels(), counter.value());
        }
        status.histograms().forEach(families::histogram);
        jvm.addTo(families);
        return text(families);
    }

    private Answer text(MetricFamilies families) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(16 * 1024);
        try {
            writer.write(out, families.snapshots());
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail", e);
        }
        return new Answer(200, CONTENT_TYPE, out.toByteArray(), Map.of());
    }

    private static void server(MetricFamilies families, MemberStatus server) {
        String name = printable(server.name());
        ServerRole role = server.isReachable() ? server.role() : ServerRole.STOPPED;
        for (ServerRole each : ServerRole.values()) {
            families.gauge(
                    "stoneware_server_role",
                    "1 for the role each configured server has, as the answering server sees it; 0 for the others.",
                    each == role ? 1 : 0,
                    "server",
                    name,
                    "role",
                    each.stateName());
        }
        families.gauge(
                "stoneware_server_epoch", "Term each server is in; 0 when unknown.", server.epoch(), "server", name);
        families.gauge(
                "stoneware_server_in_sync",
                "1 for a server that holds every acknowledged change.",
                server.isInSync() && server.isReachable() ? 1 : 0,
                "server",
                name);
        families.gauge(
                "stoneware_server_reachable",
                "1 for a server that answered lately.",
                server.isReachable() ? 1 : 0,
                "server",
                name);
        facts(families, name, server.facts());
        if (server.sinceMs() > 0) {
            families.gauge(
                    "stoneware_server_role_change_timestamp_seconds",
                    "When each server last changed its role, as the answering server saw it.",
                    server.sinceMs() / MS_PER_SECOND,
                    "server",
                    name);
        }
    }

    /** What nobody knows is left out. */
    private static void facts(MetricFamilies families, String name, MemberFacts facts) {
        for (MemberState each : MemberState.values()) {
            families.gauge(
                    "stoneware_server_state",
                    "1 for each state a server has within its role, as the answering server sees it.",
                    facts.states().contains(each) ? 1 : 0,
                    "server",
                    name,
                    "state",
                    each.externalName());
        }
        known(families, "stoneware_server_sessions", "Sessions each server holds.", facts.sessions(), 1, name);
        known(
                families,
                "stoneware_server_lag_entries",
                "Log entries each standby in sync has not confirmed; on the active.",
                facts.lagEntries(),
                1,
                name);
        known(
                families,
                "stoneware_server_copied_ratio",
                "How much of its copy a server holds while it is copied.",
                facts.progressPercent(),
                PER_CENT,
                name);
        known(
                families,
                "stoneware_server_uptime_seconds",
                "Time since each server began to start.",
                facts.uptimeMs(),
                MS_PER_SECOND,
                name);
    }

    private static void known(
            MetricFamilies families, String metric, String help, long value, double divisor, String server) {
        if (value != MemberFacts.UNKNOWN) {
            families.gauge(metric, help, value / divisor, "server", server);
        }
    }

    private static void clients(MetricFamilies families, ClusterStatus status) {
        long connected =
                status.clients().stream().filter(ClientStatus::isConnected).count();
        String help = "Tomcats registered at the answering server; awaited ones are gone and may come back.";
        families.gauge("stoneware_tomcats", help, connected, "state", "connected");
        families.gauge("stoneware_tomcats", help, status.clients().size() - connected, "state", "awaited");
        for (ClientStatus client : status.clients()) {
            families.gauge(
                    "stoneware_tomcat_owned_sessions",
                    "Sessions each Tomcat may write now.",
                    client.ownedSessions(),
                    "tomcat",
                    printable(client.name()),
                    "client_id",
                    printable(client.clientId()));
        }
    }

    private static void storage(MetricFamilies families, StorageStatus storage) {
        families.gauge(
                "stoneware_storage_mode",
                "Storage modes of the answering server; always 1.",
                1,
                "configured",
                printable(storage.configuredMode()),
                "mode",
                printable(storage.mode()));
        families.gauge("stoneware_sessions", "Sessions the answering server holds.", storage.sessions());
        families.gauge(
                "stoneware_storage_payload_bytes", "Bytes of sessions as Tomcats wrote them.", storage.payloadBytes());
        families.gauge("stoneware_storage_memory_used_bytes", "Memory the store uses.", storage.memoryUsedBytes());
        families.gauge("stoneware_storage_memory_max_bytes", "Memory the store may use.", storage.memoryMaxBytes());
        families.gauge("stoneware_storage_disk_used_bytes", "Disk the store uses.", storage.diskUsedBytes());
        families.gauge(
                "stoneware_storage_disk_max_bytes", "Disk the store may use; 0 for no bound.", storage.diskMaxBytes());
    }

    static String printable(String text) {
        String cut = text.length() > MAX_LABEL_LENGTH ? text.substring(0, MAX_LABEL_LENGTH) : text;
        return cut.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", "\ufffd");
    }
}
