package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
        SegmentLoader loader = new SegmentLoader(files, directory.logId());
        Map<Integer, SegmentLoader.Loaded> newest = new HashMap<>();
        NeededSegments needed = NeededSegments.of(directory, entry -> {
            SegmentLoader.Loaded loaded = load(loader, entry);
            newest.put(entry.number(), loaded);
            return loaded.hints();
        });
        Map<Integer, Long> records = new HashMap<>();
        for (int number : needed.numbers()) {
            SegmentDirectory.Entry entry = directory.segments().get(number);
            SegmentLoader.Loaded loaded = newest.get(number);
            if (entry == null) {
                loaded = loader.missing(number, directory.hints().get(number));
            } else if (loaded == null) {
                loaded = load(loader, entry);
            }
            damages.addAll(loaded.damages());
            tailBytes += loaded.tornBytes();
            records.put(number, take(number, loaded.hints(), sink));
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

    /** Reads a segment whole, and ends it where a start would: that takes the word of a hint file that is whole. */
    private SegmentLoader.Loaded load(SegmentLoader loader, SegmentDirectory.Entry entry) {
        int number = entry.number();
        boolean isLast = number == directory.segments().lastKey() && hints(entry) == null;
        SegmentLoader.Loaded loaded = loader.load(entry, isLast, null);
        RecoveryReport.Damage missingEnd =
                SegmentLoader.missingEnd(entry, loaded, directory.segments().get(number + 1));
        if (missingEnd != null) {
            loaded.damages().add(missingEnd);
        }
        return loaded;
    }

    private @Nullable HintList hints(SegmentDirectory.Entry entry) {
        String name = directory.hints().get(entry.number());
        return name == null ? null : HintList.read(files, name, directory.logId(), entry.number());
    }

    private boolean hasHints(SegmentDirectory.Entry entry) {
        HintList hints = hints(entry);
        return hints != null && hints.segmentLength() == entry.length();
    }

    /** Applies what a segment holds. @return records that are whole. */
    private long take(int number, HintList hints, RecordSink sink) {
        long records = 0;
        for (int i = 0; i < hints.count(); i++) {
            if (hints.isGap(i)) {
                continue;
            }
            RecordHint hint = hints.hint(i, new RecordHint());
            Key key = new Key(hint.keyHash64(), hint.fingerprint());
            RecordKind kind = hints.kind(i);
            long location = Location.of(number, hints.offset(i));
            boolean isWhole = hints.state(i) == HintList.WHOLE;
            switch (kind) {
                case RECORD -> {
                    if (isWhole) {
                        held.put(key, new Held(location, hints.length(i)));
                    } else {
                        held.remove(key);
                    }
                }
                // All there is to know of these is in the head, which is whole.
                case REMOVAL -> held.remove(key);
                case CLEAR -> held.clear();
                case NOTE -> notes += isWhole ? 1 : 0;
                case DROP, TOUCH, CHECKPOINT_BEGIN, CHECKPOINT_END -> {}
            }
            if (isWhole) {
                records++;
                sink.onRecord(new RecordFacts(location, kind, hints.length(i), hint));
            }
        }
        return records;
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

    /**
     * Bytes at the end, from the first on that was not whole and may never have been forced: the next start cuts them. What the file of the
     * last segment held before is not counted.
     */
    public long tailBytes() {
        return tailBytes;
    }

    public List<RecoveryReport.Damage> damages() {
        return List.copyOf(damages);
    }
}
