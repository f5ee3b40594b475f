package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a segment in pieces, so that the agent can move what is needed. Of what can't be read it names the place, and shows what the head
 * of a damaged record or the hint file says of it.
 * <p>
 * <b>Threading:</b> the agent prepares and consumes, a worker runs.
 * <p>
 * <b>Failure:</b> a {@link #isUnknown place of which nothing says what it held}: a removal in it may still be needed. Or the device gives
 * nothing, or there is no memory for it: another walk may show all.
 */
final class WalkTask implements DiskWorkers.Task {
    private static final int PIECE_LENGTH = 1 << 20;
    private static final int FIELDS = 4;
    /** A whole record. */
    private static final int RECORD = 0;
    /** A record of which only the head is known, as if it had no content. */
    private static final int HEAD = 1;
    /** A place that can't be read. */
    private static final int PLACE = 2;

    private final OpenFiles files;
    private final HintedRecords hinted;
    private final Runnable onDone;
    private byte[] bytes = new byte[PIECE_LENGTH];
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    /** Per item: offset in the segment, its end there, what it is, index of the record in the buffer. */
    private int[] items = new int[FIELDS * 256];

    private int count;
    private int used;
    private @Nullable Segment segment;
    private @Nullable SegmentScanner scanner;
    private final Frame head = new Frame();
    /** Hints before this offset are to be shown. */
    private int hintedEnd;

    private boolean isScanned;
    private boolean isAtEnd;
    private @Nullable String failure;
    private boolean isUnknown;

    WalkTask(OpenFiles files, HintedRecords hinted, Runnable onDone) {
        this.files = files;
        this.hinted = hinted;
        this.onDone = onDone;
    }

    void begin(Segment walked) {
        segment = walked;
        scanner = null;
        isScanned = false;
        isAtEnd = false;
        failure = null;
        isUnknown = false;
        count = 0;
        hintedEnd = 0;
        hinted.begin(walked.number);
    }

    @Override
    public void run() {
        count = 0;
        used = 0;
        Segment walked = segment;
        if (walked == null) {
            throw new IllegalStateException("walk was not begun");
        }
        try {
            if (walked.isMissing) {
                require(hinted.isKnown(), 0);
                isScanned = true;
                hintedEnd = Integer.MAX_VALUE;
                fill(null, walked);
                return;
            }
            SegmentFiles.File file = files.take(walked.fileName);
            boolean isRead = false;
            try {
                SegmentScanner reader = scanner;
                if (reader == null) {
                    reader = new SegmentScanner(
                            file, hinted.logId(), walked.number, walked.headerLength, Long.MIN_VALUE);
                    scanner = reader;
                }
                fill(reader.reopened(file), walked);
                isRead = true;
            } finally {
                if (isRead) {
                    files.giveBack(walked.fileName);
                } else {
                    files.giveBackFailed(walked.fileName);
                }
            }
        } catch (UnknownPlaceException e) {
            isUnknown = true;
            failure = e.getMessage();
        } catch (IOException | RuntimeException e) {
            String message = e.getMessage();
            failure = message == null ? e.toString() : message;
        }
    }

    private void fill(@Nullable SegmentScanner reader, Segment walked) throws IOException {
        while (used < PIECE_LENGTH) {
            if (hinted.next(hintedEnd)) {
                addHinted(walked.number);
            } else if (reader == null || isScanned) {
                isAtEnd = true;
                scanner = null;
                return;
            } else {
                next(reader, walked);
            }
        }
    }

    private void next(SegmentScanner reader, Segment walked) throws IOException {
        switch (reader.next()) {
            case RECORD -> {
                int length = Frame.HEADER_LENGTH + reader.frame().contentLength();
                require(length);
                buffer.putBytes(used, reader.buffer(), reader.contentOffset() - Frame.HEADER_LENGTH, length);
                add(reader.offset(), reader.endOffset(), RECORD, length);
            }
            case DAMAGED -> {
                add(reader.offset(), reader.endOffset(), PLACE, 0);
                if (!HintedRecords.isContent(reader.frame().kind())) {
                    addHead(reader.offset(), reader.frame());
                }
            }
            case GAP -> {
                add(reader.offset(), reader.endOffset(), PLACE, 0);
                require(hinted.isKnown(), reader.offset());
                hinted.skipTo(reader.offset());
                hintedEnd = reader.endOffset();
            }
            case END -> {
                isScanned = true;
                if (reader.end() < walked.length) {
                    require(hinted.isKnown(), reader.end());
                }
                if (walked.isDamaged || reader.end() < walked.length) {
                    hinted.skipTo(reader.end());
                    hintedEnd = Integer.MAX_VALUE;
                }
            }
        }
    }

    private static void require(boolean isKnown, int offset) throws IOException {
        if (!isKnown) {
            throw new UnknownPlaceException("nothing says what was in a place that can't be read: offset=" + offset);
        }
    }

    /** Neither a record's head nor the hint file says what lay in a place. */
    private static final class UnknownPlaceException extends IOException {
        private static final long serialVersionUID = 1L;

        UnknownPlaceException(String message) {
            super(message);
        }
    }

    private void require(int length) {
        if (used + length > bytes.length) {
            bytes = Arrays.copyOf(bytes, used + length);
            buffer.wrap(bytes);
        }
    }

    private void addHinted(int number) {
        head.encode(hinted.logId(), Location.of(number, hinted.offset()), hinted.kind(), hinted.hint(), 0, 0, 0, 0);
        addHead(hinted.offset(), head);
    }

    private void addHead(int offset, Frame frame) {
        require(Frame.HEADER_LENGTH);
        buffer.putBytes(used, frame.header(), 0, Frame.HEADER_LENGTH);
        add(offset, offset + Frame.HEADER_LENGTH, HEAD, Frame.HEADER_LENGTH);
    }

    private void add(int offset, int endOffset, int what, int length) {
        if (items.length == count * FIELDS) {
            items = Arrays.copyOf(items, items.length * 2);
        }
        int at = count++ * FIELDS;
        items[at] = offset;
        items[at + 1] = endOffset;
        items[at + 2] = what;
        items[at + 3] = used;
        used += length;
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
        return items[item * FIELDS];
    }

    int endOffset(int item) {
        return items[item * FIELDS + 1];
    }

    /** Whether it is a place that can't be read, and not a record. */
    boolean isPlace(int item) {
        return items[item * FIELDS + 2] == PLACE;
    }

    /** Length of the content that is there: none where only the head of the record is known. */
    int contentLength(int item, Frame frame) {
        return items[item * FIELDS + 2] == HEAD ? 0 : frame.contentLength();
    }

    int contentOffset(int item) {
        return items[item * FIELDS + 3] + Frame.HEADER_LENGTH;
    }

    void loadHeader(int item, Frame frame) {
        frame.header().putBytes(0, buffer, items[item * FIELDS + 3], Frame.HEADER_LENGTH);
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

    /** The failure is a place of which nothing says what it held, which no other walk will show either. */
    boolean isUnknown() {
        return isUnknown;
    }

    /** Lets go of a buffer that grew. */
    void end() {
        segment = null;
        scanner = null;
        hinted.end();
        if (bytes.length > PIECE_LENGTH) {
            bytes = new byte[PIECE_LENGTH];
            buffer.wrap(bytes);
        }
    }
}
