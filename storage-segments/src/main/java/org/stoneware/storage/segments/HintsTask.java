package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the filter and the hint file of a sealed segment.
 * <p>
 * <b>Failure:</b> without a hint file the segment is read whole when the log opens; that is told. Without a filter, which only want of memory
 * leads to, the segment may hold any key, and no removal behind it is ever given up: there must be another try.
 */
final class HintsTask implements DiskWorkers.Task {
    private final SegmentLogContext context;
    private final long logId;
    private final Segment segment;
    private final HintList hints;
    private final int segmentLength;
    private final IntConsumer onDone;
    private int written;
    private @Nullable Throwable unexpected;

    /** @param onDone told, on the agent, how many bytes were written; another try is due when the segment has no filter. */
    HintsTask(SegmentLogContext context, long logId, Segment segment, HintList hints, IntConsumer onDone) {
        this.context = context;
        this.logId = logId;
        this.segment = segment;
        this.hints = hints;
        this.segmentLength = segment.length;
        this.onDone = onDone;
    }

    @Override
    public void run() {
        segment.filter = KeyFilter.of(hints);
        try {
            NewFile.write(
                    context.files(),
                    Segment.hintsName(segment.number),
                    hints.encode(logId, segment.number, segmentLength),
                    true);
            written = hints.fileLength();
            segment.hintsLength = written;
        } catch (IOException e) {
            tell(e);
        }
    }

    private void tell(Throwable cause) {
        context.notices()
                .accept("hint file was not written, opening will take longer: segment=" + segment.number + ": "
                        + DiskWorkers.inWords(cause));
    }

    @Override
    public void failed(Throwable cause) {
        unexpected = cause;
    }

    @Override
    public void complete() {
        Throwable cause = unexpected;
        if (cause != null) {
            tell(cause);
        }
        onDone.accept(written);
    }
}
