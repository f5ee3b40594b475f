package org.stoneware.server.agent;

import java.net.InetSocketAddress;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;

/**
 * Hands what happens on the liveness thread over to the agent thread, in order.
 * <p>
 * <b>Threading:</b> listeners made by {@link #door} are called on any thread; {@link #drain} on the agent thread.
 */
final class LivenessInbox {
    private final ManyToOneConcurrentLinkedQueue<Runnable> queue = new ManyToOneConcurrentLinkedQueue<>();
    private volatile @Nullable Runnable wakeup;

    /** Sets what ends the agent's wait. */
    void wakeup(Runnable wakeup) {
        this.wakeup = wakeup;
    }

    /** Runs something on the agent thread. */
    void submit(Runnable task) {
        queue.add(task);
        @Nullable Runnable waker = wakeup;
        if (waker != null) {
            waker.run();
        }
    }

    int drain(int limit) {
        int drained = 0;
        @Nullable Runnable task;
        while (drained < limit && (task = queue.poll()) != null) {
            task.run();
            drained++;
        }
        return drained;
    }

    /** A listener for the liveness network that calls {@code target} on the agent thread. */
    LivenessListener door(LivenessListener target) {
        return new Door(target, true);
    }

    /** Like {@link #door}, without heartbeats and messages: what strangers may send in any number is not even queued. */
    LivenessListener quietDoor(LivenessListener target) {
        return new Door(target, false);
    }

    private final class Door implements LivenessListener {
        private final LivenessListener target;
        private final boolean hearsTraffic;

        Door(LivenessListener target, boolean hearsTraffic) {
            this.target = target;
            this.hearsTraffic = hearsTraffic;
        }

        @Override
        public void onConnected(LivenessLink link) {
            submit(() -> target.onConnected(link));
        }

        @Override
        public void onConnectFailed(InetSocketAddress address, ConnectFailure failure, String reason) {
            submit(() -> target.onConnectFailed(address, failure, reason));
        }

        @Override
        public void onHello(LivenessLink link, Hello hello) {
            submit(() -> target.onHello(link, hello));
        }

        @Override
        public void onReply(LivenessLink link, HelloReply reply) {
            submit(() -> target.onReply(link, reply));
        }

        @Override
        public void onHeartbeat(LivenessLink link, Heartbeat heartbeat) {
            if (hearsTraffic) {
                // No wake-up: the agent looks every few milliseconds anyway, and many heartbeats a second would double
                // its cycles.
                queue.add(() -> target.onHeartbeat(link, heartbeat));
            }
        }

        @Override
        public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
            if (!hearsTraffic) {
                return;
            }
            byte[] copy = new byte[length];
            buffer.getBytes(offset, copy);
            DirectBuffer kept = new org.agrona.concurrent.UnsafeBuffer(copy);
            submit(() -> target.onMessage(link, kept, 0, length));
        }

        @Override
        public void onSilence(LivenessLink link, long silentNs) {
            submit(() -> target.onSilence(link, silentNs));
        }

        @Override
        public void onClosed(LivenessLink link, CloseCause cause, String reason) {
            submit(() -> target.onClosed(link, cause, reason));
        }
    }
}
