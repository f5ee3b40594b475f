package org.stoneware.server.storage;

import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.storage.StoreListener;

/**
 * Tickets of loads whose end has not been told yet, so that who waits is told as well when another store takes the place of the one asked.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class AwaitedLoads {
    private final LongHashSet tickets = new LongHashSet();

    void add(long ticket) {
        tickets.add(ticket);
    }

    void remove(long ticket) {
        tickets.remove(ticket);
    }

    /** Whoever waits for a load of the store before asks the one in use. */
    void tell(@Nullable StoreListener listener) {
        LongHashSet due = new LongHashSet();
        due.addAll(tickets);
        tickets.clear();
        if (listener != null) {
            due.forEach(listener::onLoaded);
        }
    }
}
