package org.stoneware.console;

import io.prometheus.metrics.model.snapshots.Labels;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Under which name, label and HELP each figure of {@code ClusterStatus.counters()} stands in the metrics. A figure that is not in this list
 * is shown all the same, under a name made of its own and with type {@code unknown}.
 */
final class CounterCatalog {
    private static final String PREFIX = "stoneware_";
    private static final String EVENTS = "events.";
    private static final String REQUESTS = "Requests of Tomcats since this server became active, by kind.";
    private static final String OUTCOMES = "Answers to requests that open a session, by outcome.";
    private static final String REFUSED = "Requests refused since this server became active, by reason.";

    private final Map<String, Entry> entries = new HashMap<>();

    CounterCatalog() {
        requests();
        sessions();
        copies();
        network();
        store();
    }

    private void requests() {
        labelled("requests.", "requests", "kind", REQUESTS, "open", "write", "remove", "rename", "touch", "release");
        labelled("requests.open.", "requests_open", "outcome", OUTCOMES, "current", "absent", "busy");
        labelled(
                "requests.refused.",
                "requests_refused",
                "reason",
                REFUSED,
                "fenced",
                "full",
                "too-large",
                "store-failed",
                "malformed",
                "stale-epoch",
                "unregistered",
                "overflow");
        answered("open", "current", "loaded", "absent", "busy");
        for (String kind : new String[] {"write", "remove", "rename"}) {
            answered(kind, "committed", "fenced", "absent", "exists", "full", "too-large", "failed", "forgotten");
        }
        counter(
                "requests.duplicate",
                "requests_duplicate",
                "Repeated requests, answered from memory and not done again.");
        gauge("log.uncommitted", "log_uncommitted_entries", "Log entries that wait for a standby to confirm them.");
        gauge("requests.waiting", "requests_waiting", "Requests that wait for their turn or for a standby.");
    }

    private void sessions() {
        counter("ownership.recalls", "ownership_recalls", "Sessions asked back from the Tomcat that owned them.");
        counter("ownership.regained", "ownership_regained", "Ownerships that Tomcats proved again after a takeover.");
        gauge("ownership.rows", "ownership_rows", "Sessions owned by a Tomcat now.");
        gauge("ownership.contested", "ownership_contested", "Owned sessions another Tomcat waits for now.");
        gauge("ownership.tomcats-awaited", "ownership_tomcats_awaited", "Tomcats a new active still waits for.");
        counter("sessions.expired", "sessions_expired", "Sessions that ended by their time-out.");
        counter("sessions.expiry-notices", "sessions_expiry_notices", "Notices of an end of session sent to Tomcats.");
        gauge(
                "expiry.pending-notices",
                "expiry_pending_notices",
                "Notices of an end of session not yet taken by a Tomcat.");
        counter("expiry.dropped-notices", "expiry_dropped_notices", "Notices of an end of session given up.");
    }

    private void copies() {
        gauge("log.commit-index", "log_commit_index", "Last log entry held by every standby in sync; on the active.");
        gauge("replication.last-index", "replication_last_index", "Last log entry this standby holds.");
        gauge(
                "replication.commit-index",
                "replication_commit_index",
                "Last log entry this standby knows to be committed.");
        labelled(
                "split.",
                "split_sessions",
                "outcome",
                "Sessions both sides of a split had changed or one had ended, by what became of them.",
                "adopted",
                "conflicts",
                "removed",
                "refused",
                "discarded");
        counter(
                "replication.lost",
                "replication_lost",
                "Times this standby lost its place and had to be copied again.");
        gauge(
                "replication.waiting-for-disk",
                "replication_waiting_for_disk",
                "Log entries this standby has and its disk has not confirmed.");
        counter("replication.refused-frames", "replication_refused_frames", "Frames of standbys the active refused.");
        counter(
                "replica-check.offered-slots",
                "replica_check_offered_slots",
                "Slots offered to standbys for comparison.");
        counter(
                "replica-check.rounds",
                "replica_check_rounds",
                "Complete comparisons of the standbys with the active.");
        counter("replica-check.compared-slots", "replica_check_compared_slots", "Slots this standby compared.");
        counter("replica-check.compared-rows", "replica_check_compared_rows", "Rows this standby compared.");
        counter(
                "replica-check.mismatches",
                "replica_check_mismatches",
                "Differences found between standby and active.");
    }

