package org.stoneware.transport.aeron;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;

class StreamChannelTest {
    private static final int LARGE = 8192;

    @Test
    void shouldUseDatagramsThatFitTheNetworkBetweenTwoHosts() {
        assertThat(StreamChannel.mtuLength(spec("192.0.2.1", "192.0.2.2"), 0)).isEqualTo(1408);
    }

    @Test
    void shouldUseLargeDatagramsOnOneHost() {
        assertThat(StreamChannel.mtuLength(spec("192.0.2.1", "192.0.2.1"), 0)).isEqualTo(LARGE);
        assertThat(StreamChannel.mtuLength(spec("127.0.0.1", "127.0.0.2"), 0)).isEqualTo(LARGE);
    }

    @Test
    void shouldFollowTheHintWithinWhatFramesNeed() {
        ConnectionSpec apart = spec("192.0.2.1", "192.0.2.2");

        assertThat(StreamChannel.mtuLength(apart, 1360)).isEqualTo(1408);
        assertThat(StreamChannel.mtuLength(apart, 1400)).isEqualTo(1440);
        assertThat(StreamChannel.mtuLength(apart, 10)).isEqualTo(1088);
        assertThat(StreamChannel.mtuLength(apart, Integer.MAX_VALUE)).isEqualTo(LARGE);
    }

    @Test
    void shouldSpellEveryLength() {
        StreamChannel channel = StreamChannel.of(spec("192.0.2.1", "192.0.2.2"), 0, 1 << 20);

        assertThat(channel.outgoing())
                .contains("endpoint=192.0.2.2:9510", "term-length=65536", "mtu=1408", "pub-wnd=32768", "sparse=true");
        assertThat(channel.incoming(7)).contains("tags=7", "rcv-wnd=32768");
    }

    @Test
    void shouldNotOfferAWindowTheSocketCannotHold() {
        ConnectionSpec replication =
                new ConnectionSpec(1, 2, 3, true, address("192.0.2.1"), address("192.0.2.2"), Purpose.REPLICATION);

        assertThat(StreamChannel.of(replication, 0, 128 * 1024).incoming(1)).contains("rcv-wnd=65536");
    }

    @Test
    void shouldSpellVersionSixAddresses() {
        assertThat(BoundAddress.endpoint(address("2001:db8::1"))).isEqualTo("[2001:db8:0:0:0:0:0:1]:9510");
    }

    private static ConnectionSpec spec(String local, String remote) {
        return new ConnectionSpec(1, 2, 3, true, address(local), address(remote), Purpose.CLIENT);
    }

    private static InetSocketAddress address(String host) {
        return new InetSocketAddress(host, 9510);
    }
}
