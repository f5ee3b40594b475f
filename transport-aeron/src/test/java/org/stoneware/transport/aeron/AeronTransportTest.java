package org.stoneware.transport.aeron;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.spi.transport.FrameClaim;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;

class AeronTransportTest {
    @Test
    void shouldExchangeFrames() {
        AeronTransportProvider provider = new AeronTransportProvider();
        try (Transport a = provider.open(new TransportContext("a", 0, 10, System.out::println));
                Transport b = provider.open(new TransportContext("b", 0, 10, System.out::println))) {
            InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            InetSocketAddress aa = a.bind(any);
            InetSocketAddress ba = b.bind(any);
            System.out.println(aa + " " + ba);
            Connection ca = a.connect(new ConnectionSpec(1, 5, 6, true, aa, ba, Purpose.CLIENT));
            Connection cb = b.connect(new ConnectionSpec(1, 5, 6, false, ba, aa, Purpose.CLIENT));
            List<Integer> heard = new ArrayList<>();
            FrameListener listener = new FrameListener() {
                @Override
                public void onFrame(Connection connection, DirectBuffer buffer, int offset, int length) {
                    heard.add(buffer.getInt(offset));
                }

                @Override
                public void onConnectionLost(Connection connection, String reason) {
                    heard.add(-1);
                    System.out.println(reason);
                }
            };
            FrameClaim claim = new FrameClaim();
            int sent = 0;
            long end = System.nanoTime() + 20_000_000_000L;
            while (heard.size() < 1000 && System.nanoTime() < end) {
                if (sent < 1000 && ca.tryClaim(1000, claim) > 0) {
                    claim.buffer().putInt(claim.offset(), sent++);
                    claim.commit();
                }
                a.doWork(System.nanoTime());
                b.doWork(System.nanoTime());
                a.poll(listener, 10);
                b.poll(listener, 10);
            }
            System.out.println(ca.maxFrameLength() + " " + a.counters() + " " + b.counters());
            assertThat(heard).hasSize(1000);
            ca.close();
            while (heard.size() < 1001 && System.nanoTime() < end) {
                a.doWork(System.nanoTime());
                b.doWork(System.nanoTime());
                b.poll(listener, 10);
            }
            assertThat(heard).hasSize(1001);
        }
    }
}
