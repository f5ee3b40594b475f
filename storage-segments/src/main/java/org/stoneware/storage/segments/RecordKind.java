package org.stoneware.storage.segments;

import org.jspecify.annotations.Nullable;

/** What a record in the log says. Codes are part of the format and never change meaning. */
public enum RecordKind {
    /** Content held under a key, replacing what was held before. */
    RECORD(1),
    /** Nothing is held under a key any more. */
    REMOVAL(2),
    /** The content held under a key was used; only the last access of the hint counts. */
    TOUCH(3),
    /** A note, numbered by the log; see {@link SegmentLog#note}. */
    NOTE(4),
    /** A checkpoint of the notes begins. */
    CHECKPOINT_BEGIN(5),
    /** The checkpoint whose begin has the number in the hint's version is complete. */
    CHECKPOINT_END(6),
    /** Everything recorded, touched and removed before is void. */
    CLEAR(7),
    /** Nothing of the segment whose number is in the hint's version is needed any more. */
    DROP(8);

    private static final RecordKind[] BY_CODE = {
        null, RECORD, REMOVAL, TOUCH, NOTE, CHECKPOINT_BEGIN, CHECKPOINT_END, CLEAR, DROP
    };

    private final int code;

    RecordKind(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** Kind of a code, or null when there is none. */
    public static @Nullable RecordKind ofCode(int code) {
        return code > 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
