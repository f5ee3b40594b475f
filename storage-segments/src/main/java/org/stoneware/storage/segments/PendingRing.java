package org.stoneware.storage.segments;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.zip.CRC32C;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Bytes appended and not yet written, in chunks of memory outside the heap: byte p of the log is in chunk p / {@value #CHUNK_LENGTH}. A
 * chunk is taken when the log grows into it and given back once all of it is written, so memory follows what waits, not what may wait.
 * <p>
 * <b>Threading:</b> the agent does all but {@link #piece}, which is the writer's. Positions say who may touch what: a chunk is in its place
 * before a position behind its begin is published, and leaves it after the position written has reached its end.
 * <p>
 * <b>Limits:</b> a few chunks are kept for the next append; those a burst has left go back to the system at {@link #trim}.
 */
final class PendingRing {
    static final int CHUNK_LENGTH = 256 << 10;
    /** Spare chunks that stay. */
    static final int KEPT_SPARES = 4;
    /** Chunks that go back to the system at once: giving back takes time as well. */
    static final int MAX_TRIM = 32;

    private final @Nullable Chunk[] chunks;
    private final ArrayDeque<Chunk> spares = new ArrayDeque<>();
    private final CRC32C crc = new CRC32C();
    /** Numbers of the first chunk in its place and of the one after the last. */
    private long first;

    private long end;
    /** Spare chunks that were not needed since {@link #trim}. */
    private int idleSpares;

    private boolean isMemoryShort;

    /** @param maxLength most bytes between the position written and the end of what is reserved. */
    PendingRing(int maxLength) {
        int most = maxLength / CHUNK_LENGTH + 2;
        chunks = new @Nullable Chunk[Integer.highestOneBit(most - 1) << 1];
    }

    private static final class Chunk {
        final ByteBuffer memory = ByteBuffer.allocateDirect(CHUNK_LENGTH);
        final UnsafeBuffer buffer = new UnsafeBuffer(memory);
        /** The agent's own view for checksums. */
        final ByteBuffer checked = memory.duplicate();
        /** The writer's own view. */
        final ByteBuffer written = memory.duplicate();
    }

    /**
     * Makes sure that there is memory for what is about to be appended, using chunks again that were written.
     *
     * @param position at which the log ends.
     * @return false when the process gets no more memory until some of what waits has been written.
     * @throws OutOfMemoryError when it gets none though nothing waits.
     */
    boolean reserve(long position, int length, long writtenPosition) {
        long neededEnd = (position + length + CHUNK_LENGTH - 1) / CHUNK_LENGTH;
        if (neededEnd <= end) {
            return true;
        }
        giveBack(writtenPosition);
        while (end < neededEnd) {
            if (end - first == chunks.length) {
                throw new IllegalStateException("more is appended than may wait to be written: position=" + position
                        + " length=" + length + " writtenPosition=" + writtenPosition);
            }
            Chunk chunk = take(writtenPosition < position);
            if (chunk == null) {
                return false;
            }
            chunks[index(end++)] = chunk;
        }
        return true;
    }

    private @Nullable Chunk take(boolean isAnyWaiting) {
        Chunk spare = spares.pollFirst();
        if (spare != null) {
            idleSpares = Math.min(idleSpares, spares.size());
            return spare;
        }
        // The JDK tries long before it gives up: not again for every append, but when something may have changed.
        if (isMemoryShort && isAnyWaiting) {
            return null;
        }
        try {
            Chunk chunk = new Chunk();
            isMemoryShort = false;
            return chunk;
        } catch (OutOfMemoryError e) {
            isMemoryShort = true;
            if (isAnyWaiting) {
                return null;
            }
            OutOfMemoryError error = new OutOfMemoryError("no memory outside the heap for a record to be written: have="
                    + memoryBytes() + "; raise -XX:MaxDirectMemorySize: " + e.getMessage());
            error.initCause(e);
            throw error;
        }
    }

    /** Takes chunks out of their places of which all is written. */
    void giveBack(long writtenPosition) {
        while (first < end && (first + 1) * CHUNK_LENGTH <= writtenPosition) {
            release(first++);
        }
    }

    /** Takes chunks out of their places that were reserved and not used. */
    void giveBackBehind(long position) {
        while (first < end && (end - 1) * CHUNK_LENGTH >= position) {
            release(--end);
        }
    }

    private void release(long number) {
        spares.addFirst(chunk(number));
        chunks[index(number)] = null;
        isMemoryShort = false;
    }

    /** Gives spare chunks to the system that nothing needed since this was last called; to be called now and then. */
    void trim() {
        for (int i = Math.min(MAX_TRIM, idleSpares - KEPT_SPARES); i > 0; i--) {
            BufferUtil.free(spares.removeLast().memory);
        }
        idleSpares = spares.size();
        isMemoryShort = false;
    }

    /** Gives all memory to the system. Nothing may be used after, and the writer must have ended. */
    void free() {
        while (first < end) {
            release(first++);
        }
        spares.forEach(chunk -> BufferUtil.free(chunk.memory));
        spares.clear();
    }

    /** Bytes of memory taken from the system. */
    long memoryBytes() {
        return (end - first + spares.size()) * CHUNK_LENGTH;
    }

    void put(long position, DirectBuffer source, int offset, int length) {
        int done = 0;
        while (done < length) {
            int at = offset(position + done);
            int count = Math.min(length - done, CHUNK_LENGTH - at);
            chunkOf(position + done).buffer.putBytes(at, source, offset + done, count);
            done += count;
        }
    }

    void zero(long position, int length) {
        for (int i = 0; i < length; i++) {
            chunkOf(position + i).buffer.putByte(offset(position + i), (byte) 0);
        }
    }

    int checksum(long position, int length) {
        crc.reset();
        int done = 0;
        while (done < length) {
            int at = offset(position + done);
            int count = Math.min(length - done, CHUNK_LENGTH - at);
            crc.update(chunkOf(position + done).checked.limit(at + count).position(at));
            done += count;
        }
        return (int) crc.getValue();
    }

    void get(long position, byte[] target, int length) {
        int done = 0;
        while (done < length) {
            int at = offset(position + done);
            int count = Math.min(length - done, CHUNK_LENGTH - at);
            chunkOf(position + done).buffer.getBytes(at, target, done, count);
            done += count;
        }
    }

    /** Bytes from a position on, as many as lie in one piece; for the writer. <b>Ownership:</b> a view valid until the next call. */
    ByteBuffer piece(long position, int length) {
        int at = offset(position);
        int count = Math.min(length, CHUNK_LENGTH - at);
        return chunkOf(position).written.limit(at + count).position(at);
    }

    private Chunk chunkOf(long position) {
        return chunk(position / CHUNK_LENGTH);
    }

    private Chunk chunk(long number) {
        Chunk chunk = chunks[index(number)];
        if (chunk == null) {
            throw new IllegalStateException("not in memory: position=" + number * CHUNK_LENGTH);
        }
        return chunk;
    }

    private int index(long number) {
        return (int) (number & chunks.length - 1);
    }

    private static int offset(long position) {
        return (int) (position & CHUNK_LENGTH - 1);
    }
}
