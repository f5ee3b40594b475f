package org.stoneware.storage.segments;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One read under way; reused.
 * <p>
 * <b>Threading:</b> the agent prepares and completes, a worker runs.
 */
final class ReadTask implements DiskWorkers.Task {
    /** Hears, on the agent, that a read has ended. */
    interface Owner {
        void onReadDone(ReadTask task);
    }

    private final Owner owner;
    private final OpenFiles files;
    private final RecordReader reader;
    private @Nullable Segment segment;
    private long location;
    private int length;
    private long ticket;
    private @Nullable String failure;
    private boolean isDamaged;
    private boolean isFromFile;
    private boolean isRefusedByDevice;

    ReadTask(Owner owner, OpenFiles files, long logId) {
        this.owner = owner;
        this.files = files;
        reader = new RecordReader(logId);
    }

    void prepare(Segment segment, long location, int length, long ticket) {
        this.segment = segment;
        this.location = location;
        this.length = length;
        this.ticket = ticket;
        failure = null;
        isDamaged = false;
        isFromFile = false;
        isRefusedByDevice = false;
        reader.prepare(length);
    }

    @Override
    public void run() {
        isFromFile = true;
        try {
            SegmentFiles.File file = files.take(segment().fileName);
            boolean isRead = false;
            try {
                failure = reader.read(file, RecordKind.RECORD, location, length);
                isDamaged = failure != null;
                isRead = true;
            } catch (IOException e) {
                isRefusedByDevice = true;
                throw e;
            } finally {
                if (isRead) {
                    files.giveBack(segment().fileName);
                } else {
                    files.giveBackFailed(segment().fileName);
                }
            }
        } catch (IOException | RuntimeException e) {
            String message = e.getMessage();
            failure = "read failed: " + (message == null ? e.toString() : message);
        }
    }

    @Override
    public void failed(Throwable cause) {
        String message = cause.getMessage();
        failure = message == null ? "no memory" : message;
    }

    @Override
    public void complete() {
        owner.onReadDone(this);
    }

    void recycle() {
        segment = null;
        reader.recycle();
    }

    Segment segment() {
        Segment read = segment;
        if (read == null) {
            throw new IllegalStateException("read was not prepared");
        }
        return read;
    }

    long location() {
        return location;
    }

    int length() {
        return length;
    }

    long ticket() {
        return ticket;
    }

    /** What went wrong, or null. */
    @Nullable
    String failure() {
        return failure;
    }

    /** The device gave the bytes, and they are not those that were written; else it gave none, which says nothing of the record. */
    boolean isDamaged() {
        return isDamaged;
    }

    /** It was the device that was asked, and not the memory for what is to be written. */
    boolean isFromFile() {
        return isFromFile;
    }

    /** The file was open, and the read of this place failed: too many open files or want of memory say nothing of the place. */
    boolean isRefusedByDevice() {
        return isRefusedByDevice;
    }

    RecordReader reader() {
        return reader;
    }
}
