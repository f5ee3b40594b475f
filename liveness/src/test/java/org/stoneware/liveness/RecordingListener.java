package org.stoneware.liveness;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.agrona.DirectBuffer;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;

/** Keeps what it hears, in order, for a test thread to wait for; says the hello and the reply it was given. */
class RecordingListener implements LivenessListener {
    /** Generous: a loaded machine must not fail a test. */
    static final long WAIT_SEC = 30;

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private volatile Hello hello;
    private volatile HelloReply reply;

    /** What was heard about which connection. */
    sealed interface Event {
        LivenessLink link();

        record Connected(LivenessLink link) implements Event {}

        record ConnectFailed(LivenessLink link, InetSocketAddress address, ConnectFailure failure, String reason)
                implements Event {}

        record HelloHeard(LivenessLink link, Hello hello) implements Event {}

        record Replied(LivenessLink link, HelloReply reply) implements Event {}

        record Beat(LivenessLink link, Heartbeat heartbeat) implements Event {}

        record Message(LivenessLink link, byte[] bytes) implements Event {}

        record Silence(LivenessLink link, long silentNs) implements Event {}

        record Closed(LivenessLink link, CloseCause cause, String reason) implements Event {}
    }

    RecordingListener sayingHello(Hello toSay) {
        hello = toSay;
        return this;
    }

    RecordingListener replying(HelloReply toSay) {
        reply = toSay;
        return this;
    }

    <E extends Event> E await(Class<E> type) {
        return await(type, event -> true);
    }

    /** Waits for the next event of this type that passes; drops what comes before it. */
    <E extends Event> E await(Class<E> type, Predicate<E> isWanted) {
        List<Event> dropped = new ArrayList<>();
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SEC);
        try {
            while (true) {
                Event event = events.poll(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (event == null) {
                    int size = dropped.size();
                    throw new AssertionError("no " + type.getSimpleName() + " came; heard " + size + " others, at last "
                            + dropped.subList(Math.max(0, size - 10), size));
                }
                if (type.isInstance(event) && isWanted.test(type.cast(event))) {
                    return type.cast(event);
                }
                dropped.add(event);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** What has been heard and not waited for. */
    List<Event> rest() {
        return new ArrayList<>(events);
    }

    @Override
    public void onConnected(LivenessLink link) {
        events.add(new Event.Connected(link));
        if (hello != null) {
            link.sendHello(hello);
        }
    }

    @Override
    public void onConnectFailed(InetSocketAddress address, ConnectFailure failure, String reason) {
        events.add(new Event.ConnectFailed(null, address, failure, reason));
    }

    @Override
    public void onHello(LivenessLink link, Hello heard) {
        events.add(new Event.HelloHeard(link, heard));
        if (reply != null) {
            link.sendReply(reply);
        }
    }

    @Override
    public void onReply(LivenessLink link, HelloReply heard) {
        events.add(new Event.Replied(link, heard));
    }

    @Override
    public void onHeartbeat(LivenessLink link, Heartbeat heartbeat) {
        events.add(new Event.Beat(link, heartbeat));
    }

    @Override
    public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        events.add(new Event.Message(link, bytes));
    }

    @Override
    public void onSilence(LivenessLink link, long silentNs) {
        events.add(new Event.Silence(link, silentNs));
    }

    @Override
    public void onClosed(LivenessLink link, CloseCause cause, String reason) {
        events.add(new Event.Closed(link, cause, reason));
    }
}
