package org.stoneware.shell.command;

import static org.stoneware.shell.command.JsonText.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.SessionAdmin.ApplicationStats;
import org.stoneware.api.cluster.SessionAdmin.Bucket;
import org.stoneware.api.cluster.SessionAdmin.SessionStats;

/** Counts as {@code session:stats} shows them. */
final class StatsPicture {
    private static final int BAR_WIDTH = 30;
    private static final int MAX_APPLICATIONS = 20;

    private StatsPicture() {}

    static void show(Screen screen, SessionStats stats) {
        if (stats.sessions() == 0) {
            return;
        }
        Table applications = new Table(Table.text("APPLICATION"), Table.number("SESSIONS"), Table.number("SIZE"));
        long others = stats.otherApplications();
        for (int i = 0; i < stats.applications().size(); i++) {
            ApplicationStats each = stats.applications().get(i);
            if (i < MAX_APPLICATIONS) {
                applications.row(each.application(), each.sessions(), Figures.bytes(each.payloadBytes()));
            } else {
                others += each.sessions();
            }
        }
        screen.line("");
        screen.table(applications);
        if (others > 0) {
            screen.line("and " + others + " sessions of other applications", Style.QUIET);
        }
        histogram(screen, "SIZE", stats.sizes(), Figures::bytes);
        histogram(screen, "LAST USED", stats.idle(), Figures::duration);
        histogram(screen, "AGE", stats.ages(), Figures::duration);
    }

    private static void histogram(Screen screen, String heading, List<Bucket> buckets, LongFunction<String> words) {
        long most = buckets.stream().mapToLong(Bucket::sessions).max().orElse(0);
        Table table = new Table(Table.text(heading), Table.number("SESSIONS"), Table.text(""));
        long before = 0;
        for (Bucket each : buckets) {
            String range =
                    each.upTo() == Long.MAX_VALUE ? "over " + words.apply(before) : "to " + words.apply(each.upTo());
            table.row(range, each.sessions(), Table.cell(Figures.bar(each.sessions(), most, BAR_WIDTH), Style.READY));
            before = each.upTo();
        }
        screen.line("");
        screen.table(table);
    }

    static Map<String, @Nullable Object> json(SessionStats stats) {
        List<Object> applications = new ArrayList<>();
        for (ApplicationStats each : stats.applications()) {
            applications.add(object(
                    "application", each.application(), "sessions", each.sessions(), "bytes", each.payloadBytes()));
        }
        return object(
                "server",
                stats.server(),
                "role",
                stats.role().stateName(),
                "sessions",
                stats.sessions(),
                "bytes",
                stats.payloadBytes(),
                "largestBytes",
                stats.largestBytes(),
                "applications",
                applications,
                "otherApplicationsSessions",
                stats.otherApplications(),
                "bytesHistogram",
                buckets(stats.sizes()),
                "idleMsHistogram",
                buckets(stats.idle()),
                "ageMsHistogram",
                buckets(stats.ages()));
    }

    private static List<Object> buckets(List<Bucket> buckets) {
        List<Object> all = new ArrayList<>();
        for (Bucket each : buckets) {
            all.add(object("upTo", each.upTo() == Long.MAX_VALUE ? null : each.upTo(), "sessions", each.sessions()));
        }
        return all;
    }
}
