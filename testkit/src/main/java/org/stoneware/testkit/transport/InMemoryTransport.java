package org.stoneware.testkit.transport;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportCounters;
import org.stoneware.spi.transport.TransportException;

/** One process of an {@link InMemoryNetwork}. Everything shared is guarded by the network. */
final class InMemoryTransport implements Transport {
    private final InMemoryNetwork network;
    private final TransportContext context;
    private final Set<InetSocketAddress> addresses = new HashSet<>();
    private final List<InMemoryConnection> connections = new ArrayList<>();
    private final UnsafeBuffer delivery = new UnsafeBuffer(new byte[0]);

    private boolean isWoken;
    private boolean isClosed;
    private long framesSent;
    private long framesReceived;
    private long bytesSent;
    private long bytesReceived;
    private long backPressured;
    private long framesRejected;

    InMemoryTransport(InMemoryNetwork network, TransportContext context) {
        this.network = network;
        this.context = context;
    }

    @Override
    public InetSocketAddress bind(InetSocketAddress address) {
        synchronized (network) {
            checkOpen();
            InetSocketAddress chosen = network.bind(address, this);
            addresses.add(chosen);
            return chosen;
        }
    }

    @Override
    public void unbind(InetSocketAddress address) {
        synchronized (network) {
            if (addresses.remove(address)) {
                network.unbind(address);
            }
        }
    }

    @Override
    public Connection connect(ConnectionSpec spec) {
        synchronized (network) {
            checkOpen();
            if (!addresses.contains(spec.localAddress())) {
                throw new TransportException("not a bound address: " + spec.localAddress());
            }
            if (connections.size() >= context.maxConnections()) {
                throw new TransportException("too many connections: open=" + connections.size());
            }
            for (InMemoryConnection connection : connections) {
                if (isSameIdentity(connection.spec(), spec)) {
                    throw new TransportException("identifier in use: connectionId=" + spec.connectionId());
                }
            }
            InMemoryConnection connection = new InMemoryConnection(network, this, spec);
            InMemoryConnection otherEnd = network.otherEndOf(spec);
            if (otherEnd != null) {
                connection.pair(otherEnd);
                network.notifyAll();
            }
            connections.add(connection);
            return connection;
        }
    }

    @Override
    public int poll(FrameListener listener, int frameLimit) {
        int delivered = 0;
        for (InMemoryConnection connection : snapshot()) {
            while (delivered < frameLimit && !connection.isClosed()) {
                byte[] frame = connection.nextArrived();
                if (frame == null) {
                    break;
                }
                delivered++;
                countReceived(frame.length);
                delivery.wrap(frame);
                listener.onFrame(connection, delivery, 0, frame.length);
            }
            String lossReason = connection.takeLoss();
            if (lossReason != null) {
                listener.onConnectionLost(connection, lossReason);
            }
        }
        return delivered;
    }

    @Override
    public int doWork(long nowNs) {
        return 0;
    }

    @Override
    public void awaitWork(long timeoutNs) {
        long deadlineNs = System.nanoTime() + timeoutNs;
        synchronized (network) {
            long leftNs = timeoutNs;
            while (!isWoken && !hasNews() && leftNs > 0) {
                try {
                    NANOSECONDS.timedWait(network, leftNs);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
                leftNs = deadlineNs - System.nanoTime();
            }
            isWoken = false;
        }
    }

    @Override
    public void wakeup() {
        synchronized (network) {
            isWoken = true;
            network.notifyAll();
        }
    }

    @Override
    public TransportCounters counters() {
        synchronized (network) {
            return new TransportCounters(
                    framesSent, framesReceived, bytesSent, bytesReceived, backPressured, framesRejected, 0);
        }
    }

    @Override
    public void close() {
        synchronized (network) {
            isClosed = true;
            for (InMemoryConnection connection : snapshot()) {
                connection.close();
            }
            network.unbind(this);
        }
    }

    List<InMemoryConnection> connections() {
        return connections;
    }

    void remove(InMemoryConnection connection) {
        connections.remove(connection);
    }

    void countSent(int length) {
        framesSent++;
        bytesSent += length;
    }

    void countBackPressure() {
        backPressured++;
    }

    void countRejected() {
        framesRejected++;
    }

    private void countReceived(int length) {
        synchronized (network) {
            framesReceived++;
            bytesReceived += length;
        }
    }

    private List<InMemoryConnection> snapshot() {
        synchronized (network) {
            return new ArrayList<>(connections);
        }
    }

    private boolean hasNews() {
        for (InMemoryConnection connection : connections) {
            if (connection.hasNews()) {
                return true;
            }
        }
        return false;
    }

    private void checkOpen() {
        if (isClosed) {
            throw new TransportException("transport is closed");
        }
    }

    /** Ids are the acceptor's to choose, so those of two acceptors may be equal. */
    private static boolean isSameIdentity(ConnectionSpec one, ConnectionSpec other) {
        return one.connectionId() == other.connectionId()
                && one.isInitiator() == other.isInitiator()
                && (!one.isInitiator() || one.remoteAddress().equals(other.remoteAddress()));
    }
}
