package org.stoneware.storage.segments.inspect;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import org.stoneware.storage.segments.Location;
import org.stoneware.storage.segments.LogInspection;
import org.stoneware.storage.segments.RecoveryReport;

/** One JSON object per store, on one line, for programs. */
final class JsonReport implements InspectionReport {
    private final PrintStream out;
    private boolean hasRecord;

    JsonReport(PrintStream out) {
        this.out = out;
    }

    @Override
    public void begin(Path store, boolean isInUse) {
        out.print("{\"store\":" + quoted(store.toString()) + ",\"inUse\":" + isInUse);
    }

    @Override
    public void record(LogInspection.RecordFacts record) {
        out.print(hasRecord ? "," : ",\"records\":[");
        hasRecord = true;
        out.printf(
                Locale.ROOT,
                "{\"kind\":\"%s\",\"segment\":%d,\"offset\":%d,\"length\":%d,\"keyHash\":\"%016x\",\"fingerprint\":\"%016x\","
                        + "\"version\":%d,\"lastAccessedTimeMs\":%d,\"maxInactiveIntervalSec\":%d}",
                record.kind().name(),
                Location.segment(record.location()),
                Location.offset(record.location()),
                record.length(),
                record.hint().keyHash64(),
                record.hint().fingerprint(),
                record.hint().version(),
                record.hint().lastAccessedTimeMs(),
                record.hint().maxInactiveIntervalSec());
    }

    @Override
    public void unreadable(String reason) {
        endRecords();
        out.println(",\"sound\":false,\"error\":" + quoted(reason) + "}");
    }

    @Override
    public void end(LogInspection inspection) {
        endRecords();
        out.printf(
                Locale.ROOT,
                ",\"formatVersion\":%d,\"log\":\"%016x\",\"sessions\":%d,\"notes\":%d,\"tailBytes\":%d,\"segments\":[",
                inspection.formatVersion(),
                inspection.logId(),
                inspection.liveCount(),
                inspection.noteCount(),
                inspection.tailBytes());
        String separator = "";
        for (LogInspection.SegmentFacts segment : inspection.segments()) {
            out.printf(
                    Locale.ROOT,
                    "%s{\"number\":%d,\"file\":%s,\"bytes\":%d,\"records\":%d,\"live\":%d,\"liveBytes\":%d,\"hints\":%b}",
                    separator,
                    segment.number(),
                    quoted(segment.fileName()),
                    segment.bytes(),
                    segment.records(),
                    segment.live(),
                    segment.liveBytes(),
                    segment.hasHints());
            separator = ",";
        }
        out.print("],\"damages\":[");
        separator = "";
        for (RecoveryReport.Damage damage : inspection.damages()) {
            out.printf(
                    Locale.ROOT,
                    "%s{\"segment\":%d,\"fromOffset\":%d,\"toOffset\":%d,\"keyKnown\":%b,\"unforced\":%b,\"reason\":%s}",
                    separator,
                    damage.segment(),
                    damage.fromOffset(),
                    damage.toOffset(),
                    damage.isKeyKnown(),
                    damage.isUnforced(),
                    quoted(damage.reason()));
            separator = ",";
        }
        out.println("],\"sound\":" + inspection.damages().isEmpty() + "}");
    }

    private void endRecords() {
        if (hasRecord) {
            out.print("]");
        }
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
