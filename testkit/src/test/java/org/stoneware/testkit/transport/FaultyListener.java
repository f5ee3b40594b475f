package org.stoneware.testkit.transport;

import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.FrameListener;

/** The receiving side of the faults. */
final class FaultyListener implements FrameListener {
    private static final int STRUCK_FRAME = 7;
    private static final int LONG_FRAME = 1500;

    private final FrameListener listener;
    private final List<FaultyConnection> connections;
    private final PlantedFault fault;

    FaultyListener(FrameListener listener, List<FaultyConnection> connections, PlantedFault fault) {
        this.listener = listener;
        this.connections = connections;
        this.fault = fault;
    }

    @Override
    public void onFrame(Connection sound, DirectBuffer buffer, int offset, int length) {
        FaultyConnection connection = faulty(sound);
        byte[] frame = new byte[length];
        buffer.getBytes(offset, frame);
        boolean isStruck = connection.countHeard() == STRUCK_FRAME;
        switch (fault) {
            case LOSES_A_FRAME -> deliverUnless(isStruck, connection, frame);
            case REPEATS_A_FRAME -> {
                deliver(connection, frame);
                deliverUnless(!isStruck, connection, frame);
            }
            case SWAPS_TWO_FRAMES -> swap(isStruck, connection, frame);
            case DAMAGES_A_FRAME -> {
                frame[length - 1] ^= (byte) (isStruck ? 1 : 0);
                deliver(connection, frame);
            }
            case CUTS_LONG_FRAMES -> deliver(connection, Arrays.copyOf(frame, Math.min(length, LONG_FRAME)));
            case FORGETS_THE_LAST_FRAME -> {
                deliverUnless(connection.held().length == 0, connection, connection.held());
                connection.hold(frame);
            }
            case MIXES_UP_CLIENTS -> deliver(isStruck ? connections.get(0) : connection, frame);
            default -> deliver(connection, frame);
        }
    }

    @Override
    public void onConnectionLost(Connection sound, String reason) {
        if (fault != PlantedFault.HIDES_A_LOSS) {
            listener.onConnectionLost(faulty(sound), reason);
        }
        if (fault == PlantedFault.REPORTS_A_LOSS_TWICE) {
            listener.onConnectionLost(faulty(sound), reason);
        }
    }

    private void swap(boolean isStruck, FaultyConnection connection, byte[] frame) {
        if (isStruck) {
            connection.hold(frame);
            return;
        }
        deliver(connection, frame);
        deliverUnless(connection.held().length == 0, connection, connection.held());
        connection.hold(new byte[0]);
    }

    private void deliverUnless(boolean isDropped, FaultyConnection connection, byte[] frame) {
        if (!isDropped) {
            deliver(connection, frame);
        }
    }

    private void deliver(FaultyConnection connection, byte[] frame) {
        listener.onFrame(connection, new UnsafeBuffer(frame), 0, frame.length);
    }

    private FaultyConnection faulty(Connection sound) {
        for (FaultyConnection connection : connections) {
            if (connection.sound() == sound) {
                return connection;
            }
        }
        throw new IllegalStateException("a connection nobody opened");
    }
}
