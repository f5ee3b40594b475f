package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Reads every byte of a log that is not open and says what it holds; changes nothing.
 * <p>
 * <b>Threading:</b> any thread; waits for the disk.
 * <p>
 * <b>Limits:</b> keeps some 100 bytes of memory per key.
 */
public final class LogInspection {
    /**
     * One segment.
     *
     * @param bytes     length of its file.
     * @param records   whole records of any kind.
     * @param live      of these the last word on a key that is held.
     * @param liveBytes bytes of the live ones.
     * @param hasHints  whether its hint file is whole and fits.
     */
    public record SegmentFacts(
            int number, String fileName, long bytes, long records, long live, long liveBytes, boolean hasHints) {}

    /** One record, as it lies in the log. */
    public record RecordFacts(long location, RecordKind kind, int length, RecordHint hint) {}

    /** Sees records in order. */
    @FunctionalInterface
    public interface RecordSink {
        void onRecord(RecordFacts record);
    }

    /** Names a key. */
    private record Key(long keyHash64, long fingerprint) {}

    private record Held(long location, int length) {}

    private final SegmentFiles files;
    private final SegmentDirectory directory;
    private final Map<Key, Held> held = new HashMap<>();
    private final List<SegmentFacts> segments = new ArrayList<>();
    private final List<RecoveryReport.Damage> damages = new ArrayList<>();
    private final Map<Integer, long[]> liveOf = new HashMap<>();
    private long notes;
    private long tailBytes;

    private LogInspection(SegmentFiles files, SegmentDirectory directory) {
        this.files = files;
        this.directory = directory;
    }

    /**
     * Looks at everything.
     *
     * @param sink sees each whole record.
     * @throws SegmentLogException when nothing can be made of the directory.
     */
    public static LogInspection of(SegmentFiles files, RecordSink sink) throws SegmentLogException {
        LogInspection inspection = new LogInspection(files, SegmentDirectory.read(files));
        inspection.run(sink);
        return inspection;
    }

    /** Whether there is a log in a directory at all. */
    public static boolean isLog(SegmentFiles files) throws IOException {
        return files.list().stream()
                .anyMatch(name -> name.equals(LogFile.NAME) || Segment.numberOf(name, Segment.SUFFIX) > 0);
    }

    private void run(RecordSink sink) {
        damages.addAll(directory.damages());
        TreeSet<Integer> numbers = new TreeSet<>(directory.segments().keySet());
        TreeSet<Integer> missing = new TreeSet<>();
        SegmentDirectory.Entry newest = directory.newestWithHeader();
        if (newest != null && newest.header() != null) {
            for (int number : newest.header().older()) {
                missing.add(number);
            }
        }
        missing.removeAll(numbers);
        SegmentLoader loader = new SegmentLoader(files, directory.logId());
        long[] recordsOf = new long[1];
        Map<Integer, Long> records = new HashMap<>();
        for (SegmentDirectory.Entry entry : directory.segments().values()) {
            int number = entry.number();
            boolean isLast = number == numbers.last() && !hasHints(entry);
            SegmentLoader.Loaded loaded = loader.load(entry, isLast, null);
            damages.addAll(loaded.damages());
            RecoveryReport.Damage missingEnd =
                    SegmentLoader.missingEnd(entry, loaded, directory.segments().get(number + 1));
            if (missingEnd != null) {
                damages.add(missingEnd);
            }
            if (loaded.cutFrom() >= 0 && loaded.isTorn()) {
                tailBytes += entry.length() - loaded.cutFrom();
            }
            recordsOf[0] = 0;
            take(number, loaded.hints(), missing, recordsOf, sink);
            records.put(number, recordsOf[0]);
        }
        for (int number : missing) {
            damages.addAll(loader.missing(number, directory.hints().get(number)).damages());
        }
        for (Map.Entry<Key, Held> entry : held.entrySet()) {
            long[] live =
                    liveOf.computeIfAbsent(Location.segment(entry.getValue().location()), n -> new long[2]);
            live[0]++;
            live[1] += Frame.length(entry.getValue().length());
        }
        for (SegmentDirectory.Entry entry : directory.segments().values()) {
            long[] live = liveOf.getOrDefault(entry.number(), new long[2]);
            segments.add(new SegmentFacts(
                    entry.number(),
                    entry.fileName(),
                    entry.length(),
                    records.getOrDefault(entry.number(), 0L),
                    live[0],
                    live[1],
                    hasHints(entry)));
        }
    }

    private boolean hasHints(SegmentDirectory.Entry entry) {
        String name = directory.hints().get(entry.number());
        HintList hints = name == null ? null : HintList.read(files, name, directory.logId(), entry.number());
        return hints != null && hints.segmentLength() == entry.length();
    }

    private void take(int number, HintList hints, TreeSet<Integer> missing, long[] records, RecordSink sink) {
        for (int i = 0; i < hints.count(); i++) {
            if (hints.isGap(i)) {
                continue;
            }
            RecordHint hint = hints.hint(i, new RecordHint());
            Key key = new Key(hint.keyHash64(), hint.fingerprint());
            RecordKind kind = hints.kind(i);
            long location = Location.of(number, hints.offset(i));
            if (hints.state(i) != HintList.WHOLE) {
                held.remove(key);
                continue;
            }
            records[0]++;
            switch (kind) {
                case RECORD -> held.put(key, new Held(location, hints.length(i)));
                case REMOVAL -> held.remove(key);
                case CLEAR -> held.clear();
                case NOTE -> notes++;
                case DROP -> missing.remove((int) hint.version());
                case TOUCH, CHECKPOINT_BEGIN, CHECKPOINT_END -> {}
            }
            sink.onRecord(new RecordFacts(location, kind, hints.length(i), hint));
        }
    }

    /** Format version of the files. */
    public int formatVersion() {
        return SegmentHeader.FORMAT_VERSION;
    }

    /** Random number that is the same in all files of the log. */
    public long logId() {
        return directory.logId();
    }

    public List<SegmentFacts> segments() {
        return List.copyOf(segments);
    }

    /** Keys held. */
    public long liveCount() {
        return held.size();
    }

    /** Notes of the server, needed or not. */
    public long noteCount() {
        return notes;
    }

    /** Bytes at the end that are not whole: what was being written when the last run ended. */
    public long tailBytes() {
        return tailBytes;
    }

    public List<RecoveryReport.Damage> damages() {
        return List.copyOf(damages);
    }
}
