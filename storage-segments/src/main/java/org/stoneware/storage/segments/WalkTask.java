package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a segment in pieces, so that the agent can move what is needed.
 * <p>
 * <b>Threading:</b> the agent prepares and consumes, a worker runs.
 */
final class WalkTask implements DiskWorkers.Task {
    private static final int PIECE_LENGTH = 1 << 20;

    private final OpenFiles files;
    private final long logId;
    private final Runnable onDone;
    private byte[] bytes = new byte[PIECE_LENGTH];
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    /** Per item: offset in the segment, its end there, index of the record in the buffer or -1 when it can't be read. */
    private int[] items = new int[3 * 256];

    private int count;
    private @Nullable Segment segment;
    private @Nullable SegmentScanner scanner;
    private boolean isAtEnd;
    private @Nullable String failure;

    WalkTask(OpenFiles files, long logId, Runnable onDone) {
        this.files = files;
        this.logId = logId;
        this.onDone = onDone;
    }

    void begin(Segment walked) {
        segment = walked;
        scanner = null;
        isAtEnd = false;
        failure = null;
        count = 0;
    }

    @Override
    public void run() {
        count = 0;
        Segment walked = segment;
        if (walked == null) {
            throw new IllegalStateException("walk was not begun");
        }
        try {
            SegmentFiles.File file = files.take(walked.fileName);
            try {
                SegmentScanner reader = scanner;
                if (reader == null) {
                    reader = new SegmentScanner(file, logId, walked.number, walked.headerLength);
                    scanner = reader;
                }
                fill(reader.reopened(file));
            } finally {
                files.giveBack(walked.fileName);
            }
        } catch (IOException | RuntimeException e) {
            String message = e.getMessage();
            failure = message == null ? e.toString() : message;
        }
    }

    private void fill(SegmentScanner reader) throws IOException {
        int used = 0;
        while (used < PIECE_LENGTH) {
            SegmentScanner.Found found = reader.next();
            if (found == SegmentScanner.Found.END) {
                isAtEnd = true;
                scanner = null;
                return;
            }
            int index = -1;
            if (found == SegmentScanner.Found.RECORD) {
                int length = Frame.HEADER_LENGTH + reader.frame().contentLength();
                if (used + length > bytes.length) {
                    bytes = Arrays.copyOf(bytes, used + length);
                    buffer.wrap(bytes);
                }
                buffer.putBytes(used, reader.buffer(), reader.contentOffset() - Frame.HEADER_LENGTH, length);
                index = used;
                used += length;
            }
            add(reader.offset(), reader.endOffset(), index);
        }
    }

    private void add(int offset, int endOffset, int index) {
        if (items.length == count * 3) {
            items = Arrays.copyOf(items, items.length * 2);
        }
        items[count * 3] = offset;
        items[count * 3 + 1] = endOffset;
        items[count * 3 + 2] = index;
        count++;
    }

    @Override
    public void failed(Throwable cause) {
        String message = cause.getMessage();
        failure = message == null ? "no memory" : message;
    }

    @Override
    public void complete() {
        onDone.run();
    }

    int count() {
        return count;
    }

    int offset(int item) {
        return items[item * 3];
    }

    int endOffset(int item) {
        return items[item * 3 + 1];
    }

    boolean isReadable(int item) {
        return items[item * 3 + 2] >= 0;
    }

    int contentOffset(int item) {
        return items[item * 3 + 2] + Frame.HEADER_LENGTH;
    }

    void loadHeader(int item, Frame frame) {
        frame.header().putBytes(0, buffer, items[item * 3 + 2], Frame.HEADER_LENGTH);
    }

    UnsafeBuffer buffer() {
        return buffer;
    }

    boolean isAtEnd() {
        return isAtEnd;
    }

    @Nullable
    String failure() {
        return failure;
    }

    /** Lets go of a buffer that grew. */
    void end() {
        segment = null;
        scanner = null;
        if (bytes.length > PIECE_LENGTH) {
            bytes = new byte[PIECE_LENGTH];
            buffer.wrap(bytes);
        }
    }
}
