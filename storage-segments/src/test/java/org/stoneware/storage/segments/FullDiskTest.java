package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.TestEngine;

/** A real file system that is full: one of 24 MB in memory, which takes root and Linux. */
final class FullDiskTest {
    private static final int SIZE = 24 << 20;

    @TempDir
    Path parent;

    @Test
    void shouldRefuseOnAFullFileSystemAndHealWhenOthersGiveRoomBack() throws Exception {
        Path disk = Files.createDirectory(parent.resolve("disk"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=" + SIZE, "tmpfs", disk.toString()),
                "skipped: mounting a tmpfs needs root");
        try {
            Path store = Files.createDirectory(disk.resolve("store"));
            fillAndHeal(disk, store);
        } finally {
            assertThat(run("umount", disk.toString())).isTrue();
        }
    }

    private static void fillAndHeal(Path disk, Path store) throws Exception {
        List<String> notices = Collections.synchronizedList(new ArrayList<>());
        Path others = disk.resolve("others");
        long key = 0;
        try (TestEngine engine = new TestEngine(context(store, notices), notices)) {
            while (key < 200) {
                engine.put(key++, 1, 20_000);
            }
            engine.awaitDurable();
            // Somebody else takes all there is, faster than it could be noticed.
            fill(others);
            engine.tryPut(key, 1, 20_000);
            engine.await(engine.log::isFull);
            assertThat(engine.tryPut(key + 1, 1, 20_000)).isEqualTo(SegmentLog.NO_ROOM);
            engine.readAll();
            assertThat(engine.read).doesNotContainValue(-1L);

            Files.delete(others);

            engine.await(() -> !engine.log.isFull());
            engine.put(key + 2, 1, 20_000);
            engine.awaitDurable();
            assertThat(engine.log.isFailed()).isFalse();
            assertThat(engine.events).hasSize(2);
        }
        try (TestEngine engine = new TestEngine(context(store, notices), notices)) {
            assertThat(engine.report.damages()).isEmpty();
            assertThat(engine.held).containsKey(key + 2).hasSizeGreaterThanOrEqualTo(201);
        }
    }

    private static void fill(Path file) throws IOException {
        byte[] block = new byte[4096];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int written = 0; written < SIZE; written += block.length) {
                out.write(block);
            }
        } catch (IOException e) {
            return; // full, as it should be
        }
        throw new IllegalStateException("file system is larger than asked for");
    }

    private static SegmentLogContext context(Path store, List<String> notices) {
        return SegmentLogContext.of(new RealSegmentFiles(store), Sync.FORCED, 64 << 10, 0, notices::add);
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
