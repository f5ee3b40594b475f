package org.stoneware.server.session;

import org.agrona.ExpandableArrayBuffer;

/**
 * Lets go of buffers one long session has made grow. What is encoded again and again is encoded into the same buffer, which never shrinks by
 * itself: without this the longest session ever seen would be kept several times, for as long as an epoch or a connection lasts.
 */
public final class GrownBuffer {
    /** A buffer longer than this is not kept for the next use. */
    public static final int KEPT_CAPACITY = 1 << 20;

    private static final int FIRST_CAPACITY = 4096;

    private GrownBuffer() {}

    /** The buffer for the next use: this one, or a short one when this has grown too long. What is in it is used no more. */
    public static ExpandableArrayBuffer afterUse(ExpandableArrayBuffer used) {
        return used.capacity() <= KEPT_CAPACITY ? used : new ExpandableArrayBuffer(FIRST_CAPACITY);
    }
}
