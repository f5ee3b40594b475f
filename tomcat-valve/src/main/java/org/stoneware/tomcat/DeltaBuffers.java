package org.stoneware.tomcat;

import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.stoneware.api.session.SessionDelta;

/**
 * Buffers deltas are written into, used again and again.
 * <p>
 * <b>Threading:</b> callable from any thread; a buffer taken belongs to the taker until it is given back.
 */
final class DeltaBuffers {
    /** Buffers kept between requests. */
    static final int MAX_POOLED = 64;
    /** Larger ones are left to the garbage collector. */
    static final int MAX_POOLED_BYTES = 256 * 1024;

    /** A delta being written, and room for one serialized value. */
    static final class Buffer {
        final ExpandableArrayBuffer delta = new ExpandableArrayBuffer(1024);
        final ExpandableArrayBuffer value = new ExpandableArrayBuffer(1024);
        final SessionDelta.Builder builder = new SessionDelta.Builder(delta);
    }

    private final ManyToManyConcurrentArrayQueue<Buffer> pool = new ManyToManyConcurrentArrayQueue<>(MAX_POOLED);

    Buffer take() {
        Buffer buffer = pool.poll();
        if (buffer == null) {
            return new Buffer();
        }
        buffer.builder.reset();
        return buffer;
    }

    void giveBack(Buffer buffer) {
        if (buffer.delta.capacity() <= MAX_POOLED_BYTES && buffer.value.capacity() <= MAX_POOLED_BYTES) {
            pool.offer(buffer);
        }
    }
}
