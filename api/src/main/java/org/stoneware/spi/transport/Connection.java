package org.stoneware.spi.transport;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * This end of one connection.
 * <p>
 * <b>Threading:</b> the agent thread of the {@link Transport} that opened it.
 */
@ConsumerType
public interface Connection extends AutoCloseable {
    /** Outcome of {@link #tryClaim}: no room now; try again on a later duty cycle. */
    long BACK_PRESSURED = -1;
    /** Outcome of {@link #tryClaim}: the other end has not arrived yet; try again on a later duty cycle. */
    long NOT_CONNECTED = -2;
    /** Outcome of {@link #tryClaim}: the connection is closed or lost. */
    long CLOSED = -3;

    ConnectionSpec spec();

    /** True while frames can flow. */
    boolean isConnected();

    /** Bytes one frame can hold; constant for the life of the connection, at least 1024. */
    int maxFrameLength();

    /**
     * Takes room for one frame of exact length in the outgoing stream, to be filled in place.
     * <p>
     * <b>Ownership:</b> on a positive outcome the caller must call {@link FrameClaim#commit()} or {@link FrameClaim#abort()}
     * before any other call on this transport; between claim and commit it must not block or throw.
     *
     * @param length 1 to {@link #maxFrameLength()}.
     * @return a positive number, or {@link #BACK_PRESSURED}, {@link #NOT_CONNECTED}, {@link #CLOSED}.
     * @throws IllegalArgumentException when the length is out of range.
     */
    long tryClaim(int length, FrameClaim claim);

    /** Closes this end; the other end sees the connection lost. Not reported to the listener. Idempotent. */
    @Override
    void close();
}
