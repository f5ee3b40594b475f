package org.stoneware.simulation;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.stoneware.server.request.ClientPort;

/** A connection of a Tomcat to a server; messages keep their order, and each side notices the end in its own time. */
final class SimulatedLink {
    private static final long MS = 1_000_000L;
    private static final byte REGISTER = 1;

    final SimulatedServer server;
    final long serverIncarnation;
    final Pipe up = new Pipe();
    final Pipe down = new Pipe();
    final ClientPort port;
    long serverNoticesNs = Long.MAX_VALUE;
    private boolean isUpCut;
    private boolean isDownCut;
    /** Copies of messages that come once more, out of their order, also after the connection has ended. */
    private final PriorityQueue<Message> late = new PriorityQueue<>(Comparator.comparingLong(Message::arrivesNs));

    private final Random random;
    private final Habits habits;
    private final long peaceNs;
    private final LongSupplier nowNs;

    /** What a cut stops. */
    enum Cut {
        BOTH,
        /** The server hears nothing more; what it sends arrives until it gives the Tomcat up. */
        UP,
        /** The Tomcat hears nothing more; what it sends arrives until it gives the server up. */
        DOWN
    }

    /** A message on its way. */
    private record Message(byte[] bytes, long arrivesNs) {}

    /** One direction. */
    final class Pipe {
        private final ArrayDeque<Message> messages = new ArrayDeque<>();
        private long lastArrivalNs;

        void send(byte[] bytes) {
            long sentNs = nowNs.getAsLong();
            long delayNs = random.nextInt(habits.slowOneIn()) == 0
                    ? random.nextInt(habits.slowestMs()) * MS
                    : random.nextInt(habits.quickUs()) * 1_000L;
            if (sentNs >= peaceNs) {
                delayNs = Math.min(delayNs, 3 * MS);
            }
            lastArrivalNs = Math.max(lastArrivalNs, sentNs + delayNs);
            messages.add(new Message(bytes, lastArrivalNs));
        }

        byte[] next() {
            Message first = messages.peek();
            return first == null || first.arrivesNs > nowNs.getAsLong() ? null : messages.poll().bytes;
        }
    }

    /** @param peaceNs from when on no message is slow or comes twice. */
    SimulatedLink(
            SimulatedServer server, GrantWatch watch, Random random, Habits habits, long peaceNs, LongSupplier nowNs) {
        this.server = server;
        this.serverIncarnation = server.incarnation;
        this.random = random;
        this.habits = habits;
        this.peaceNs = peaceNs;
        this.nowNs = nowNs;
        this.port = new ClientPort(
                (buffer, offset, length) -> {
                    byte[] bytes = copy(buffer, offset, length);
                    watch.onSent(bytes);
                    if (!isDownCut) {
                        down.send(bytes);
                    }
                    return true;
                },
                watch.toString());
    }

    static boolean isRegistration(byte[] message) {
        return message[2] == REGISTER;
    }

    void send(byte[] bytes) {
        if (isUpCut) {
            return;
        }
        up.send(bytes);
        boolean isRegistration = isRegistration(bytes);
        if (nowNs.getAsLong() < peaceNs && random.nextInt(isRegistration ? 3 : 30) == 0) {
            comesAgain(bytes, nowNs.getAsLong() + random.nextInt(isRegistration ? 1_500 : 300) * MS);
        }
    }

    /** A copy of a message arrives at the given time. */
    void comesAgain(byte[] bytes, long arrivesNs) {
        late.add(new Message(bytes.clone(), arrivesNs));
    }

    byte[] nextLate() {
        Message first = late.peek();
        return first == null || first.arrivesNs > nowNs.getAsLong() ? null : late.poll().bytes;
    }

    boolean isCut() {
        return isUpCut || isDownCut;
    }

    /** What was sent to a Tomcat that hears nothing more is lost; what it sent may be. */
    void cut(Cut cut) {
        isUpCut = cut != Cut.DOWN;
        isDownCut = cut != Cut.UP;
        if (isUpCut && random.nextBoolean()) {
            up.messages.clear();
        }
        if (isDownCut) {
            down.messages.clear();
        }
        serverNoticesNs = nowNs.getAsLong() + random.nextInt(600) * MS;
    }

    private static byte[] copy(DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return bytes;
    }
}
