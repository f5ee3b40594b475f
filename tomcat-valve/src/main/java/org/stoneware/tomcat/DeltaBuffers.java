package org.stoneware.tomcat;

import java.util.concurrent.atomic.AtomicLong;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.stoneware.api.session.SessionDelta;

/**
 * Buffers deltas are written into, used again and again; one pool for all applications of a JVM.
 * <p>
 * <b>Threading:</b> callable from any thread; a buffer taken belongs to the taker until it is given back.
 * <p>
 * <b>Limits:</b> what lies unused holds at most the bytes the pool was made with, 1/64 of the heap for {@link #shared}.
 */
final class DeltaBuffers {
    /** Buffers kept between requests; more threads than this seldom write at once. */
    static final int MAX_POOLED = 256;
    /** Larger ones are left to the garbage collector. */
    static final int MAX_POOLED_BYTES = 256 * 1024;

    private static final long MAX_SHARED_BYTES = 32L * 1024 * 1024;
    private static final int FIRST_BYTES = 1024;

    private final ManyToManyConcurrentArrayQueue<Buffer> pool = new ManyToManyConcurrentArrayQueue<>(MAX_POOLED);
    private final AtomicLong pooledBytes = new AtomicLong();
    private final long maxBytes;

    /** A delta being written, and room for one serialized value. */
    static final class Buffer {
        final ExpandableArrayBuffer delta = new ExpandableArrayBuffer(FIRST_BYTES);
        final SessionDelta.Builder builder = new SessionDelta.Builder(delta);
        private ExpandableArrayBuffer value = new ExpandableArrayBuffer(FIRST_BYTES);

        ExpandableArrayBuffer value() {
            return value;
        }

        /** All values are in the delta: what served a large one must not wait for the array's answer with it. */
        void valuesWritten() {
            if (value.capacity() > FIRST_BYTES * 16) {
                value = new ExpandableArrayBuffer(FIRST_BYTES);
            }
        }

        private int bytes() {
            return delta.capacity() + value.capacity();
        }
    }

    /** Made at the first use: it touches Agrona, which must wait until the JDK is open. */
    private static final class Shared {
        static final DeltaBuffers INSTANCE =
                new DeltaBuffers(Math.min(MAX_SHARED_BYTES, Runtime.getRuntime().maxMemory() / 64));
    }

    DeltaBuffers(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** The pool of this JVM. */
    static DeltaBuffers shared() {
        return Shared.INSTANCE;
    }

    Buffer take() {
        Buffer buffer = pool.poll();
        if (buffer == null) {
            return new Buffer();
        }
        pooledBytes.addAndGet(-buffer.bytes());
        buffer.builder.reset();
        return buffer;
    }

    void giveBack(Buffer buffer) {
        int bytes = buffer.bytes();
        if (buffer.delta.capacity() > MAX_POOLED_BYTES || buffer.value.capacity() > MAX_POOLED_BYTES) {
            return;
        }
        if (pooledBytes.addAndGet(bytes) > maxBytes || !pool.offer(buffer)) {
            pooledBytes.addAndGet(-bytes);
        }
    }

    /** Held by buffers nobody uses. */
    long pooledBytes() {
        return pooledBytes.get();
    }
}
