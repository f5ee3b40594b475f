package org.stoneware.server.replication;

import java.util.ArrayDeque;
import java.util.Deque;
import org.agrona.DirectBuffer;

/** One connection between two ends: frames arrive whole and in order, or not at all once it is cut. */
final class SimulatedConnection {
    final Deque<byte[]> toStandby = new ArrayDeque<>();
    final Deque<byte[]> toActive = new ArrayDeque<>();
    private final int capacity;
    boolean isOpen = true;
    boolean isPaused;
    /** Frames the active has received. */
    int delivered;

    boolean isActiveTold;
    boolean isStandbyTold;

    SimulatedConnection(int capacity) {
        this.capacity = capacity;
    }

    void cut() {
        isOpen = false;
        toStandby.clear();
        toActive.clear();
    }

    FrameOutput outputTo(Deque<byte[]> queue) {
        return new FrameOutput() {
            @Override
            public boolean send(DirectBuffer frame, int offset, int length) {
                if (!isOpen || queue.size() >= capacity) {
                    return false;
                }
                byte[] copy = new byte[length];
                frame.getBytes(offset, copy);
                queue.addLast(copy);
                return true;
            }

            @Override
            public void close(String reason) {
                cut();
            }
        };
    }
}