    private void network() {
        labelled("transport.frames-", "transport_frames", "direction", "Frames carried.", "sent", "received");
        labelled("transport.bytes-", "transport_bytes", "direction", "Bytes carried.", "sent", "received");
        counter("transport.back-pressured", "transport_back_pressured", "Frames that had to wait for the receiver.");
        counter(
                "transport.frames-rejected",
                "transport_frames_rejected",
                "Frames received and not understood or not allowed.");
        counter("transport.rebuilds", "transport_rebuilds", "Times the transport was built anew.");
        counter(
                "liveness.protocol-errors",
                "liveness_protocol_errors",
                "Links closed because the other end spoke wrongly.");
        counter("elections", "elections", "Terms this server entered since it started; an election begins each.");
        counter("elections.won", "elections_won", "Times this server became active since it started.");
        counter("election.refused-messages", "election_refused_messages", "Election messages refused.");
        counter("agent.stalls", "agent_stalls", "Times the server's duty cycle stood still for long.");
        counter("clients.broken-messages", "clients_broken_messages", "Messages of Tomcats that could not be read.");
    }

    private void store() {
        gauge("store.sessions.resident", "store_sessions_resident", "Sessions whose bytes are in memory.");
        counter(
                "store.sessions.lost",
                "store_sessions_lost",
                "Sessions whose bytes on disk could not be read any more.");
        gauge(
                "store.sessions.unreadable",
                "store_sessions_unreadable",
                "Sessions the device does not read now; they are kept and tried again.");
        counter("store.memory.evictions", "store_memory_evictions", "Sessions taken out of memory; they are on disk.");
        counter("store.memory.loads", "store_memory_loads", "Sessions read back into memory.");
        gauge(
                "store.memory.loads.under-way.bytes",
                "store_memory_loads_under_way_bytes",
                "Bytes of sessions that are being read back into memory now.");
        gauge(
                "store.memory.loads.waiting",
                "store_memory_loads_waiting",
                "Sessions on disk that requests wait for and that have not been read yet.");
        gauge("store.memory.free.bytes", "store_memory_free_bytes", "Memory the store holds and has not filled.");
        counter("store.disk.spills", "store_disk_spills", "Sessions written to disk to make room in memory.");
        gauge("store.disk.segments", "store_disk_segments", "Files of the store's log.");
        counter(
                "store.disk.segments.dropped",
                "store_disk_segments_dropped",
                "Files of the store's log deleted, since nothing in them was in use.");
        gauge(
                "store.disk.live.bytes",
                "store_disk_live_bytes",
                "Bytes on disk that are in use; the rest is reclaimed.");
        counter("store.disk.appended.bytes", "store_disk_appended_bytes", "Bytes of changes given to the store's log.");
        counter("store.disk.moved.bytes", "store_disk_moved_bytes", "Bytes written again to reclaim disk.");
        counter("store.disk.written.bytes", "store_disk_written_bytes", "Bytes written to disk in all.");
        counter("store.disk.writes", "store_disk_writes", "Writes to disk.");
        counter("store.disk.forces", "store_disk_forces", "Times what was written was forced to disk.");
        counter("store.disk.reads", "store_disk_reads", "Reads from disk.");
        counter("store.disk.reads.damaged", "store_disk_reads_damaged", "Reads from disk that found damaged bytes.");
    }

    /** Where the figure goes; never null. */
    Entry entry(String name) {
        Entry known = entries.get(name);
        if (known != null) {
            return known;
        }
        if (name.startsWith(EVENTS)) {
            return new Entry(
                    PREFIX + "events",
                    Kind.COUNTER,
                    "Events of each type since this process began.",
                    Labels.of("type", name.substring(EVENTS.length())));
        }
        String made = PREFIX + name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
        String withoutSuffix = made.replaceAll("(?:_(?:total|created|bucket|info))+$", "");
        return new Entry(
                withoutSuffix, Kind.UNKNOWN, "A figure of this version; see docs/management.md.", Labels.EMPTY);
    }

    private void answered(String kind, String... outcomes) {
        for (String outcome : outcomes) {
            entries.put(
                    "requests.answered." + kind + "." + outcome,
                    new Entry(
                            PREFIX + "requests_answered",
                            Kind.COUNTER,
                            "Answers to requests of Tomcats since this server became active, by kind and outcome.",
                            Labels.of("kind", kind, "outcome", outcome)));
        }
    }

    private void labelled(String figures, String metric, String label, String help, String... values) {
        for (String value : values) {
            entries.put(figures + value, new Entry(PREFIX + metric, Kind.COUNTER, help, Labels.of(label, value)));
        }
    }

    private void counter(String figure, String metric, String help) {
        entries.put(figure, new Entry(PREFIX + metric, Kind.COUNTER, help, Labels.EMPTY));
    }

    private void gauge(String figure, String metric, String help) {
        entries.put(figure, new Entry(PREFIX + metric, Kind.GAUGE, help, Labels.EMPTY));
    }

    /** How a metric behaves. */
    enum Kind {
        /** Only rises while this server keeps its role. */
        COUNTER,
        /** Goes up and down. */
        GAUGE,
        /** Nobody has said. */
        UNKNOWN
    }

    /** One figure's place in the metrics. */
    record Entry(String metric, Kind kind, String help, Labels labels) {}
}
