package org.stoneware.testkit.transport;

import java.util.ArrayDeque;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.spi.transport.FrameClaim;

/** One end; frames wait in the queue of the end they go to. Everything shared is guarded by the network. */
final class InMemoryConnection implements Connection, FrameClaim.Completion {
    private static final int MAX_FRAME_LENGTH = 2048;
    private static final int CLIENT_WINDOW_LENGTH = 32 * 1024;
    private static final int REPLICATION_WINDOW_LENGTH = 512 * 1024;

    private final InMemoryNetwork network;
    private final InMemoryTransport transport;
    private final ConnectionSpec spec;
    private final int windowLength;
    private final byte[] claimed = new byte[MAX_FRAME_LENGTH];
    private final UnsafeBuffer claimedBuffer = new UnsafeBuffer(claimed);
    private final ArrayDeque<byte[]> arrived = new ArrayDeque<>();

    private @Nullable InMemoryConnection otherEnd;
    private @Nullable String lossReason;
    private int arrivedLength;
    private int claimedLength;
    private boolean isClaimed;
    private boolean isClosed;

    InMemoryConnection(InMemoryNetwork network, InMemoryTransport transport, ConnectionSpec spec) {
        this.network = network;
        this.transport = transport;
        this.spec = spec;
        windowLength = spec.purpose() == Purpose.REPLICATION ? REPLICATION_WINDOW_LENGTH : CLIENT_WINDOW_LENGTH;
    }

    @Override
    public ConnectionSpec spec() {
        return spec;
    }

    @Override
    public boolean isConnected() {
        synchronized (network) {
            return !isClosed && lossReason == null && otherEnd != null;
        }
    }

    @Override
    public int maxFrameLength() {
        return MAX_FRAME_LENGTH;
    }

    @Override
    public long tryClaim(int length, FrameClaim claim) {
        if (length < 1 || length > MAX_FRAME_LENGTH) {
            throw new IllegalArgumentException("frame length=" + length + " allowed=1.." + MAX_FRAME_LENGTH);
        }
        if (isClaimed) {
            throw new IllegalStateException("the last claim is neither committed nor aborted");
        }
        synchronized (network) {
            if (isClosed || lossReason != null) {
                return CLOSED;
            }
            InMemoryConnection receiver = otherEnd;
            if (receiver == null) {
                return NOT_CONNECTED;
            }
            if (receiver.arrivedLength + length > windowLength) {
                transport.countBackPressure();
                return BACK_PRESSURED;
            }
        }
        isClaimed = true;
        claimedLength = length;
        claim.set(claimedBuffer, 0, length, this);
        return length;
    }

    @Override
    public void onClaimEnd(boolean isCommitted) {
        isClaimed = false;
        synchronized (network) {
            InMemoryConnection receiver = otherEnd;
            if (isCommitted && !isClosed && receiver != null && !receiver.isClosed) {
                receiver.arrived.add(Arrays.copyOf(claimed, claimedLength));
                receiver.arrivedLength += claimedLength;
                transport.countSent(claimedLength);
                network.notifyAll();
            }
        }
    }

    @Override
    public void close() {
        synchronized (network) {
            if (isClosed) {
                return;
            }
            isClosed = true;
            isClaimed = false;
            arrived.clear();
            transport.remove(this);
            InMemoryConnection left = otherEnd;
            if (left != null) {
                left.cut("the other end closed");
            }
            network.notifyAll();
        }
    }

    /** Ties both ends together. */
    void pair(InMemoryConnection other) {
        otherEnd = other;
        other.otherEnd = this;
    }

    boolean isUnpaired() {
        return !isClosed && lossReason == null && otherEnd == null;
    }

    boolean isClosed() {
        return isClosed;
    }

    /** Marks the connection lost; what has arrived is still delivered. */
    void cut(String reason) {
        if (!isClosed && lossReason == null) {
            lossReason = reason;
        }
    }

    byte @Nullable [] nextArrived() {
        synchronized (network) {
            byte[] frame = arrived.poll();
            if (frame != null) {
                arrivedLength -= frame.length;
            }
            return frame;
        }
    }

    /** Closes a lost connection whose frames have all been delivered. */
    @Nullable
    String takeLoss() {
        synchronized (network) {
            if (isClosed || lossReason == null || !arrived.isEmpty()) {
                return null;
            }
            isClosed = true;
            transport.remove(this);
            return lossReason;
        }
    }

    boolean hasNews() {
        return !arrived.isEmpty() || lossReason != null;
    }
}
