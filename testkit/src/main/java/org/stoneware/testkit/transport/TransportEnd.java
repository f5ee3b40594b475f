package org.stoneware.testkit.transport;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.FrameClaim;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;

/** One transport under test, its address, and everything its listener has heard. */
public final class TransportEnd implements FrameListener, AutoCloseable {
    private static final int FRAME_LIMIT = 64;

    private final Transport transport;
    private final InetSocketAddress address;
    private final FrameClaim claim = new FrameClaim();
    private final Map<Connection, List<byte[]>> heard = new LinkedHashMap<>();
    private final Map<Connection, List<String>> losses = new LinkedHashMap<>();
    private @Nullable FrameListener alsoHearing;

    TransportEnd(Transport transport, InetSocketAddress wanted) {
        this.transport = transport;
        address = transport.bind(wanted);
    }

    public Transport transport() {
        return transport;
    }

    public InetSocketAddress address() {
        return address;
    }

    /** Hears every frame after it has been recorded. */
    public void alsoHearing(FrameListener listener) {
        alsoHearing = listener;
    }

    /** One duty cycle; returns what it did. */
    public int cycle() {
        return transport.doWork(System.nanoTime()) + transport.poll(this, FRAME_LIMIT);
    }

    /** A duty cycle that leaves frames where they are. */
    public int cycleWithoutPoll() {
        return transport.doWork(System.nanoTime());
    }

    public long trySend(Connection connection, byte[] frame) {
        long outcome = connection.tryClaim(frame.length, claim);
        if (outcome > 0) {
            claim.buffer().putBytes(claim.offset(), frame);
            claim.commit();
        }
        return outcome;
    }

    /** Claims, fills and gives back. */
    public boolean tryAbort(Connection connection, byte[] frame) {
        if (connection.tryClaim(frame.length, claim) <= 0) {
            return false;
        }
        claim.buffer().putBytes(claim.offset(), frame);
        claim.abort();
        return true;
    }

    public List<byte[]> heard(Connection connection) {
        return heard.computeIfAbsent(connection, key -> new ArrayList<>());
    }

    public List<String> losses(Connection connection) {
        return losses.computeIfAbsent(connection, key -> new ArrayList<>());
    }

    /** Frames of all connections. */
    public int heardInAll() {
        int sum = 0;
        for (List<byte[]> frames : heard.values()) {
            sum += frames.size();
        }
        return sum;
    }

    public int lossesInAll() {
        int sum = 0;
        for (List<String> reasons : losses.values()) {
            sum += reasons.size();
        }
        return sum;
    }

    @Override
    public void onFrame(Connection connection, DirectBuffer buffer, int offset, int length) {
        byte[] frame = new byte[length];
        buffer.getBytes(offset, frame);
        heard(connection).add(frame);
        FrameListener listener = alsoHearing;
        if (listener != null) {
            listener.onFrame(connection, buffer, offset, length);
        }
    }

    @Override
    public void onConnectionLost(Connection connection, String reason) {
        losses(connection).add(reason);
    }

    @Override
    public void close() {
        transport.close();
    }
}
