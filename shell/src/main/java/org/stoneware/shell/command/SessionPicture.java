package org.stoneware.shell.command;

import static org.stoneware.shell.command.JsonText.object;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.SessionAdmin.AttributeDetails;
import org.stoneware.api.cluster.SessionAdmin.CopyDetails;
import org.stoneware.api.cluster.SessionAdmin.SessionDetails;
import org.stoneware.api.cluster.SessionAdmin.SessionLook;
import org.stoneware.api.cluster.SessionAdmin.SessionSummary;

/** One session as {@code session:show} shows it. */
final class SessionPicture {
    private SessionPicture() {}

    static void show(Screen screen, SessionLook look, SessionDetails details) {
        SessionSummary summary = details.summary();
        long nowMs = System.currentTimeMillis();
        boolean isActive = look.role() == ServerRole.ACTIVE_COORDINATOR;
        String onlyActive = "known to the active" + (look.active().isEmpty() ? "" : ", " + look.active());
        screen.facts(
                "session",
                summary.id(),
                "application",
                summary.application(),
                "created",
                Figures.time(summary.creationTimeMs()) + ", " + ago(nowMs - summary.creationTimeMs()),
                "last used",
                Figures.time(summary.lastAccessedTimeMs()) + ", " + ago(nowMs - summary.lastAccessedTimeMs()),
                "ends",
                ends(summary),
                "owner",
                !isActive ? onlyActive : details.owner().isEmpty() ? "none" : details.owner(),
                "last writer",
                details.lastWriter().isEmpty() ? "not remembered" : details.lastWriter(),
                "version",
                summary.version() + " in epoch " + details.epoch()
                        + (details.isCommitted() ? "" : ", not committed yet"),
                "held by",
                heldBy(look, details),
                "size",
                Figures.bytes(summary.lengthBytes()) + ", " + summary.attributes()
                        + (summary.attributes() == 1 ? " attribute" : " attributes"));
        Table table = new Table(
                Table.longName("ATTRIBUTE"),
                Table.number("SIZE"),
                Table.longName("CLASS"),
                Table.text("SET BY").optional(1));
        details.attributes().stream()
                .sorted(Comparator.comparingLong(AttributeDetails::valueBytes).reversed())
                .forEach(each -> table.row(
                        each.name(),
                        Figures.bytes(each.valueBytes()),
                        each.className().isEmpty()
                                ? Table.cell("not told by its bytes", Style.QUIET)
                                : each.className(),
                        each.isContainer() ? "container" : "application"));
        if (!table.isEmpty()) {
            screen.line("");
            screen.table(table);
        }
    }

    private static String ago(long ms) {
        return Figures.duration(Math.max(0, ms)) + " ago";
    }

    private static String ends(SessionSummary summary) {
        int interval = summary.maxInactiveIntervalSec();
        return interval <= 0
                ? "never by itself"
                : "when unused for " + Figures.duration(interval * 1_000L) + ", not before "
                        + Figures.time(summary.lastAccessedTimeMs() + interval * 1_000L);
    }

    private static String heldBy(SessionLook look, SessionDetails details) {
        List<String> holders = new ArrayList<>();
        holders.add(look.server() + " (" + look.role().stateName() + ")");
        for (CopyDetails copy : details.copies()) {
            if (copy.holdsVersion()) {
                holders.add(copy.server() + " (in sync, this version)");
            } else if (copy.isInSync()) {
                holders.add(copy.server() + " (in sync, " + copy.lagEntries() + " entries behind)");
            } else {
                holders.add(copy.server() + " (not in sync)");
            }
        }
        return String.join(", ", holders);
    }

    static Map<String, @Nullable Object> json(
            SessionLook look, SessionDetails details, Map<String, @Nullable Object> session) {
        List<Object> attributes = new ArrayList<>();
        for (AttributeDetails each : details.attributes()) {
            attributes.add(object(
                    "name",
                    each.name(),
                    "bytes",
                    each.valueBytes(),
                    "class",
                    each.className().isEmpty() ? null : each.className(),
                    "container",
                    each.isContainer()));
        }
        List<Object> copies = new ArrayList<>();
        for (CopyDetails each : details.copies()) {
            copies.add(object(
                    "server",
                    each.server(),
                    "inSync",
                    each.isInSync(),
                    "holdsVersion",
                    each.holdsVersion(),
                    "lagEntries",
                    each.lagEntries() == CopyDetails.UNKNOWN_LAG ? null : each.lagEntries()));
        }
        session.put("server", look.server());
        session.put("role", look.role().stateName());
        session.put("active", look.active().isEmpty() ? null : look.active());
        session.put("epoch", details.epoch());
        session.put("committed", details.isCommitted());
        session.put("owner", details.owner().isEmpty() ? null : details.owner());
        session.put("lastWriter", details.lastWriter().isEmpty() ? null : details.lastWriter());
        session.put("copies", copies);
        session.put("attributes", attributes);
        return session;
    }
}
