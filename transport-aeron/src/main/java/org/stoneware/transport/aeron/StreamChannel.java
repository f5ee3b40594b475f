package org.stoneware.transport.aeron;

import java.net.InetAddress;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;

/**
 * How one connection is spelled to Aeron: explicit lengths everywhere, because Aeron's defaults are made for a handful of
 * streams, not for hundreds.
 */
final class StreamChannel {
    private static final int FRAME_ALIGNMENT = 32;
    private static final int OVERHEAD_LENGTH = 32 + FrameHeader.LENGTH;

    private final ConnectionSpec spec;
    private final int mtuLength;
    private final int receiverWindowLength;

    private StreamChannel(ConnectionSpec spec, int mtuLength, int receiverWindowLength) {
        this.spec = spec;
        this.mtuLength = mtuLength;
        this.receiverWindowLength = receiverWindowLength;
    }

    static StreamChannel of(ConnectionSpec spec, int maxFrameHint, int receiveBufferLength) {
        int window = Math.min(termLength(spec.purpose()) / 2, receiveBufferLength / 2);
        return new StreamChannel(spec, mtuLength(spec, maxFrameHint), window);
    }

    static int termLength(Purpose purpose) {
        return purpose == Purpose.REPLICATION
                ? EmbeddedDriver.REPLICATION_TERM_LENGTH
                : EmbeddedDriver.CLIENT_TERM_LENGTH;
    }

    /** Largest datagram payload for a connection: what the network takes whole, or more when no network is between. */
    static int mtuLength(ConnectionSpec spec, int maxFrameHint) {
        if (isSameHost(spec)) {
            return AeronSettings.SAME_HOST_MTU_LENGTH;
        }
        if (maxFrameHint <= 0) {
            return AeronSettings.NETWORK_MTU_LENGTH;
        }
        int wanted = Math.min(maxFrameHint, AeronSettings.SAME_HOST_MTU_LENGTH) + OVERHEAD_LENGTH;
        int aligned = wanted / FRAME_ALIGNMENT * FRAME_ALIGNMENT;
        return Math.max(AeronSettings.MIN_MTU_LENGTH, Math.min(aligned, AeronSettings.SAME_HOST_MTU_LENGTH));
    }

    /** Longest frame that fits one datagram. */
    int maxFrameLength() {
        return mtuLength - OVERHEAD_LENGTH;
    }

    /** Channel to the other end. */
    String outgoing() {
        return "aeron:udp?endpoint=" + BoundAddress.endpoint(spec.remoteAddress())
                + "|session-id=" + StreamIdentity.outgoing(spec).sessionId()
                + "|term-length=" + termLength(spec.purpose())
                + "|mtu=" + mtuLength
                + "|pub-wnd=" + termLength(spec.purpose()) / 2
                + "|sparse=true";
    }

    /** Channel from the other end, on the socket of a bound address. */
    String incoming(long tag) {
        return "aeron:udp?tags=" + tag
                + "|session-id=" + StreamIdentity.incoming(spec).sessionId()
                + "|rcv-wnd=" + receiverWindowLength;
    }

    private static boolean isSameHost(ConnectionSpec spec) {
        InetAddress remote = spec.remoteAddress().getAddress();
        return remote.isLoopbackAddress() || remote.equals(spec.localAddress().getAddress());
    }
}
