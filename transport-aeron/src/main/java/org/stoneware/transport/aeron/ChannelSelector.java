package org.stoneware.transport.aeron;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.function.Consumer;
import org.stoneware.spi.transport.TransportException;

/**
 * Waits on every socket of a transport at once (ADR 0020).
 * <p>
 * <b>Threading:</b> the agent thread, but {@link #wakeup()} any thread.
 */
final class ChannelSelector implements AutoCloseable {
    /** The driver reads its sockets itself; here it only matters that one is readable. */
    private static final Consumer<SelectionKey> READABLE = key -> {};

    private static final long ROUND_UP_NS = 999_999;

    private final Selector selector;

    ChannelSelector() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new TransportException("can't open a selector: too many open files? raise ulimit -n", e);
        }
    }

    void register(DatagramChannel channel) {
        try {
            channel.register(selector, SelectionKey.OP_READ);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Blocks until a socket is readable, a wake-up or the time is over; rounded up to milliseconds. */
    void await(long timeoutNs) {
        try {
            long timeoutMs = NANOSECONDS.toMillis(timeoutNs + ROUND_UP_NS);
            if (timeoutMs > 0) {
                selector.select(READABLE, timeoutMs);
            } else {
                selector.selectNow(READABLE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Forgets sockets that were closed; until then the system keeps them open. */
    void forgetClosed() {
        await(0);
    }

    void wakeup() {
        selector.wakeup();
    }

    @Override
    public void close() {
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
