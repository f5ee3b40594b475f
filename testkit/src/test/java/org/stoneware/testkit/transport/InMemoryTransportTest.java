package org.stoneware.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
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

    @Test
    void shouldLoseConnectionsBetweenTheAddressesThatAreSevered() {
        try (TransportRig rig = new TransportRig(this::provider, this::patienceMs, 16)) {
            TransportEnd server = rig.open("server", anyAddress());
            TransportLink cut = rig.connect(rig.open("cut", anyAddress()), server);
            TransportLink kept = rig.connect(rig.open("kept", anyAddress()), server);

            network.sever(cut.client().address(), server.address());
            rig.await(() -> cut.client().lossesInAll() == 1 && server.lossesInAll() == 1, "both ends see the cut");
            kept.exchange(10);

            kept.checkExchanged(10);
            assertThat(server.losses(cut.there())).hasSize(1);
        }
    }
}
