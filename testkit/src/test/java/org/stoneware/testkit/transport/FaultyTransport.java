package org.stoneware.testkit.transport;

import static org.stoneware.testkit.transport.PlantedFault.ACCEPTS_AN_ID_TWICE;
import static org.stoneware.testkit.transport.PlantedFault.ACCEPTS_TOO_MANY;
import static org.stoneware.testkit.transport.PlantedFault.EXCEEDS_THE_FRAME_LIMIT;
import static org.stoneware.testkit.transport.PlantedFault.GIVES_UP_WHEN_FROZEN;
import static org.stoneware.testkit.transport.PlantedFault.IGNORES_WAKEUP;
import static org.stoneware.testkit.transport.PlantedFault.MISCOUNTS;
import static org.stoneware.testkit.transport.PlantedFault.SLEEPS_THROUGH_ARRIVALS;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportCounters;
import org.stoneware.spi.transport.TransportException;

/** A sound transport with one fault of its own. */
final class FaultyTransport implements Transport {
    private static final long FREEZE_NS = 50_000_000;

    private final Transport sound;
    private final PlantedFault fault;
    private final List<FaultyConnection> connections = new ArrayList<>();
    private final List<byte[]> strangers = new ArrayList<>();
    private long lastCycleNs = System.nanoTime();

    private FaultyTransport(Transport sound, PlantedFault fault) {
        this.sound = sound;
        this.fault = fault;
    }

    static FaultyTransport open(InMemoryNetwork network, TransportContext context, PlantedFault fault) {
        int maxConnections = context.maxConnections() + (fault == ACCEPTS_TOO_MANY ? 1 : 0);
        return new FaultyTransport(
                network.open(new TransportContext(context.name(), 0, maxConnections, context.notices())), fault);
    }

    /** Takes a stranger's bytes for a frame. */
    void hear(byte[] stranger) {
        strangers.add(stranger);
    }

    @Override
    public InetSocketAddress bind(InetSocketAddress address) {
        return sound.bind(address);
    }

    @Override
    public void unbind(InetSocketAddress address) {
        sound.unbind(address);
    }

    @Override
    public Connection connect(ConnectionSpec spec) {
        FaultyConnection connection;
        try {
            connection = new FaultyConnection(sound.connect(spec), fault);
        } catch (TransportException e) {
            if (fault == ACCEPTS_AN_ID_TWICE && !connections.isEmpty()) {
                return connections.get(0);
            }
            throw e;
        }
        connections.add(connection);
        return connection;
    }

    @Override
    public int poll(FrameListener listener, int frameLimit) {
        if (!connections.isEmpty()) {
            for (byte[] stranger : strangers) {
                listener.onFrame(connections.get(0), new UnsafeBuffer(stranger), 0, stranger.length);
            }
            strangers.clear();
        }
        return sound.poll(
                new FaultyListener(listener, connections, fault),
                fault == EXCEEDS_THE_FRAME_LIMIT ? frameLimit + 1 : frameLimit);
    }

    @Override
    public int doWork(long nowNs) {
        if (fault == GIVES_UP_WHEN_FROZEN && nowNs - lastCycleNs > FREEZE_NS) {
            connections.forEach(FaultyConnection::close);
        }
        lastCycleNs = nowNs;
        return sound.doWork(nowNs);
    }

    @Override
    public void awaitWork(long timeoutNs) {
        if (fault == SLEEPS_THROUGH_ARRIVALS) {
            LockSupport.parkNanos(timeoutNs);
        } else {
            sound.awaitWork(timeoutNs);
        }
    }

    @Override
    public void wakeup() {
        if (fault != IGNORES_WAKEUP) {
            sound.wakeup();
        }
    }

    @Override
    public TransportCounters counters() {
        TransportCounters counters = sound.counters();
        return new TransportCounters(
                counters.framesSent() + (fault == MISCOUNTS ? 1 : 0),
                counters.framesReceived(),
                counters.bytesSent(),
                counters.bytesReceived(),
                counters.backPressured(),
                counters.framesRejected(),
                counters.rebuilds());
    }

    @Override
    public void close() {
        sound.close();
    }
}
