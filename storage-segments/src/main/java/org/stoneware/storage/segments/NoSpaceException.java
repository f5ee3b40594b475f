package org.stoneware.storage.segments;

import java.io.IOException;

/** A write found no room. Nothing that was forced is touched; the same write at the same place may succeed later. */
public final class NoSpaceException extends IOException {
    private static final long serialVersionUID = 1L;

    public NoSpaceException(String message) {
        super(message);
    }
}
