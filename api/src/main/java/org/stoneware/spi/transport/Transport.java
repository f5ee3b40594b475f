package org.stoneware.spi.transport;

import java.net.InetSocketAddress;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Moves opaque frames between identified ends: in order, complete, without duplicates, with back-pressure.
 * <p>
 * A connection exists only after a hello on the TCP liveness connection has given both ends the same {@link ConnectionSpec}
 * identity. There is no listening for strangers: a frame that belongs to no such identity is counted and dropped.
 * <p>
 * <b>Threading:</b> everything but {@link #wakeup()} is called on the one agent thread that opened it.
 * <p>
 * <b>Failure:</b> a lost connection is reported once through {@link FrameListener#onConnectionLost}. A transport whose inner
 * machinery had to be rebuilt (for example after the process was frozen for long) reports all its connections as lost, is
 * usable again by itself, and keeps the local addresses it had bound. An address whose port it chose itself may be gone when
 * somebody else has it by then; {@link #connect} refuses it and the caller binds anew.
 */
@ConsumerType
public interface Transport extends AutoCloseable {
    /**
     * Makes this process reachable at an address.
     *
     * @param address port 0 lets the transport choose.
     * @return the address bound, port resolved.
     * @throws TransportException when the address can't be bound.
     */
    InetSocketAddress bind(InetSocketAddress address);

    /**
     * Gives an address up, so that its port is free; nothing happens with an address that isn't bound. The caller has closed the
     * connections there.
     * <p>
     * A transport that does not implement it keeps the address until it is closed.
     */
    default void unbind(InetSocketAddress address) {}

    /**
     * Opens this end of a connection. The other end does the same; frames flow as soon as both have.
     * <p>
     * <b>Failure:</b> {@link TransportException} when the specification can't be met (unknown local address, too many
     * connections, identifier in use).
     */
    Connection connect(ConnectionSpec spec);

    /**
     * Delivers frames that have arrived.
     * <p>
     * <b>Limits:</b> at most {@code frameLimit} frames.
     *
     * @return frames delivered.
     */
    int poll(FrameListener listener, int frameLimit);

    /**
     * Does the transport's own work: sending, status messages, timers. Called on every duty cycle.
     *
     * @param nowNs monotonic time.
     * @return amount of work done; 0 when idle.
     */
    int doWork(long nowNs);

    /** Blocks until something arrives, {@link #wakeup()} is called, or the time is over; may return early. */
    void awaitWork(long timeoutNs);

    /** Ends a running or the next {@link #awaitWork}. Callable from any thread. */
    void wakeup();

    /** Figures since {@link TransportProvider#open}. */
    TransportCounters counters();

    /** Closes every connection without reporting them and frees all resources. Idempotent. */
    @Override
    void close();
}
