package org.stoneware.liveness;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.wire.liveness.LivenessProtocol;

/** Bytes of one connection received and not yet decoded. Small until a peer that has been greeted sends something large. */
final class ReceiveBuffer {
    private static final int INITIAL_LENGTH = 2 * 1024;

    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private ByteBuffer bytes = ByteBuffer.allocate(INITIAL_LENGTH);
    private int offset;

    ReceiveBuffer() {
        view.wrap(bytes.array());
    }

    /** @return bytes read; 0 when there are none; negative at the end of the stream. */
    int readFrom(ReadableByteChannel channel) throws IOException {
        makeRoom();
        return channel.read(bytes);
    }

    DirectBuffer buffer() {
        return view;
    }

    int offset() {
        return offset;
    }

    int available() {
        return bytes.position() - offset;
    }

    void consumed(int length) {
        offset += length;
        assert offset <= bytes.position() : "more consumed than received";
    }

    void clear() {
        offset = 0;
        bytes.clear();
    }

    private void makeRoom() {
        int available = available();
        if (available == 0) {
            clear();
            if (bytes.capacity() > LivenessProtocol.MAX_GREETING_LENGTH) {
                resize(INITIAL_LENGTH);
            }
        } else if (!bytes.hasRemaining()) {
            // The adapter refuses longer frames before their bytes are read, so one of the largest always fits.
            int capacity = bytes.capacity();
            boolean isFull = offset == 0;
            resize(isFull ? Math.min(capacity * 2, LivenessProtocol.MAX_FRAME_LENGTH) : capacity);
        }
    }

    /** Moves what is available to the start of a buffer of this size. */
    private void resize(int capacity) {
        int available = available();
        ByteBuffer next = ByteBuffer.allocate(capacity);
        next.put(bytes.array(), offset, available);
        bytes = next;
        offset = 0;
        view.wrap(next.array());
    }
}
