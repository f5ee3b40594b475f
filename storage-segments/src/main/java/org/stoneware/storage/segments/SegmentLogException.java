package org.stoneware.storage.segments;

import org.jspecify.annotations.Nullable;

/** A log can't be opened; the message says what is wrong and what to do. */
public final class SegmentLogException extends Exception {
    private static final long serialVersionUID = 1L;

    public SegmentLogException(String message) {
        super(message);
    }

    public SegmentLogException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
