package org.stoneware.storage.segments;

import org.jspecify.annotations.Nullable;

/**
 * What the agent knows of one segment.
 * <p>
 * <b>Threading:</b> agent thread, but for the fields said to be final or volatile.
 */
final class Segment {
    static final String SUFFIX = ".segment";
    static final String HINTS_SUFFIX = ".hints";

    final int number;
    /** Name of its file; differs from what the number says when files were exchanged by hand. */
    final String fileName;

    final int headerLength;
    /** Position in the log of the first record, for segments begun in this run. */
    final long startPosition;
    /** Header to be written when the segment is begun; null for those of earlier runs. */
    final @Nullable SegmentHeader header;

    /** Null until the hints are complete, and for ever where a part could not be read: then it may hold any key. */
    volatile @Nullable KeyFilter filter;

    volatile int hintsLength;

    /** Hints of the records appended so far; null once they were handed over. */
    @Nullable
    HintList hints;

    /** Length of the file when all that was appended is written. */
    int length;

    long liveBytes;
    long noteBytes;
    /** Greatest number of a note in it. */
    long lastNote = -1;

    final HintSample removals = new HintSample();
    final HintSample touches = new HintSample();
    boolean hasClear;
    boolean isSealed;
    /** Nothing says what a part of it held: it is not emptied in this run. */
    boolean isUnreadable;
    /** Part of it can't be read: its file is kept under another name when it is emptied. */
    boolean isDamaged;

    /** File it is written into instead of a new one; set before the writer is told of it. */
    SpareFiles.@Nullable Spare spare;
    /** Bytes its file takes behind {@link #length}, until it is sealed. */
    int idleBytes;

    /** Its file is gone, and its hint file there: what that says is appended again like what is in a file. */
    boolean isMissing;

    /** Holds off what the device has refused: to empty it, or to delete its file. */
    final RetryPause pause = new RetryPause();
    /** What lies before this offset was appended again, or found not to be needed, by a walk that failed further on. */
    int emptiedOffset;

    /** Its file may be there although it was to be deleted. */
    boolean hasDeletionFailed;

    int readsUnderWay;
    State state = State.KEPT;
    /** The next step of the removal waits until this position is durable. */
    long waitPosition;

    Segment(int number, String fileName, int headerLength, long startPosition, @Nullable SegmentHeader header) {
        this.number = number;
        this.fileName = fileName;
        this.headerLength = headerLength;
        this.startPosition = startPosition;
        this.header = header;
        this.length = headerLength;
    }

    static String fileName(int number) {
        return "%010d%s".formatted(number, SUFFIX);
    }

    static String hintsName(int number) {
        return "%010d%s".formatted(number, HINTS_SUFFIX);
    }

    /** Number a file name says, or -1 when it is no file of a segment. */
    static int numberOf(String name, String suffix) {
        if (!name.endsWith(suffix) || name.length() != 10 + suffix.length()) {
            return -1;
        }
        for (int i = 0; i < 10; i++) {
            if (name.charAt(i) < '0' || name.charAt(i) > '9') {
                return -1;
            }
        }
        long number = Long.parseLong(name.substring(0, 10));
        return number > 0 && number < Integer.MAX_VALUE ? (int) number : -1;
    }

    int bytesOnDisk() {
        return length + hintsLength;
    }

    long endPosition() {
        return startPosition + length - headerLength;
    }

    /** Counts a record appended or recovered. */
    void count(RecordKind kind, long location, int frameLength, RecordHint hint) {
        switch (kind) {
            case RECORD -> liveBytes += frameLength;
            case REMOVAL -> removals.add(location, hint);
            case TOUCH -> touches.add(location, hint);
            case NOTE, CHECKPOINT_BEGIN, CHECKPOINT_END -> {
                noteBytes += frameLength;
                lastNote = Math.max(lastNote, hint.version());
            }
            case CLEAR -> hasClear = true;
            case DROP -> {} // of use only until the next segment begins
        }
    }

    /** Way of a segment out of the log. */
    enum State {
        /** In use. */
        KEPT,
        /** What is needed of it is being appended again. */
        EMPTYING,
        /** Waits until what was appended again is durable. */
        EMPTIED,
        /** Waits until the record that says so is durable and nobody reads it. */
        DROPPED
    }
}
