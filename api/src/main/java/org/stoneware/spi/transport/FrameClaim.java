package org.stoneware.spi.transport;

import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Room for one outgoing frame, taken by {@link Connection#tryClaim}. Reusable; one thread.
 */
public final class FrameClaim {
    private final UnsafeBuffer empty = new UnsafeBuffer(new byte[0]);
    private MutableDirectBuffer buffer = empty;
    private int offset;
    private int length;
    private @Nullable Completion completion;

    /** How a transport hears the end of a claim. */
    public interface Completion {
        /** @param isCommitted false when the claim was aborted. */
        void onClaimEnd(boolean isCommitted);
    }

    /** Called by a transport that grants the claim. */
    public void set(MutableDirectBuffer buffer, int offset, int length, Completion completion) {
        this.buffer = buffer;
        this.offset = offset;
        this.length = length;
        this.completion = completion;
    }

    public MutableDirectBuffer buffer() {
        return buffer;
    }

    public int offset() {
        return offset;
    }

    public int length() {
        return length;
    }

    /** Sends the frame. */
    public void commit() {
        end(true);
    }

    /** Gives the room back; the other end never sees the frame. */
    public void abort() {
        end(false);
    }

    private void end(boolean isCommitted) {
        Completion ending = completion;
        if (ending == null) {
            throw new IllegalStateException("no frame is claimed");
        }
        completion = null;
        buffer = empty;
        ending.onClaimEnd(isCommitted);
    }
}
