package org.stoneware.liveness;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.stoneware.wire.liveness.LivenessProtocol;

/**
 * Frames of one connection waiting to be written.
 * <p>
 * <b>Threading:</b> any thread adds; the liveness thread writes.
 * <p>
 * <b>Limits:</b> messages up to the given number of bytes; greeting and goodbye, which occur once each, come on top.
 */
final class WriteQueue {
    private final Queue<ByteBuffer> frames = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waitingBytes = new AtomicInteger();
    private final int maxWaitingBytes;
    private @Nullable ByteBuffer current;
    private @Nullable MessageMac mac;

    WriteQueue(int maxWaitingBytes) {
        this.maxWaitingBytes = maxWaitingBytes;
    }

    /** @return false when too much is waiting already. */
    boolean offer(ByteBuffer frame) {
        int length = frame.remaining();
        if (waitingBytes.addAndGet(length) > maxWaitingBytes) {
            waitingBytes.addAndGet(-length);
            return false;
        }
        frames.add(frame);
        return true;
    }

    /** Adds what may not be refused: greeting and goodbye. */
    void add(ByteBuffer frame) {
        waitingBytes.addAndGet(frame.remaining());
        frames.add(frame);
    }

    /** From now on sealed frames get their codes, in the order they are written. Liveness thread. */
    void stampWith(MessageMac stamps) {
        mac = stamps;
    }

    int waitingBytes() {
        return waitingBytes.get();
    }

    /** Writes as much as the channel takes. @return bytes written. */
    int writeTo(WritableByteChannel channel) throws IOException {
        int written = 0;
        while (true) {
            ByteBuffer frame = current != null ? current : next();
            if (frame == null) {
                return written;
            }
            int count = channel.write(frame);
            written += count;
            waitingBytes.addAndGet(-count);
            current = frame.hasRemaining() ? frame : null;
            if (current != null) {
                return written;
            }
        }
    }

    /** Taken off the queue for good, so its number is used up. */
    private @Nullable ByteBuffer next() {
        ByteBuffer frame = frames.poll();
        MessageMac stamps = mac;
        if (frame != null && stamps != null && LivenessProtocol.isSealed(frame)) {
            stamps.stamp(frame);
            stamps.sent();
        }
        return frame;
    }

    /**
     * Writes a frame past the queue, which must hold no begun frame; keeps a copy of what the channel did not take of a begun frame.
     *
     * @return false when the channel took nothing, and the frame was dropped.
     */
    boolean writeAhead(ByteBuffer frame, WritableByteChannel channel) throws IOException {
        assert current == null : "a frame is half written";
        MessageMac stamps = mac;
        if (stamps != null) {
            stamps.stamp(frame);
        }
        int count = channel.write(frame);
        if (stamps != null && count > 0) {
            stamps.sent();
        }
        if (count > 0 && frame.hasRemaining()) {
            ByteBuffer rest = ByteBuffer.allocate(frame.remaining()).put(frame).flip();
            waitingBytes.addAndGet(rest.remaining());
            current = rest;
        }
        return count > 0;
    }
}
