package org.stoneware.liveness;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.wire.liveness.LivenessAdapter;
import org.stoneware.wire.liveness.LivenessMessageListener;

/**
 * Reads one connection, decodes, and tells the link or its listener. Once both ends have proved themselves, only sealed messages count.
 */
final class LinkReceiver implements LivenessMessageListener {
    /** Reads per call, so that one chatty connection can't hold up the others. */
    private static final int MAX_READS = 16;

    private final LivenessAdapter adapter = new LivenessAdapter(this);
    /** For what sealed messages carry. */
    private final LivenessAdapter innerAdapter = new LivenessAdapter(this);

    private final ReceiveBuffer received = new ReceiveBuffer();
    private final TcpLink link;
    private final SocketChannel channel;
    private @Nullable MessageMac mac;
    private boolean isUnsealing;

    LinkReceiver(TcpLink link, SocketChannel channel) {
        this.link = link;
        this.channel = channel;
    }

    /** From now on everything must be sealed. */
    void checkWith(MessageMac codes) {
        mac = codes;
    }

    /** Reads what has come. @return true when anything had. */
    boolean receive() {
        boolean hasRead = false;
        for (int i = 0; i < MAX_READS && link.isOpen(); i++) {
            int count = read();
            if (count <= 0) {
                break;
            }
            hasRead = true;
            decode();
        }
        return hasRead;
    }

    /** Reads and throws away, looking only for the end. */
    void discard() {
        for (int i = 0; i < MAX_READS; i++) {
            received.clear();
            if (read() <= 0) {
                return;
            }
        }
    }

    @Override
    public void onHello(Hello hello) {
        if (isInOrder()) {
            link.onHello(hello);
        }
    }

    @Override
    public void onReply(HelloReply reply) {
        if (isInOrder()) {
            link.onReply(reply);
        }
    }

    @Override
    public void onHeartbeat(Heartbeat heartbeat) {
        if (isInOrder()) {
            link.listener().onHeartbeat(link, heartbeat);
        }
    }

    @Override
    public void onMessage(DirectBuffer buffer, int offset, int length) {
        if (isInOrder()) {
            link.listener().onMessage(link, buffer, offset, length);
        }
    }

    @Override
    public void onGoodbye(long incarnation, String reason) {
        if (isInOrder()) {
            link.onGoodbye(reason);
        }
    }

    @Override
    public void onChallenge(byte[] nonce, byte[] proof) {
        if (isInOrder()) {
            link.onChallenge(nonce, proof);
        }
    }

    @Override
    public void onProof(byte[] proof) {
        if (isInOrder()) {
            link.onProof(proof);
        }
    }

    @Override
    public void onSealed(byte[] code, DirectBuffer buffer, int offset, int length) {
        MessageMac codes = mac;
        if (isUnsealing || codes == null) {
            link.protocolError("sealed message not expected");
            return;
        }
        if (!codes.isGenuine(code, buffer, offset, length)) {
            link.protocolError("message is not genuine: altered, repeated, left out or forged on its way");
            return;
        }
        isUnsealing = true;
        int consumed = innerAdapter.onBytes(buffer, offset, length, link.isGreeted());
        isUnsealing = false;
        if (consumed != length) {
            link.protocolError(
                    consumed == LivenessAdapter.PROTOCOL_ERROR
                            ? innerAdapter.errorText()
                            : "sealed message does not carry one message");
        }
    }

    /** Before the proofs nothing can be sealed, and after them everything is. */
    private boolean isInOrder() {
        if (isUnsealing || mac == null) {
            return true;
        }
        link.protocolError("message without seal after the proof");
        return false;
    }

    private int read() {
        try {
            int count = received.readFrom(channel);
            if (count < 0) {
                link.endedByPeer("closed by peer");
            }
            return count;
        } catch (IOException e) {
            link.endedByPeer("connection broke: " + e.getMessage());
            return -1;
        }
    }

    private void decode() {
        while (link.isOpen()) {
            int consumed =
                    adapter.onBytes(received.buffer(), received.offset(), received.available(), link.isGreeted());
            if (consumed == LivenessAdapter.PROTOCOL_ERROR) {
                link.protocolError(adapter.errorText());
                return;
            }
            if (consumed == 0) {
                return;
            }
            received.consumed(consumed);
        }
    }
}
