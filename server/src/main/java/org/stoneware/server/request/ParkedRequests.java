package org.stoneware.server.request;

import java.util.ArrayDeque;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for the store to bring a session into memory. They are decoded again, in the order they came, once a load
 * ends.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> {@link #MAX_PARKED}; one more is refused.
 */
final class ParkedRequests {
    static final int MAX_PARKED = 10_000;

    private final ArrayDeque<Parked> parked = new ArrayDeque<>();

    private record Parked(ClientPort port, byte[] message) {}

    /** Dispatches a parked message. */
    interface Dispatcher {
        void dispatch(ClientPort port, DirectBuffer buffer, int offset, int length);
    }

    boolean park(ClientPort port, @Nullable DirectBuffer buffer, int offset, int length) {
        if (buffer == null || parked.size() >= MAX_PARKED) {
            return false;
        }
        byte[] copy = new byte[length];
        buffer.getBytes(offset, copy);
        parked.addLast(new Parked(port, copy));
        return true;
    }

    int resume(Dispatcher dispatcher) {
        int count = parked.size();
        for (int i = 0; i < count; i++) {
            Parked next = parked.removeFirst();
            dispatcher.dispatch(next.port, new UnsafeBuffer(next.message), 0, next.message.length);
        }
        return count;
    }

    boolean isEmpty() {
        return parked.isEmpty();
    }
}
