package org.stoneware.server.request;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.server.session.ClientId;

/** The Tomcats the active knows, connected or lately so. Agent thread only. */
final class ClientTable {
    /** More than any Tomcat serves; beyond it names are not noted. */
    static final int MAX_APPLICATIONS = 10_000;

    private final Map<ClientId, ClientRow> rows = new LinkedHashMap<>();
    /** Where the search for a Tomcat that serves an application goes on, so that notices are spread. */
    private int nextServing;

    /** The row of a Tomcat, made when it is not known yet. */
    ClientRow row(ClientId id) {
        return rows.computeIfAbsent(id, ClientRow::new);
    }

    /** A Tomcat is registered over a connection. */
    void bind(ClientRow row, ClientPort port, Registrations.Introduction introduction) {
        @Nullable ClientPort before = row.port;
        if (before != null && before != port) {
            before.row = null;
        }
        @Nullable ClientRow other = port.row;
        if (other != null && other != row) {
            // A connection stands for one Tomcat; the one it stood for before is away from now on.
            other.port = null;
        }
        row.port = port;
        port.row = row;
        row.name = introduction.name();
        row.productVersion = introduction.productVersion();
        row.address = port.address();
        row.applications.clear();
        row.applications.addAll(introduction.applications());
    }

    void application(ClientRow row, boolean isAdded, String name) {
        if (isAdded) {
            if (row.applications.size() < MAX_APPLICATIONS) {
                row.applications.add(name);
            }
        } else {
            row.applications.remove(name);
        }
    }

    /** Tomcats away for longer than the reconnect window. */
    List<ClientRow> overdue(long nowNs, long reconnectWindowNs) {
        List<ClientRow> overdue = List.of();
        for (ClientRow row : rows.values()) {
            if (row.port == null && nowNs - row.renewedNs > reconnectWindowNs) {
                overdue = overdue.isEmpty() ? new ArrayList<>() : overdue;
                overdue.add(row);
            }
        }
        return overdue;
    }

    /** Tomcats that are connected. */
    int connected() {
        int count = 0;
        for (ClientRow row : rows.values()) {
            count += row.port == null ? 0 : 1;
        }
        return count;
    }

    void remove(ClientRow row) {
        rows.remove(row.id);
    }

    /**
     * A connected Tomcat that serves the application: one that confirms rather than one that is late, one with room rather than one without,
     * and of those the one with the fewest open notices; null when there is none.
     */
    @Nullable
    ClientRow serving(String application) {
        List<ClientRow> serving = new ArrayList<>();
        for (ClientRow row : rows.values()) {
            if (row.port != null && row.applications.contains(application)) {
                serving.add(row);
            }
        }
        @Nullable ClientRow best = null;
        int first = nextServing++;
        for (int i = 0; i < serving.size(); i++) {
            ClientRow row = serving.get(Math.floorMod(first + i, serving.size()));
            if (best == null || isBetter(row.notices, best.notices, application)) {
                best = row;
            }
        }
        return best;
    }

    private static boolean isBetter(OpenNotices one, OpenNotices other, String application) {
        if (one.isLate(application) != other.isLate(application)) {
            return other.isLate(application);
        }
        if (one.hasRoom(application) != other.hasRoom(application)) {
            return one.hasRoom(application);
        }
        int difference = one.count(application) - other.count(application);
        return difference < 0 || difference == 0 && one.counted() < other.counted();
    }

    /** Name of a Tomcat; its identity when it is not known, or only from the log. */
    String name(ClientId id) {
        @Nullable ClientRow row = rows.get(id);
        return row == null || row.name.isEmpty() ? id.toString() : row.name;
    }

    List<ClientStatus> status() {
        List<ClientStatus> status = new ArrayList<>();
        for (ClientRow row : rows.values()) {
            if (row.name.isEmpty()) {
                // Known from the log only; it has not been here in this epoch.
                continue;
            }
            status.add(new ClientStatus(
                    row.name,
                    row.id.toString(),
                    row.address,
                    row.productVersion,
                    List.copyOf(row.applications),
                    row.ownedSessions,
                    row.port != null));
        }
        return status;
    }
}
