package org.stoneware.shell.link;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Sends and receives frames.
 * <p>
 * <b>Threading:</b> any number of threads send, one receives.
 * <p>
 * <b>Failure:</b> an {@link IOException} for what is no frame; the connection is of no use then.
 */
public final class FrameChannel implements Closeable {
    private static final int HEADER = 5;
    private static final Frame.Type[] BY_CODE = byCode();

    private final ByteChannel channel;
    private final Object sending = new Object();
    private final ByteBuffer header = ByteBuffer.allocate(HEADER);

    public FrameChannel(ByteChannel channel) {
        this.channel = channel;
    }

    private static Frame.Type[] byCode() {
        Frame.Type[] types = new Frame.Type[32];
        for (Frame.Type type : Frame.Type.values()) {
            types[type.code()] = type;
        }
        return types;
    }

    /**
     * Sends one frame whole, also for a thread that is interrupted, and stays so. A body too long is cut into frames of the same type.
     */
    public void send(Frame frame) throws IOException {
        byte[] body = frame.body();
        int offset = 0;
        do {
            int length = Math.min(Frame.MAX_BODY, body.length - offset);
            ByteBuffer out = ByteBuffer.allocate(HEADER + length);
            out.put((byte) frame.type().code()).putInt(length).put(body, offset, length);
            out.flip();
            write(out);
            offset += length;
        } while (offset < body.length);
    }

    private void write(ByteBuffer out) throws IOException {
        synchronized (sending) {
            // An interrupted thread's channel would close itself.
            boolean wasInterrupted = Thread.interrupted();
            try {
                while (out.hasRemaining()) {
                    channel.write(out);
                }
            } finally {
                if (wasInterrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    /**
     * Waits for the next frame.
     *
     * @return null at the end of the connection.
     */
    public @Nullable Frame receive() throws IOException {
        header.clear();
        if (!fill(header)) {
            return null;
        }
        header.flip();
        int code = header.get() & 0xFF;
        int length = header.getInt();
        Frame.@Nullable Type type = code < BY_CODE.length ? BY_CODE[code] : null;
        if (type == null || length < 0 || length > Frame.MAX_BODY) {
            throw new IOException("not a frame of the shell: type=" + code + " length=" + length);
        }
        ByteBuffer body = ByteBuffer.allocate(length);
        if (length > 0 && !fill(body)) {
            throw new EOFException("the connection ended inside a frame");
        }
        return new Frame(type, Arrays.copyOf(body.array(), length));
    }

    /** False when the channel ends before the first byte. */
    private boolean fill(ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into) < 0) {
                if (into.position() == 0) {
                    return false;
                }
                throw new EOFException("the connection ended inside a frame");
            }
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
