package org.stoneware.transport.aeron;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;

class StreamIdentityTest {
    @Test
    void shouldBeTheSameAtBothEnds() {
        assertThat(StreamIdentity.outgoing(spec(1, 2, 3, true)))
                .isEqualTo(StreamIdentity.incoming(spec(1, 2, 3, false)));
        assertThat(StreamIdentity.incoming(spec(1, 2, 3, true)))
                .isEqualTo(StreamIdentity.outgoing(spec(1, 2, 3, false)));
    }

    @Test
    void shouldDifferByDirectionIdAndKey() {
        assertThat(StreamIdentity.outgoing(spec(1, 2, 3, true)))
                .isNotEqualTo(StreamIdentity.incoming(spec(1, 2, 3, true)))
                .isNotEqualTo(StreamIdentity.outgoing(spec(2, 2, 3, true)))
                .isNotEqualTo(StreamIdentity.outgoing(spec(1, 3, 3, true)))
                .isNotEqualTo(StreamIdentity.outgoing(spec(1, 2, 4, true)));
    }

    /** Both ends may run different releases: what they compute is part of the protocol. */
    @Test
    void shouldNeverChange() {
        assertThat(StreamIdentity.outgoing(spec(1, 2, 3, true)))
                .isEqualTo(new StreamIdentity(832271466, 947253600, -8539824518262099029L));
    }

    private static ConnectionSpec spec(int id, long keyHigh, long keyLow, boolean isInitiator) {
        InetSocketAddress any = new InetSocketAddress("127.0.0.1", 9510);
        return new ConnectionSpec(id, keyHigh, keyLow, isInitiator, any, any, Purpose.CLIENT);
    }
}
