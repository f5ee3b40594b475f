package org.stoneware.transport.aeron;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.media.SendChannelEndpoint;
import io.aeron.driver.media.UdpChannel;
import org.agrona.concurrent.status.AtomicCounter;

/** Sending socket whose returning status messages also wake our selector. */
final class SelectableSendEndpoint extends SendChannelEndpoint {
    private final ChannelSelector selector;

    SelectableSendEndpoint(
            UdpChannel udpChannel,
            AtomicCounter statusIndicator,
            MediaDriver.Context context,
            ChannelSelector selector) {
        super(udpChannel, statusIndicator, context);
        this.selector = selector;
    }

    @Override
    public void openChannel() {
        super.openChannel();
        selector.register(receiveDatagramChannel);
    }
}
