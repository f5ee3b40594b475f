package org.stoneware.wire.liveness;

import org.agrona.DirectBuffer;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;

/**
 * Hears what a {@link LivenessAdapter} decoded; everything given has passed the limits of {@link LivenessProtocol}.
 * <p>
 * <b>Threading:</b> called by the thread that feeds the adapter.
 * <p>
 * <b>Ownership:</b> {@code buffer} is a view valid until the call returns.
 */
public interface LivenessMessageListener {
    void onHello(Hello hello);

    void onReply(HelloReply reply);

    void onHeartbeat(Heartbeat heartbeat);

    void onMessage(DirectBuffer buffer, int offset, int length);

    void onGoodbye(long incarnation, String reason);
}
