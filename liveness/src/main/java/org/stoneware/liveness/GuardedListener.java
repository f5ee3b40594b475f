package org.stoneware.liveness;

import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import org.agrona.DirectBuffer;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;

/**
 * Calls a listener so that its failure ends the connection concerned and never the liveness thread. It belongs to the agent loop and
 * therefore catches {@link Throwable}: a bundle that went away shows as a {@link LinkageError}, and heartbeats must go on.
 */
final class GuardedListener implements LivenessListener {
    private static final System.Logger LOG = System.getLogger(GuardedListener.class.getName());

    private final LivenessListener listener;

    GuardedListener(LivenessListener listener) {
        this.listener = listener;
    }

    @Override
    public void onConnected(LivenessLink link) {
        guard(link, () -> listener.onConnected(link));
    }

    @Override
    public void onConnectFailed(InetSocketAddress address, ConnectFailure failure, String reason) {
        try {
            listener.onConnectFailed(address, failure, reason);
        } catch (Throwable t) {
            LOG.log(Level.ERROR, "liveness listener failed: address=" + address, t);
        }
    }

    @Override
    public void onHello(LivenessLink link, Hello hello) {
        guard(link, () -> listener.onHello(link, hello));
    }

    @Override
    public void onReply(LivenessLink link, HelloReply reply) {
        guard(link, () -> listener.onReply(link, reply));
    }

    @Override
    public void onHeartbeat(LivenessLink link, Heartbeat heartbeat) {
        guard(link, () -> listener.onHeartbeat(link, heartbeat));
    }

    @Override
    public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
        guard(link, () -> listener.onMessage(link, buffer, offset, length));
    }

    @Override
    public void onSilence(LivenessLink link, long silentNs) {
        guard(link, () -> listener.onSilence(link, silentNs));
    }

    @Override
    public void onClosed(LivenessLink link, CloseCause cause, String reason) {
        guard(link, () -> listener.onClosed(link, cause, reason));
    }

    private static void guard(LivenessLink link, Runnable call) {
        try {
            call.run();
        } catch (Throwable t) {
            LOG.log(Level.ERROR, "liveness listener failed, connection closed: link=" + link, t);
            link.close();
        }
    }
}
