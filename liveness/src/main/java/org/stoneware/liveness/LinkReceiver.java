package org.stoneware.liveness;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import org.agrona.DirectBuffer;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;
import org.stoneware.wire.liveness.LivenessAdapter;
import org.stoneware.wire.liveness.LivenessMessageListener;

/** Reads one connection, decodes, and tells the link or its listener. */
final class LinkReceiver implements LivenessMessageListener {
    /** Reads per call, so that one chatty connection can't hold up the others. */
    private static final int MAX_READS = 16;

    private final LivenessAdapter adapter = new LivenessAdapter(this);
    private final ReceiveBuffer received = new ReceiveBuffer();
    private final TcpLink link;
    private final SocketChannel channel;

    LinkReceiver(TcpLink link, SocketChannel channel) {
        this.link = link;
        this.channel = channel;
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
        link.onHello(hello);
    }

    @Override
    public void onReply(HelloReply reply) {
        link.onReply(reply);
    }

    @Override
    public void onHeartbeat(Heartbeat heartbeat) {
        link.listener().onHeartbeat(link, heartbeat);
    }

    @Override
    public void onMessage(DirectBuffer buffer, int offset, int length) {
        link.listener().onMessage(link, buffer, offset, length);
    }

    @Override
    public void onGoodbye(long incarnation, String reason) {
        link.requestClose(new CloseRequest(CloseCause.GOODBYE, reason, false));
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
