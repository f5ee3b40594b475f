package org.stoneware.storage.segments;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/**
 * What the hint file of a segment says of records that can't be read: of all but sessions and notes a hint is as good as the record.
 * <p>
 * <b>Threading:</b> one thread at a time; waits for the disk.
 * <p>
 * <b>Failure:</b> an {@link IOException} when the device does not give the file now, which says nothing of what it holds.
 */
final class HintedRecords {
    private final SegmentFiles files;
    private final long logId;
    private final boolean isKept;
    private final RecordHint hint = new RecordHint();
    private @Nullable HintList hints;
    private boolean isRead;
    private int segment;
    private int next;
    private int current;

    /** @param isKept false for a log without hint files, of which nothing is looked for after the process. */
    HintedRecords(SegmentFiles files, long logId, boolean isKept) {
        this.files = files;
        this.logId = logId;
        this.isKept = isKept;
    }

    long logId() {
        return logId;
    }

    void begin(int number) {
        segment = number;
        hints = null;
        isRead = false;
        next = 0;
    }

    /** Whether all is known that is worth knowing. */
    boolean isKnown() throws IOException {
        return !isKept || hints() != null;
    }

    /** Goes on to the first record at or behind an offset; offsets rise. */
    void skipTo(int offset) throws IOException {
        HintList known = hints();
        while (known != null && next < known.count() && known.offset(next) < offset) {
            next++;
        }
    }

    /** Takes the next record of those before an offset that are more than their content. @return false when there is none. */
    boolean next(int endOffset) {
        HintList known = hints;
        while (known != null && next < known.count() && known.offset(next) < endOffset) {
            current = next++;
            if (!known.isGap(current) && !isContent(known.kind(current))) {
                return true;
            }
        }
        return false;
    }

    /** Whether a record of this kind is nothing without its content. */
    static boolean isContent(RecordKind kind) {
        return kind == RecordKind.RECORD || kind == RecordKind.NOTE;
    }

    int offset() {
        return list().offset(current);
    }

    RecordKind kind() {
        return list().kind(current);
    }

    RecordHint hint() {
        return list().hint(current, hint);
    }

    void end() {
        hints = null;
    }

    private HintList list() {
        HintList known = hints;
        if (known == null) {
            throw new IllegalStateException("no hints: segment=" + segment);
        }
        return known;
    }

    private @Nullable HintList hints() throws IOException {
        if (!isRead) {
            hints = isKept ? readHints() : null;
            isRead = true;
        }
        return hints;
    }

    private @Nullable HintList readHints() throws IOException {
        try {
            return HintList.readOrFail(files, Segment.hintsName(segment), logId, segment);
        } catch (NoSuchFileException | FileNotFoundException e) {
            return null;
        }
    }
}
