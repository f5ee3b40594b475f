package org.stoneware.testkit.transport;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportException;
import org.stoneware.spi.transport.TransportProvider;

/**
 * A network inside one process. Transports opened here reach each other and nobody else; nothing depends on time, so a test that
 * drives them from one thread always runs the same way.
 * <p>
 * <b>Threading:</b> any thread; each transport is driven by one, as the contract says.
 */
public final class InMemoryNetwork implements TransportProvider {
    private static final int FIRST_CHOSEN_PORT = 40_000;
    private static final int LAST_PORT = 65_535;

    private final Map<InetSocketAddress, InMemoryTransport> bound = new LinkedHashMap<>();
    private int nextPort = FIRST_CHOSEN_PORT;

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public Transport open(TransportContext context) {
        return new InMemoryTransport(this, context);
    }

    /** Sends bytes that belong to no connection, as a stranger would. */
    public synchronized void inject(InetSocketAddress to, byte[] datagram) {
        InMemoryTransport receiver = bound.get(to);
        if (receiver != null && datagram.length > 0) {
            receiver.countRejected();
        }
    }

    /** Cuts every connection between two bound addresses; both ends see it lost. */
    public synchronized void sever(InetSocketAddress one, InetSocketAddress other) {
        for (InMemoryConnection connection : connectionsAt(one)) {
            if (connection.spec().remoteAddress().equals(other)) {
                connection.cut("the network is cut");
            }
        }
        for (InMemoryConnection connection : connectionsAt(other)) {
            if (connection.spec().remoteAddress().equals(one)) {
                connection.cut("the network is cut");
            }
        }
        notifyAll();
    }

    synchronized InetSocketAddress bind(InetSocketAddress wanted, InMemoryTransport transport) {
        InetSocketAddress address = wanted.getPort() == 0 ? choosePort(wanted) : wanted;
        if (bound.putIfAbsent(address, transport) != null) {
            throw new TransportException("address in use: " + address);
        }
        return address;
    }

    synchronized void unbind(InetSocketAddress address) {
        bound.remove(address);
    }

    synchronized void unbind(InMemoryTransport transport) {
        bound.values().removeIf(candidate -> candidate == transport);
        notifyAll();
    }

    /** The open other end of a connection, when it is there. */
    synchronized @Nullable InMemoryConnection otherEndOf(ConnectionSpec spec) {
        for (InMemoryConnection candidate : connectionsAt(spec.remoteAddress())) {
            ConnectionSpec other = candidate.spec();
            if (candidate.isUnpaired()
                    && other.localAddress().equals(spec.remoteAddress())
                    && other.remoteAddress().equals(spec.localAddress())
                    && other.connectionId() == spec.connectionId()
                    && other.keyHigh() == spec.keyHigh()
                    && other.keyLow() == spec.keyLow()
                    && other.isInitiator() != spec.isInitiator()) {
                return candidate;
            }
        }
        return null;
    }

    private List<InMemoryConnection> connectionsAt(InetSocketAddress address) {
        InMemoryTransport transport = bound.get(address);
        return transport == null ? List.of() : new ArrayList<>(transport.connections());
    }

    private InetSocketAddress choosePort(InetSocketAddress wanted) {
        while (nextPort <= LAST_PORT) {
            InetSocketAddress chosen = new InetSocketAddress(wanted.getAddress(), nextPort++);
            if (!bound.containsKey(chosen)) {
                return chosen;
            }
        }
        throw new TransportException("no port left");
    }
}
