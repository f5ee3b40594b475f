package org.stoneware.liveness;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessListener.ConnectFailure;

/**
 * One attempt to reach a host, whose name may stand for several addresses; they are tried in turn within the time given.
 * It counts as refused only when every address refused, because a refusal is evidence that the process there has died.
 */
final class ConnectAttempt {
    private static final System.Logger LOG = System.getLogger(ConnectAttempt.class.getName());
    /** The kernel gives up on its own after this at the earliest; an error that came sooner was an answer. */
    private static final long EARLIEST_KERNEL_TIMEOUT_NS = 1_000_000_000L;

    private final String host;
    private final int port;
    private final LivenessListener listener;
    private final long deadlineNs;
    private List<InetAddress> addresses = List.of();
    private int next;
    private int refusals;
    private @Nullable SocketChannel channel;
    private @Nullable InetSocketAddress address;
    private long startNs;
    private long addressDeadlineNs;
    private @Nullable SelectionKey connectedKey;
    private boolean isDone;

    ConnectAttempt(String host, int port, LivenessListener listener, long deadlineNs) {
        this.host = host;
        this.port = port;
        this.listener = listener;
        this.deadlineNs = deadlineNs;
        addressDeadlineNs = deadlineNs;
    }

    String host() {
        return host;
    }

    LivenessListener listener() {
        return listener;
    }

    boolean isDone() {
        return isDone;
    }

    void onResolved(List<InetAddress> found, Selector selector, long nowNs) {
        if (isDone) {
            return;
        }
        addresses = found;
        if (found.isEmpty()) {
            fail(ConnectFailure.UNRESOLVED, "name can't be resolved: host=" + host);
        } else {
            tryNext(selector, nowNs, "");
        }
    }

    void onConnectable(SelectionKey key, long nowNs) {
        SocketChannel current = channel;
        if (isDone || current == null || key.channel() != current) {
            return;
        }
        try {
            if (!current.finishConnect()) {
                return;
            }
            if (current.getLocalAddress().equals(current.getRemoteAddress())) {
                // Nobody listened, and the kernel gave us the very port we asked for: we talk to ourselves.
                throw new ConnectException("connected to itself, refused");
            }
            current.setOption(StandardSocketOptions.TCP_NODELAY, true);
            key.interestOps(SelectionKey.OP_READ);
            isDone = true;
            connectedKey = key;
        } catch (IOException e) {
            failedAddress(key.selector(), e, nowNs);
        }
    }

    /** @return the key of the connected channel, once; null when there is none, or not yet. The channel is the caller's then. */
    @Nullable
    SelectionKey takeConnected() {
        SelectionKey key = connectedKey;
        connectedKey = null;
        return key;
    }

    /** @return nanoseconds until there is something to do. */
    long progress(Selector selector, long nowNs) {
        if (isDone) {
            return Long.MAX_VALUE;
        }
        if (nowNs - addressDeadlineNs >= 0) {
            if (address == null) {
                fail(ConnectFailure.UNRESOLVED, "name not resolved in time: host=" + host);
            } else {
                tryNext(selector, nowNs, "no answer in time");
            }
        }
        return isDone ? Long.MAX_VALUE : Math.max(0, addressDeadlineNs - nowNs);
    }

    /** Gives up and tells the listener. Idempotent. */
    void fail(ConnectFailure failure, String reason) {
        if (isDone) {
            return;
        }
        isDone = true;
        closeChannel();
        InetSocketAddress tried = address;
        listener.onConnectFailed(
                tried != null ? tried : InetSocketAddress.createUnresolved(host, port), failure, reason);
    }

    private void tryNext(Selector selector, long nowNs, String lastFailure) {
        closeChannel();
        if (next == addresses.size() || nowNs - deadlineNs >= 0) {
            boolean isRefused = refusals > 0 && refusals == addresses.size();
            fail(isRefused ? ConnectFailure.REFUSED : ConnectFailure.UNREACHABLE, lastFailure);
            return;
        }
        InetSocketAddress current = new InetSocketAddress(addresses.get(next), port);
        address = current;
        addressDeadlineNs = nowNs + Math.max(1, (deadlineNs - nowNs) / (addresses.size() - next));
        startNs = nowNs;
        next++;
        try {
            SocketChannel opened = SocketChannel.open();
            channel = opened;
            opened.configureBlocking(false);
            SelectionKey key = opened.register(selector, SelectionKey.OP_CONNECT, this);
            if (opened.connect(current)) {
                // A connection that is there at once is not told by the selector.
                onConnectable(key, nowNs);
            }
        } catch (IOException | RuntimeException e) {
            failedAddress(selector, e, nowNs);
        }
    }

    private void failedAddress(Selector selector, Exception e, long nowNs) {
        if (isRefusal(e, nowNs - startNs)) {
            refusals++;
        }
        tryNext(selector, nowNs, String.valueOf(e.getMessage()));
    }

    /** The kernel words its errors in the machine's language, so an early {@link ConnectException} counts whatever it says. */
    private static boolean isRefusal(Exception e, long elapsedNs) {
        return e instanceof ConnectException
                && (elapsedNs < EARLIEST_KERNEL_TIMEOUT_NS
                        || String.valueOf(e.getMessage())
                                .toLowerCase(Locale.ROOT)
                                .contains("refused"));
    }

    private void closeChannel() {
        SocketChannel current = channel;
        channel = null;
        if (current != null) {
            try {
                current.close();
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "close failed", e);
            }
        }
    }
}
