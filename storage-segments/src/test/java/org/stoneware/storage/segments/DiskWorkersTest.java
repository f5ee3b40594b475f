package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.segments.faults.TestEngine;

@Timeout(60)
class DiskWorkersTest {
    private static final int THREADS = 2;
    private static final int KEYS = 8;
    private static final long CLOSE_MS = 60_000;

    private final List<String> outcomes = new ArrayList<>();

    @Test
    void shouldGoOnAfterTasksThatEndWithAnError() throws InterruptedException {
        DiskWorkers workers = new DiskWorkers(THREADS, KEYS, () -> {});
        workers.start();
        for (int i = 0; i <= THREADS; i++) {
            workers.submit(new Planted(new OutOfMemoryError("planted")));
        }
        workers.submit(new Planted(null));

        while (outcomes.size() < THREADS + 2) {
            workers.poll(KEYS);
            Thread.sleep(1); // ends with the test's time
        }

        assertThat(outcomes).containsOnly("planted", "").containsOnlyOnce("");
        assertThat(workers.close(CLOSE_MS)).isTrue();
    }

    @Test
    void shouldTellThatReadingFailedForWantOfMemoryAndReadAgain() throws Exception {
        FaultySegmentFiles files = new FaultySegmentFiles();
        List<String> notices = new ArrayList<>();
        try (TestEngine engine =
                new TestEngine(SegmentLogContext.of(files, Sync.FORCED, 64 << 10, 0, notices::add), notices)) {
            for (int key = 1; key <= KEYS; key++) {
                engine.put(key, 1, 100);
            }
            engine.awaitDurable();

            files.lackMemory(true);
            engine.readAll();
            assertThat(engine.read.values()).hasSize(KEYS).containsOnly(-1L);
            assertThat(engine.events.get(0)).contains("direct buffer memory");

            files.lackMemory(false);
            engine.readAll();
            assertThat(engine.read.values()).hasSize(KEYS).containsOnly(1L);
        }
    }

    private final class Planted implements DiskWorkers.Task {
        private final Error error;
        private String outcome = "";

        Planted(Error error) {
            this.error = error;
        }

        @Override
        public void run() {
            if (error != null) {
                throw error;
            }
        }

        @Override
        public void failed(Throwable cause) {
            outcome = cause.getMessage();
        }

        @Override
        public void complete() {
            outcomes.add(outcome);
        }
    }
}
