package org.stoneware.server.request;

import java.util.ArrayDeque;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Messages that can't be served yet, each with the connection it came over. They are decoded again later, oldest first. A message of a
 * connection that has ended is dropped: its Tomcat sends it again over the next one.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> as given; one message is always taken.
 */
final class WaitingRequests {
    private final int maxMessages;
    private final long maxBytes;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private long bytes;
    private long round;

    /** A message that waits, copied. */
    static final class Waiting {
        final ClientPort port;
        final DirectBuffer message;
        /** When it came to this server. */
        final long arrivedNs;
        /** The store was among what it waited for. */
        boolean isForStore;
        /** It has waited for what another server may tell. */
        boolean isForOffer;
        /** The last round of its queue in which it was served or added. */
        private long round;

        Waiting(ClientPort port, DirectBuffer buffer, int offset, int length, long arrivedNs) {
            byte[] copy = new byte[length];
            buffer.getBytes(offset, copy);
            this.port = port;
            this.message = new UnsafeBuffer(copy);
            this.arrivedNs = arrivedNs;
        }
    }

    /** Serves a message that waited. It may {@link #forget} a connection: the message being served is not in the queue meanwhile. */
    interface Dispatcher {
        /** @return false when it must wait longer. */
        boolean dispatch(Waiting waiting);
    }

    WaitingRequests(int maxMessages, long maxBytes) {
        this.maxMessages = maxMessages;
        this.maxBytes = maxBytes;
    }

    /** @return false when there is no room; the message is not kept then. */
    boolean add(Waiting added) {
        int length = added.message.capacity();
        if (!waiting.isEmpty() && (waiting.size() >= maxMessages || bytes + length > maxBytes)) {
            return false;
        }
        added.round = round;
        waiting.addLast(added);
        bytes += length;
        return true;
    }

    private Waiting takeFirst() {
        Waiting first = waiting.removeFirst();
        bytes -= first.message.capacity();
        return first;
    }

    /** Serves every message once; those that must wait longer keep their order. */
    int retryEach(Dispatcher dispatcher) {
        int served = 0;
        round++;
        while (!waiting.isEmpty() && waiting.getFirst().round != round) {
            Waiting next = takeFirst();
            next.round = round;
            if (dispatcher.dispatch(next)) {
                served++;
            } else {
                waiting.addLast(next);
                bytes += next.message.capacity();
            }
        }
        return served;
    }

    /** Serves messages in order until one must wait longer. */
    int retryInOrder(int limit, Dispatcher dispatcher) {
        int served = 0;
        while (served < limit && !waiting.isEmpty()) {
            Waiting next = takeFirst();
            if (!dispatcher.dispatch(next)) {
                waiting.addFirst(next);
                bytes += next.message.capacity();
                return served;
            }
            served++;
        }
        return served;
    }

    void forget(ClientPort port) {
        waiting.removeIf(each -> {
            boolean isGone = each.port == port;
            if (isGone) {
                bytes -= each.message.capacity();
            }
            return isGone;
        });
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    int size() {
        return waiting.size();
    }
}
