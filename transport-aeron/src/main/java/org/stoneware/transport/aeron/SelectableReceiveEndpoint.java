package org.stoneware.transport.aeron;

import io.aeron.driver.DataPacketDispatcher;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.media.ReceiveChannelEndpoint;
import io.aeron.driver.media.UdpChannel;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.protocol.DataHeaderFlyweight;
import io.aeron.protocol.HeaderFlyweight;
import io.aeron.protocol.RttMeasurementFlyweight;
import io.aeron.protocol.SetupFlyweight;
import java.net.InetSocketAddress;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/** Receiving socket that also wakes our selector, and lets nothing pass but what is expected. */
final class SelectableReceiveEndpoint extends ReceiveChannelEndpoint {
    private static final int MIN_TERM_LENGTH = 64 * 1024;
    private static final int MAX_TERM_LENGTH = 16 * 1024 * 1024;

    private final ChannelSelector selector;
    private final AdmittedStreams admitted;

    SelectableReceiveEndpoint(
            UdpChannel udpChannel,
            DataPacketDispatcher dispatcher,
            AtomicCounter statusIndicator,
            MediaDriver.Context context,
            ChannelSelector selector,
            AdmittedStreams admitted) {
        super(udpChannel, dispatcher, statusIndicator, context);
        this.selector = selector;
        this.admitted = admitted;
    }

    @Override
    public void openChannel() {
        super.openChannel();
        selector.register(receiveDatagramChannel);
    }

    @Override
    public boolean isValidFrame(UnsafeBuffer buffer, int length) {
        if (!super.isValidFrame(buffer, length) || !isWhole(buffer, length)) {
            admitted.countRejected();
            return false;
        }
        return true;
    }

    @Override
    public int onDataPacket(
            DataHeaderFlyweight header,
            UnsafeBuffer buffer,
            int length,
            InetSocketAddress srcAddress,
            int transportIndex) {
        if (!admitted.admits(header.streamId(), header.sessionId())) {
            return 0;
        }
        return super.onDataPacket(header, buffer, length, srcAddress, transportIndex);
    }

    @Override
    public void onSetupMessage(
            SetupFlyweight header, UnsafeBuffer buffer, int length, InetSocketAddress srcAddress, int transportIndex) {
        if (admitted.admits(header.streamId(), header.sessionId())) {
            if (isSound(header)) {
                super.onSetupMessage(header, buffer, length, srcAddress, transportIndex);
            } else {
                admitted.countRejected();
            }
        }
    }

    @Override
    public void onRttMeasurement(
            RttMeasurementFlyweight header,
            UnsafeBuffer buffer,
            int length,
            InetSocketAddress srcAddress,
            int transportIndex) {
        if (admitted.admits(header.streamId(), header.sessionId())) {
            super.onRttMeasurement(header, buffer, length, srcAddress, transportIndex);
        }
    }

    /** The driver trusts the length of a header; a datagram cut short must not make it read what an older one left behind. */
    private static boolean isWhole(UnsafeBuffer buffer, int length) {
        return switch (FrameDescriptor.frameType(buffer, 0)) {
            case HeaderFlyweight.HDR_TYPE_DATA, HeaderFlyweight.HDR_TYPE_PAD ->
                length >= DataHeaderFlyweight.HEADER_LENGTH;
            case HeaderFlyweight.HDR_TYPE_SETUP -> length >= SetupFlyweight.HEADER_LENGTH;
            case HeaderFlyweight.HDR_TYPE_RTTM -> length >= RttMeasurementFlyweight.HEADER_LENGTH;
            default -> false;
        };
    }

    private static boolean isSound(SetupFlyweight header) {
        int termLength = header.termLength();
        int mtuLength = header.mtuLength();
        return termLength >= MIN_TERM_LENGTH
                && termLength <= MAX_TERM_LENGTH
                && Integer.bitCount(termLength) == 1
                && mtuLength >= AeronSettings.MIN_MTU_LENGTH
                && mtuLength <= AeronSettings.SAME_HOST_MTU_LENGTH;
    }
}
