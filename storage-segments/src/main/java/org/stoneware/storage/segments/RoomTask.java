package org.stoneware.storage.segments;

import java.io.IOException;

/** Asks the file system how much room there is. */
final class RoomTask implements DiskWorkers.Task {
    /** Hears, on the agent, what was left when everything before a position may have been written. */
    interface Listener {
        void onRoom(long usableBytes, long position);
    }

    private final SegmentFiles files;
    private final long position;
    private final Listener listener;
    private long usableBytes = Long.MAX_VALUE;

    RoomTask(SegmentFiles files, long position, Listener listener) {
        this.files = files;
        this.position = position;
        this.listener = listener;
    }

    @Override
    public boolean isRoutine() {
        return true;
    }

    @Override
    public void run() {
        try {
            usableBytes = files.usableBytes();
        } catch (IOException e) {
            // Unknown; a write that finds no room says so.
            usableBytes = Long.MAX_VALUE;
        }
    }

    @Override
    public void failed(Throwable cause) {
        usableBytes = Long.MAX_VALUE;
    }

    @Override
    public void complete() {
        listener.onRoom(usableBytes, position);
    }
}
