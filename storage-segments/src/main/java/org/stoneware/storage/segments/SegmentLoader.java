package org.stoneware.storage.segments;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Learns what one segment holds, from its hint file or by reading it whole.
 * <p>
 * <b>Threading:</b> several may run at once, each on a thread of its own.
 */
final class SegmentLoader {
    /**
     * What a segment holds.
     *
     * @param hints     one entry per record or gap, in order.
     * @param isRebuilt true when the segment was read whole.
     * @param isReadable false when the device failed while it was read: what is missing may be there another time.
     * @param cutFrom   where the file should be cut, or -1: what begins there was never whole, for all that can be known.
     * @param tornBytes so much of what is cut there is of this segment: 0 when it is only what the file held before.
     * @param cutRecords whole records behind that place.
     * @param lastSequence sequence number of the last record read, or {@link #UNKNOWN}.
     * @param damages   what is wrong with it.
     */
    record Loaded(
            HintList hints,
            boolean isRebuilt,
            boolean isReadable,
            long cutFrom,
            long tornBytes,
            int cutRecords,
            long lastSequence,
            List<RecoveryReport.Damage> damages) {
        /** Whether something was being written where it is cut. */
        boolean isTorn() {
            return tornBytes > 0;
        }
    }

    static final long UNKNOWN = -1;

    private final SegmentFiles files;
    private final long logId;

    SegmentLoader(SegmentFiles files, long logId) {
        this.files = files;
        this.logId = logId;
    }

    /**
     * @param isLast    true for the segment that was being written when the last run ended: it ends where what was never whole begins.
     * @param hintsName its hint file, or null to read it whole.
     */
    Loaded load(SegmentDirectory.Entry entry, boolean isLast, @Nullable String hintsName) {
        HintList hints = hintsName == null ? null : HintList.read(files, hintsName, logId, entry.number());
        List<RecoveryReport.Damage> damages = new ArrayList<>();
        if (hints != null) {
            fromHints(entry, hints, damages);
            return new Loaded(hints, false, true, -1, 0, 0, UNKNOWN, damages);
        }
        return scan(entry, isLast, damages);
    }

    /** A segment whose file is gone: its hint file, if there is one, still names what is lost. */
    Loaded missing(int number, @Nullable String hintsName) {
        HintList hints = hintsName == null ? null : HintList.read(files, hintsName, logId, number);
        List<RecoveryReport.Damage> damages = new ArrayList<>();
        if (hints == null) {
            damages.add(new RecoveryReport.Damage(
                    number, 0, 0, false, false, "segment is missing, and nothing says what it held"));
            return new Loaded(new HintList(), true, true, -1, 0, 0, UNKNOWN, damages);
        }
        lose(hints, 0);
        damages.add(new RecoveryReport.Damage(
                number, 0, hints.segmentLength(), true, false, "segment is missing; its hint file names what it held"));
        return new Loaded(hints, false, true, -1, 0, 0, UNKNOWN, damages);
    }

    private void fromHints(SegmentDirectory.Entry entry, HintList hints, List<RecoveryReport.Damage> damages) {
        if (entry.header() == null) {
            damages.add(damage(
                    entry, 0, hints.count() == 0 ? entry.length() : hints.offset(0), true, false, "header is damaged"));
        }
        reportOf(entry, hints.segmentLength(), hints, damages);
        if (entry.length() < hints.segmentLength()) {
            lose(hints, entry.length());
            damages.add(damage(entry, entry.length(), hints.segmentLength(), true, false, "file was cut"));
        } else if (entry.length() > hints.segmentLength()) {
            damages.add(damage(
                    entry,
                    hints.segmentLength(),
                    entry.length(),
                    true,
                    false,
                    "file is longer than what was written to it"));
        }
    }

    /**
     * Finds that records are missing at the end of a segment that was read whole, cut where one ends, by the sequence number with which
     * the next one begins: it follows the last, or after a new start the sum of first number and length.
     */
    static RecoveryReport.@Nullable Damage missingEnd(
            SegmentDirectory.Entry entry, Loaded loaded, SegmentDirectory.@Nullable Entry next) {
        SegmentHeader header = entry.header();
        SegmentHeader nextHeader = next == null ? null : next.header();
        if (!loaded.isRebuilt()
                || !loaded.isReadable()
                || header == null
                || nextHeader == null
                || nextHeader.number() != entry.number() + 1) {
            return null;
        }
        long following = loaded.lastSequence() == UNKNOWN ? header.sequence() : loaded.lastSequence() + 1;
        long afterStart = header.sequence() + entry.length();
        return nextHeader.sequence() == following || nextHeader.sequence() == afterStart
                ? null
                : damage(entry, entry.length(), entry.length(), false, false, "records are missing at its end");
    }

    private static void lose(HintList hints, long fromOffset) {
        for (int i = 0; i < hints.count(); i++) {
            if (!hints.isGap(i) && hints.offset(i) + (long) Frame.HEADER_LENGTH + hints.length(i) > fromOffset) {
                hints.state(i, HintList.DAMAGED);
            }
        }
    }

