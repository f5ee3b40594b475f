package org.stoneware.transport.aeron;

import org.stoneware.spi.transport.TransportProvider;
import org.stoneware.testkit.transport.TransportContract;

class AeronTransportContractTest extends TransportContract {
    private final AeronTransportProvider provider = new AeronTransportProvider();

    @Override
    protected TransportProvider provider() {
        return provider;
    }
}
