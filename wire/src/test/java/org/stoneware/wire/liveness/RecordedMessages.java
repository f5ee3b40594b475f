package org.stoneware.wire.liveness;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;

/** Keeps what an adapter decoded. */
final class RecordedMessages implements LivenessMessageListener {
    final List<Object> messages = new ArrayList<>();

    /** A goodbye as heard. */
    record Goodbye(long incarnation, String reason) {}

    @Override
    public void onHello(Hello hello) {
        messages.add(hello);
    }

    @Override
    public void onReply(HelloReply reply) {
        messages.add(reply);
    }

    @Override
    public void onHeartbeat(Heartbeat heartbeat) {
        messages.add(heartbeat);
    }

    @Override
    public void onMessage(DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        messages.add(bytes);
    }

    @Override
    public void onGoodbye(long incarnation, String reason) {
        messages.add(new Goodbye(incarnation, reason));
    }

    @Override
    public void onChallenge(byte[] nonce, byte[] proof) {
        messages.add(nonce);
        messages.add(proof);
    }

    @Override
    public void onProof(byte[] proof) {
        messages.add(proof);
    }

    @Override
    public void onSealed(byte[] mac, DirectBuffer buffer, int offset, int length) {
        messages.add(mac);
        onMessage(buffer, offset, length);
    }
}
