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

    /** The called end asks for a proof, and gives its own. */
    void onChallenge(byte[] nonce, byte[] proof);

    /** The caller proves that it holds the key. */
    void onProof(byte[] proof);

    /**
     * A sealed message; nothing in it has been looked at.
     *
     * @param mac    what its sender says is the code of the frame.
     * @param offset first byte of the frame, its length prefix.
     */
    void onSealed(byte[] mac, DirectBuffer buffer, int offset, int length);
}
