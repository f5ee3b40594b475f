package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.Arrays;
import java.util.stream.IntStream;

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
    private long lastEnd = NONE;
    private long bytes;

    // What recovery found: notes, begins and ends.
    private long[] numbers = new long[16];
    private long[] locations = new long[16];
    private int[] lengths = new int[16];
    private int count;

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
        if (kind == RecordKind.CHECKPOINT_END && number > lastEnd) {
            lastEnd = number;
            firstNeeded = hint.keyHash64();
        }
    }

    /** Counts what recovery found, when it has found all. */
    void endRecovery() {
        for (int i = 0; i < count; i++) {
            if (locations[i] != Location.NULL && numbers[i] > lastEnd) {
                bytes += lengths[i];
            }
        }
    }

    /** Reads one note; false when it is damaged. */
    @FunctionalInterface
    interface Reader {
        boolean read(long location, int length) throws IOException;
    }

    /** Shows what recovery found, in order. @return notes that are missing or damaged. */
    long visit(Reader reader) throws IOException {
        int[] order = IntStream.range(0, count)
                .filter(i -> isNeeded(numbers[i]))
                .boxed()
                .sorted((a, b) -> Long.compare(numbers[a], numbers[b]))
                .mapToInt(i -> i)
                .toArray();
        long expected = firstNeeded;
        long missing = 0;
        for (int i : order) {
            if (numbers[i] < expected) {
                continue; // the same note, appended again
            }
            boolean isWhole = locations[i] == Location.NULL || reader.read(locations[i], lengths[i]);
            if (isWhole) {
                missing += numbers[i] - expected;
                expected = numbers[i] + 1;
            }
        }
        missing += nextNumber - expected;
        return missing;
    }

    /** Lets go of what recovery found. */
    void forget() {
        numbers = new long[0];
        locations = new long[0];
        lengths = new int[0];
        count = 0;
    }
}
