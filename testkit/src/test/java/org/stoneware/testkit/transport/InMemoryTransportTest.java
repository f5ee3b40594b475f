package org.stoneware.testkit.transport;

import java.net.InetSocketAddress;
import org.stoneware.spi.transport.TransportProvider;

class InMemoryTransportTest extends TransportContract {
    private final InMemoryNetwork network = new InMemoryNetwork();

    @Override
    protected TransportProvider provider() {
        return network;
    }

    @Override
    protected void inject(InetSocketAddress to, byte[] datagram) {
        network.inject(to, datagram);
    }
}