    private Loaded scan(SegmentDirectory.Entry entry, boolean isLast, List<RecoveryReport.Damage> damages) {
        HintList hints = new HintList();
        long lastSequence = UNKNOWN;
        SegmentHeader header = entry.header();
        int from = header == null ? SegmentHeader.length(0) : header.length();
        long forced = 0;
        boolean isReadable = true;
        long cutFrom = -1;
        int cutRecords = 0;
        long tornBytes = 0;
        int recordsEnd = from;
        if (header == null) {
            hints.addGap(0, from);
        }
        SegmentScanner scanner = null;
        try (SegmentFiles.File file = files.openToRead(entry.fileName())) {
            scanner = new SegmentScanner(
                    file, logId, entry.number(), from, header == null ? Long.MIN_VALUE : header.sequence());
            for (SegmentScanner.Found found = scanner.next();
                    found != SegmentScanner.Found.END;
                    found = scanner.next()) {
                if (found == SegmentScanner.Found.GAP) {
                    hints.addGap(scanner.offset(), scanner.endOffset() - scanner.offset());
                    continue;
                }
                Frame frame = scanner.frame();
                boolean isWhole = found == SegmentScanner.Found.RECORD;
                int state = isWhole ? HintList.WHOLE : HintList.DAMAGED;
                hints.add(scanner.offset(), frame.contentLength(), frame.kind(), state, frame.hint());
                recordsEnd = scanner.endOffset();
                // The head of a damaged record is whole, and what it says was so.
                forced = Math.max(forced, frame.forcedLocation());
                lastSequence = isWhole ? frame.sequence() : lastSequence;
            }
            // Without a header it is damaged anyway, and nothing of it is given up.
            if (isLast && header != null) {
                int before = wholeRecords(hints);
                cutFrom = cut(entry.number(), hints, forced);
                cutRecords = before - wholeRecords(hints);
                tornBytes = cutFrom < 0 ? 0 : writtenEnd(entry, file, Math.max(cutFrom, recordsEnd)) - cutFrom;
            }
        } catch (IOException e) {
            isReadable = false;
            cutFrom = -1;
            int at = scanner == null ? from : scanner.offset();
            hints.addGap(at, (int) Math.min(Integer.MAX_VALUE - 8, Math.max(0, entry.length() - at)));
            damages.add(damage(entry, at, entry.length(), false, false, "read failed: " + e.getMessage()));
        }
        reportOf(entry, entry.length(), hints, damages);
        return new Loaded(hints, true, isReadable, cutFrom, tornBytes, cutRecords, lastSequence, damages);
    }

    /**
     * Where the bytes of this segment end, no earlier than the last of its records. Where the file held another segment before, and zeros do not
     * say it, that is at the next record of that one at the latest. It decides only what is told.
     */
    private long writtenEnd(SegmentDirectory.Entry entry, SegmentFiles.File file, long recordsEnd) {
        int former = entry.header() == null ? 0 : entry.header().former();
        if (former == 0) {
            return entry.length();
        }
        try {
            if (isEndMarked(file, recordsEnd)) {
                return recordsEnd;
            }
            SegmentScanner held = new SegmentScanner(file, logId, former, (int) recordsEnd, Long.MIN_VALUE);
            return held.next() == SegmentScanner.Found.GAP ? held.endOffset() : recordsEnd;
        } catch (IOException e) {
            return recordsEnd;
        }
    }

    private static boolean isEndMarked(SegmentFiles.File file, long end) throws IOException {
        ByteBuffer mark = ByteBuffer.allocate(SegmentHeader.END_MARK_LENGTH);
        return file.read(end, mark) == SegmentHeader.END_MARK_LENGTH && mark.getLong(0) == 0;
    }

    /**
     * Ends the hints at the first bad place of which nothing proves that it had been forced: a loss of power keeps of the last write whatever
     * pages it likes, and what it kept behind one that is missing would be no prefix of what was appended. Nobody had been told that any of
     * it was durable.
     *
     * @param forced location before which everything was forced, by the records of the segment.
     * @return offset of that place, or -1 when there is none.
     */
    private static long cut(int segment, HintList hints, long forced) {
        for (int i = 0; i < hints.count(); i++) {
            if (hints.state(i) == HintList.WHOLE) {
                continue;
            }
            long from = Location.of(segment, hints.offset(i));
            if (from >= forced) {
                hints.truncate(i);
                return Location.offset(from);
            }
            if (hints.isGap(i) && forced < from + hints.length(i)) {
                // One gap of what was forced, and behind that of what was not.
                hints.length(i, (int) (forced - from));
                hints.truncate(i + 1);
                return Location.offset(forced);
            }
        }
        return -1;
    }

    private static int wholeRecords(HintList hints) {
        int whole = 0;
        for (int i = 0; i < hints.count(); i++) {
            whole += hints.state(i) == HintList.WHOLE ? 1 : 0;
        }
        return whole;
    }

    private static void reportOf(
            SegmentDirectory.Entry entry, long length, HintList hints, List<RecoveryReport.Damage> damages) {
        for (int i = 0; i < hints.count(); i++) {
            int from = hints.offset(i);
            long to = from + (hints.isGap(i) ? (long) hints.length(i) : Frame.length(hints.length(i)));
            switch (hints.state(i)) {
                case HintList.DAMAGED -> {
                    boolean isWithin = to <= length;
                    damages.add(damage(
                            entry,
                            from,
                            Math.min(to, length),
                            isWithin,
                            false,
                            isWithin ? "content of a record is damaged" : "file ends within a record"));
                }
                case HintList.GAP -> damages.add(damage(entry, from, to, false, false, "no record can be made of it"));
                case HintList.UNFORCED_GAP ->
                    damages.add(damage(
                            entry,
                            from,
                            to,
                            false,
                            true,
                            "no record can be made of it; it may never have been forced"));
                default -> {}
            }
        }
    }

    private static RecoveryReport.Damage damage(
            SegmentDirectory.Entry entry, long from, long to, boolean isKeyKnown, boolean isUnforced, String reason) {
        return new RecoveryReport.Damage(entry.number(), from, to, isKeyKnown, isUnforced, reason);
    }
}
