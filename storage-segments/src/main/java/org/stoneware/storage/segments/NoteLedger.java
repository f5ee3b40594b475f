package org.stoneware.storage.segments;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Numbers of notes, and from which one on they are needed. A note keeps its number when it is appended again, so order and gaps show.
 * <p>
 * <b>Threading:</b> agent thread.
 */
final class NoteLedger {
    private static final long NONE = -1;

    private long nextNumber = 1;
    private long firstNeeded = 1;
    private long openBegin = NONE;
    private long bytes;

    // What recovery found: notes, begins and ends.
    private long[] numbers = new long[16];
    private long[] locations = new long[16];
    private int[] lengths = new int[16];
    private int count;
    /** Ends of checkpoints found, with their begins, by their numbers. */
    private final TreeMap<Long, Long> ends = new TreeMap<>();

    long nextNumber() {
        return nextNumber++;
    }

    /** Notes and marks of checkpoints with a smaller number are void. */
    long firstNeeded() {
        return firstNeeded;
    }

    boolean isNeeded(long number) {
        return number >= firstNeeded;
    }

    /** Bytes of notes since the last complete checkpoint ended. */
    long bytes() {
        return bytes;
    }

    void onNote(int length) {
        bytes += length;
    }

    void onBegin(long number) {
        openBegin = number;
    }

    boolean isOpen() {
        return openBegin != NONE;
    }

    long openBegin() {
        return openBegin;
    }

    void onEnd() {
        firstNeeded = openBegin;
        openBegin = NONE;
        bytes = 0;
    }

    /** A note or mark of an earlier run. */
    void recovered(RecordKind kind, long location, int length, RecordHint hint) {
        if (count == numbers.length) {
            numbers = Arrays.copyOf(numbers, count * 2);
            locations = Arrays.copyOf(locations, count * 2);
            lengths = Arrays.copyOf(lengths, count * 2);
        }
        long number = hint.version();
        numbers[count] = number;
        locations[count] = kind == RecordKind.NOTE ? location : Location.NULL;
        lengths[count++] = length;
        nextNumber = Math.max(nextNumber, number + 1);
        if (kind == RecordKind.CHECKPOINT_END) {
            ends.put(number, hint.keyHash64());
        }
    }

    /** A note of an earlier run that is known by its number only: it is missing, also where no other follows it. */
    void recoveredDamaged(RecordHint hint) {
        nextNumber = Math.max(nextNumber, hint.version() + 1);
    }

    /** Counts what recovery found, when it has found all. */
    void endRecovery() {
        int[] order = order();
        for (Map.Entry<Long, Long> end : ends.descendingMap().entrySet()) {
            if (isThere(end, order)) {
                begin(end);
                return;
            }
        }
        begin(ends.lastEntry());
    }

    /** Notes count from this checkpoint on, given by end and begin; from the first, when there is none. */
    private void begin(Map.@Nullable Entry<Long, Long> checkpoint) {
        firstNeeded = checkpoint == null ? 1 : checkpoint.getValue();
        long end = checkpoint == null ? NONE : checkpoint.getKey();
        bytes = 0;
        for (int i = 0; i < count; i++) {
            if (locations[i] != Location.NULL && numbers[i] > end) {
                bytes += lengths[i];
            }
        }
    }

    /** What was found, by its number, and the same note appended again behind the first. */
    private int[] order() {
        return IntStream.range(0, count)
                .boxed()
                .sorted((a, b) -> Long.compare(numbers[a], numbers[b]))
                .mapToInt(i -> i)
                .toArray();
    }

    private boolean isThere(Map.Entry<Long, Long> checkpoint, int[] order) {
        try {
            return isWhole(checkpoint, order, (location, length, isShown) -> true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether every number from begin to end is there and can be read. */
    private boolean isWhole(Map.Entry<Long, Long> checkpoint, int[] order, Reader reader) throws IOException {
        long expected = checkpoint.getValue();
        for (int i : order) {
            if (numbers[i] == expected && expected <= checkpoint.getKey() && isReadable(i, reader, false)) {
                expected++;
            }
        }
        return expected == checkpoint.getKey() + 1;
    }

    private boolean isReadable(int i, Reader reader, boolean isShown) throws IOException {
        return locations[i] == Location.NULL || reader.read(locations[i], lengths[i], isShown);
    }

    /** Reads one note. */
    @FunctionalInterface
    interface Reader {
        /**
         * @param isShown whether it is shown as well when it is whole.
         * @return false when it is damaged.
         */
        boolean read(long location, int length, boolean isShown) throws IOException;
    }

    /**
     * Shows what recovery found, in order, from the begin of the last checkpoint that is whole. One after it that lacks a note says nothing:
     * what came before it is there still and says it all. When none is whole, what was before the last may be gone, and what is left of that
     * is all there is.
     *
     * @return notes that are missing or damaged.
     */
    long visit(Reader reader) throws IOException {
        int[] order = order();
        Map.Entry<Long, Long> checkpoint = ends.lastEntry();
        Map<Long, Long> broken = Map.of();
        for (Map.Entry<Long, Long> end : ends.descendingMap().entrySet()) {
            if (isWhole(end, order, reader)) {
                checkpoint = end;
                broken = ends.tailMap(end.getKey(), false);
                break;
            }
        }
        begin(checkpoint);
        long expected = firstNeeded;
        long missing = 0;
        for (int i : order) {
            long number = numbers[i];
            // A smaller one is the same note, appended again.
            if (number >= expected && isReadable(i, reader, !isWithin(broken, number))) {
                missing += number - expected;
                expected = number + 1;
            }
        }
        return missing + nextNumber - expected;
    }

    private static boolean isWithin(Map<Long, Long> checkpoints, long number) {
        for (Map.Entry<Long, Long> each : checkpoints.entrySet()) {
            if (number >= each.getValue() && number <= each.getKey()) {
                return true;
            }
        }
        return false;
    }

    /** Lets go of what recovery found. */
    void forget() {
        numbers = new long[0];
        locations = new long[0];
        lengths = new int[0];
        count = 0;
        ends.clear();
    }
}
