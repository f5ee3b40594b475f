package org.stoneware.spi.liveness;

import java.net.InetSocketAddress;
import org.agrona.DirectBuffer;

/**
 * One TCP connection after it was established.
 * <p>
 * <b>Threading:</b> callable from any thread; what is sent is queued and written by the liveness thread.
 */
public interface LivenessLink {
    /** Rises with every connection of this process. */
    long id();

    /** True on the end that connected. */
    boolean isInitiator();

    InetSocketAddress localAddress();

    InetSocketAddress remoteAddress();

    /** Sends the hello; once, initiator only. */
    void sendHello(Hello hello);

    /** Answers the hello; once. Anything but {@link HelloReply.Status#ACCEPTED} closes the connection after it was written. */
    void sendReply(HelloReply reply);

    /**
     * Sends an opaque message to the other end.
     * <p>
     * <b>Ownership:</b> the bytes are copied before this call returns.
     * <p>
     * <b>Limits:</b> {@link #MAX_MESSAGE_LENGTH}.
     *
     * @return false when the connection is closed or too much is waiting to be written.
     */
    boolean sendMessage(DirectBuffer buffer, int offset, int length);

    /** Says why this end leaves, then closes. Idempotent. */
    void goodbye(String reason);

    /** Closes without a word. Idempotent. */
    void close();

    int MAX_MESSAGE_LENGTH = 64 * 1024;
}
