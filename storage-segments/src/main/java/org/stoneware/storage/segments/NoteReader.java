package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.Map;

/**
 * Reads notes an earlier run left and shows them.
 * <p>
 * <b>Threading:</b> agent thread; waits for the disk.
 */
final class NoteReader implements NoteLedger.Reader {
    private final Map<Integer, Segment> segments;
    private final OpenFiles files;
    private final SegmentLog.NoteVisitor visitor;
    private final RecordReader reader;

    NoteReader(Map<Integer, Segment> segments, OpenFiles files, long logId, SegmentLog.NoteVisitor visitor) {
        this.segments = segments;
        this.files = files;
        this.visitor = visitor;
        reader = new RecordReader(logId);
    }

    @Override
    public boolean read(long location, int length, boolean isShown) throws IOException {
        Segment segment = segments.get(Location.segment(location));
        if (segment == null) {
            return false;
        }
        reader.prepare(length);
        SegmentFiles.File file = files.take(segment.fileName);
        try {
            if (reader.read(file, RecordKind.NOTE, location, length) != null) {
                return false;
            }
        } finally {
            files.giveBack(segment.fileName);
        }
        if (isShown) {
            visitor.onNote(reader.buffer(), reader.contentOffset(), length);
        }
        return true;
    }
}
