package org.stoneware.storage.segments.inspect;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.stoneware.storage.segments.Location;
import org.stoneware.storage.segments.LogInspection;
import org.stoneware.storage.segments.RecoveryReport;

/** For people. */
final class TextReport implements InspectionReport {
    private final PrintStream out;

    TextReport(PrintStream out) {
        this.out = out;
    }

    @Override
    public void begin(Path store, boolean isInUse) {
        out.println("store " + store);
        if (isInUse) {
            out.println("  in use by a running server: the end is still being written, figures move");
        }
    }

    @Override
    public void record(LogInspection.RecordFacts record) {
        out.printf(
                Locale.ROOT,
                "  %s segment=%d offset=%d length=%d keyHash=%016x fingerprint=%016x version=%d lastAccessedTimeMs=%d"
                        + " maxInactiveIntervalSec=%d%n",
                record.kind().name().toLowerCase(Locale.ROOT),
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
        out.println("  DAMAGED: " + reason);
    }

    @Override
    public void end(LogInspection inspection) {
        out.printf(Locale.ROOT, "  format version %d, log %016x%n", inspection.formatVersion(), inspection.logId());
        out.println("  segment        bytes    records       live  live bytes  hint file");
        long bytes = 0;
        long records = 0;
        long liveBytes = 0;
        for (LogInspection.SegmentFacts segment : inspection.segments()) {
            bytes += segment.bytes();
            records += segment.records();
            liveBytes += segment.liveBytes();
            out.printf(
                    Locale.ROOT,
                    "  %7d %12d %10d %10d %11d  %s%n",
                    segment.number(),
                    segment.bytes(),
                    segment.records(),
                    segment.live(),
                    segment.liveBytes(),
                    segment.hasHints() ? "whole" : "none: will be rebuilt");
        }
        out.printf(Locale.ROOT, "  sum %16d %10d %10d %11d%n", bytes, records, inspection.liveCount(), liveBytes);
        out.println("  sessions " + inspection.liveCount() + ", notes of the server " + inspection.noteCount());
        if (inspection.tailBytes() > 0) {
            out.println("  " + inspection.tailBytes()
                    + " bytes at the end begin with what is not whole: they were being written when the server ended, and"
                    + " will be cut");
        }
        List<RecoveryReport.Damage> damages = inspection.damages();
        for (RecoveryReport.Damage damage : damages) {
            out.println("  DAMAGED: segment=" + damage.segment() + " fromOffset=" + damage.fromOffset() + " toOffset="
                    + damage.toOffset() + ": " + damage.reason());
        }
        out.println(damages.isEmpty() ? "  sound" : "  damaged places: " + damages.size());
    }
}
