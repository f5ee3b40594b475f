package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.segments.faults.TestEngine;

/** A log is closed while the device answers one of its threads no more. */
final class HungCloseTest {
    private final FaultySegmentFiles files = new FaultySegmentFiles();
    private final List<String> notices = Collections.synchronizedList(new ArrayList<>());
    private final SegmentLogContext context = SegmentLogContext.of(files, Sync.FORCED, 64 << 10, 0, notices::add);

    /** Whoever opened it now would read what the hung thread may still write. */
    @Test
    void shouldKeepTheDirectoryWhileAThreadMayStillWriteToIt() throws Exception {
        TestEngine engine = new TestEngine(context, notices);
        engine.put(1, 1, 100);
        engine.awaitDurable();
        files.holdForces(true);
        engine.put(1, 2, 100);
        engine.await(files::isForceHeld);

        engine.log.close(1);

        assertThat(engine.log.reason()).contains("not everything was written", "a write does not end");
        assertThat(notices).anyMatch(line -> line.contains("directory stays taken until this process ends"));
        assertThatThrownBy(() -> SegmentLog.open(context, engine))
                .isInstanceOf(SegmentLogException.class)
                .hasMessageContaining("in use");

        files.endProcess();
        try (TestEngine next = new TestEngine(context, notices)) {
            next.readAll();
            assertThat(next.read).containsOnlyKeys(1L);
            assertThat(next.report.damages()).isEmpty();
        }
    }
}
