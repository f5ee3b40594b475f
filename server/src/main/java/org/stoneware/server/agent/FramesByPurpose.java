package org.stoneware.server.agent;

import org.agrona.DirectBuffer;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameListener;

/**
 * Hands frames to whom their connection belongs.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
record FramesByPurpose(FrameListener replication, FrameListener clients) implements FrameListener {
    @Override
    public void onFrame(Connection connection, DirectBuffer buffer, int offset, int length) {
        of(connection).onFrame(connection, buffer, offset, length);
    }

    @Override
    public void onConnectionLost(Connection connection, String reason) {
        of(connection).onConnectionLost(connection, reason);
    }

    private FrameListener of(Connection connection) {
        return connection.spec().purpose() == ConnectionSpec.Purpose.REPLICATION ? replication : clients;
    }
}
