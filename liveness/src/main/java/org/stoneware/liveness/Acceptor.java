package org.stoneware.liveness;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.liveness.LivenessException;
import org.stoneware.spi.liveness.LivenessListener;

/** One port being listened on. */
final class Acceptor {
    private static final System.Logger LOG = System.getLogger(Acceptor.class.getName());
    private static final int BACKLOG = 256;
    /** How long to leave callers in the kernel's queue after the process ran out of file descriptors. */
    private static final long PAUSE_NS = 100_000_000L;

    private final ServerSocketChannel channel;
    private final InetSocketAddress address;
    private final LivenessListener listener;
    private @Nullable SelectionKey key;
    private long resumeNs;
    private boolean isPaused;

    private Acceptor(ServerSocketChannel channel, InetSocketAddress address, LivenessListener listener) {
        this.channel = channel;
        this.address = address;
        this.listener = listener;
    }

    /**
     * Binds on the caller's thread, so that a clash reaches the caller.
     *
     * @param door what people call the port, such as {@code dso-port}; may be empty.
     */
    static Acceptor bind(InetSocketAddress wanted, String door, LivenessListener listener) {
        if (wanted.isUnresolved()) {
            throw new LivenessException(
                    BindFailure.where(wanted, door)
                            + ": the name can't be resolved; correct the host or the name service",
                    null);
        }
        ServerSocketChannel channel = null;
        try {
            channel = ServerSocketChannel.open();
            channel.configureBlocking(false);
            // Lets a restarted server bind while connections of its last life linger; two listeners still clash.
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(wanted, BACKLOG);
            return new Acceptor(channel, (InetSocketAddress) channel.getLocalAddress(), listener);
        } catch (IOException | RuntimeException e) {
            closeQuietly(channel);
            throw new LivenessException(BindFailure.explain(wanted, door, e), e);
        }
    }

    InetSocketAddress address() {
        return address;
    }

    LivenessListener listener() {
        return listener;
    }

    void register(Selector selector) throws IOException {
        key = channel.register(selector, SelectionKey.OP_ACCEPT, this);
    }

    /** @return the next caller; null when there is none, or none can be taken for now. */
    @Nullable
    SocketChannel accept(long nowNs) {
        try {
            return channel.accept();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot accept a connection, trying again soon: address=" + address, e);
            pause(nowNs + PAUSE_NS);
            return null;
        }
    }

    /** Leaves callers in the kernel's queue until then. */
    void pause(long untilNs) {
        isPaused = true;
        resumeNs = untilNs;
        interestOps(0);
    }

    /** @return nanoseconds until there is something to do. */
    long progress(long nowNs) {
        if (!isPaused) {
            return Long.MAX_VALUE;
        }
        if (nowNs - resumeNs >= 0) {
            isPaused = false;
            interestOps(SelectionKey.OP_ACCEPT);
            return Long.MAX_VALUE;
        }
        return resumeNs - nowNs;
    }

    void close() {
        closeQuietly(channel);
    }

    private void interestOps(int ops) {
        SelectionKey current = key;
        if (current != null && current.isValid()) {
            current.interestOps(ops);
        }
    }

    private static void closeQuietly(@Nullable ServerSocketChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "close failed", e);
            }
        }
    }
}
