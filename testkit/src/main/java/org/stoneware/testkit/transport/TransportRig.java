package org.stoneware.testkit.transport;

import static org.assertj.core.api.Assertions.fail;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportProvider;

/** The transports of one test, driven in turn by its one thread. */
public final class TransportRig implements AutoCloseable {
    private static final long PAUSE_NS = 1_000_000;

    private final List<TransportEnd> ends = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private final Supplier<TransportProvider> provider;
    private final LongSupplier patienceMs;
    private final int maxConnections;
    private int lastConnectionId;

    public TransportRig(Supplier<TransportProvider> provider, LongSupplier patienceMs, int maxConnections) {
        this.provider = provider;
        this.patienceMs = patienceMs;
        this.maxConnections = maxConnections;
    }

    /** Opens a transport on an address; closed with the rig. */
    public TransportEnd open(String name, InetSocketAddress address) {
        TransportContext context = new TransportContext(name, 0, maxConnections, notices::add);
        TransportEnd end = new TransportEnd(provider.get().open(context), address);
        ends.add(end);
        return end;
    }

    public void close(TransportEnd end) {
        end.close();
        ends.remove(end);
    }

    public TransportLink connect(TransportEnd client, TransportEnd server) {
        return connect(client, server, Purpose.CLIENT);
    }

    public TransportLink connect(TransportEnd client, TransportEnd server, Purpose purpose) {
        int id = nextConnectionId();
        Connection there = server.transport().connect(spec(id, server, client, false, purpose));
        Connection here = client.transport().connect(spec(id, client, server, true, purpose));
        await(() -> here.isConnected() && there.isConnected(), "both ends connected");
        return new TransportLink(this, client, server, here, there);
    }

    public int nextConnectionId() {
        return ++lastConnectionId;
    }

    /** One end of a connection nobody has an id for yet. */
    public ConnectionSpec spec(TransportEnd local, TransportEnd remote, boolean isInitiator) {
        return spec(nextConnectionId(), local, remote, isInitiator);
    }

    public static ConnectionSpec spec(int id, TransportEnd local, TransportEnd remote, boolean isInitiator) {
        return spec(id, local, remote, isInitiator, Purpose.CLIENT);
    }

    private static ConnectionSpec spec(
            int id, TransportEnd local, TransportEnd remote, boolean isInitiator, Purpose purpose) {
        SplittableRandom keys = new SplittableRandom(id);
        return new ConnectionSpec(
                id, keys.nextLong(), keys.nextLong(), isInitiator, local.address(), remote.address(), purpose);
    }

    public void cycle(int times) {
        for (int i = 0; i < times; i++) {
            for (TransportEnd end : ends) {
                end.cycle();
            }
        }
    }

    /** Drives all ends until something has happened. */
    public void await(BooleanSupplier isDone, String what) {
        await(isDone, what, ends);
    }

    /** Drives some ends until something has happened. */
    public void await(BooleanSupplier isDone, String what, List<TransportEnd> driven) {
        long deadlineNs = System.nanoTime() + patienceMs.getAsLong() * 1_000_000;
        while (!isDone.getAsBoolean()) {
            int work = 0;
            for (TransportEnd end : driven) {
                work += end.cycle();
            }
            if (work == 0) {
                driven.get(0).transport().awaitWork(PAUSE_NS);
            }
            if (deadlineNs - System.nanoTime() < 0) {
                fail("did not happen within %d ms: %s; notices=%s", patienceMs.getAsLong(), what, notices);
            }
        }
    }

    @Override
    public void close() {
        ends.forEach(TransportEnd::close);
        ends.clear();
    }
}
