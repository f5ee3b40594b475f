package org.stoneware.shell;

import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.shell.link.Frame;
import org.stoneware.shell.link.FrameChannel;

/**
 * Writes frames on a thread of its own, which nobody interrupts: a channel closes when a thread that writes to it is interrupted, and gogo
 * interrupts the threads of its commands whenever it likes (ADR 0192).
 * <p>
 * <b>Threading:</b> {@link #send} by any thread, also one that is interrupted, and stays so.
 * <p>
 * <b>Limits:</b> {@value #MAX_WAITING} frames wait; then senders wait for the reader.
 */
final class FrameWriter implements AutoCloseable {
    private static final int MAX_WAITING = 16;
    private static final long LOOK_MS = 100;

    private final FrameChannel channel;
    private final Runnable onBroken;
    private final BlockingQueue<Frame> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final Thread thread;
    private volatile boolean isClosed;

    /** @param onBroken called once when nobody takes frames any more; frames sent from then on are dropped. */
    FrameWriter(FrameChannel channel, Runnable onBroken) {
        this.channel = channel;
        this.onBroken = onBroken;
        this.thread = new Thread(this::write, "stoneware-shell-writer");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    void send(Frame frame) {
        boolean wasInterrupted = false;
        while (!isClosed) {
            try {
                if (waiting.offer(frame, LOOK_MS, TimeUnit.MILLISECONDS)) {
                    break;
                }
            } catch (InterruptedException e) {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void write() {
        try {
            while (!isClosed) {
                @Nullable Frame next = waiting.poll(LOOK_MS, TimeUnit.MILLISECONDS);
                if (next != null) {
                    channel.send(next);
                }
            }
        } catch (IOException | InterruptedException e) {
            isClosed = true;
            onBroken.run();
        }
    }

    /** Drops what was not written; the channel has to be closed by its owner. */
    @Override
    public void close() {
        isClosed = true;
    }
}
