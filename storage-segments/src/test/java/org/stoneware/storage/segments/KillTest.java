package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.KilledProcess;
import org.stoneware.storage.segments.faults.TestEngine;

/**
 * Kills a process around the log at random moments; this process keeps the acknowledgements and looks for each of them afterwards. More
 * kills: {@code -Dstoneware.segments.kills=200}.
 */
final class KillTest {
    private static final int KILLS = Integer.getInteger("stoneware.segments.kills", 20);
    private static final int KEYS = 500;

    @TempDir
    Path directory;

    @Test
    void shouldHoldEveryAcknowledgedWriteAfterAKill() throws Exception {
        Random random = new Random(20261129);
        Map<Long, Long> acknowledged = new HashMap<>();
        long checked = 0;
        long beyond = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            long from = 1 + kill * 10_000_000L;
            int acknowledgements = runAndKill(from, random.nextInt(4000), random.nextInt(3), acknowledged);
            checked += acknowledgements;
            List<String> notices = Collections.synchronizedList(new ArrayList<>());
            try (TestEngine engine = new TestEngine(context(directory, notices), notices)) {
                String label = "kill=" + kill + " " + engine.report;
                assertThat(engine.report.damages()).as(label).isEmpty();
                engine.readAll();
                assertThat(engine.isContentRight).as(label).isTrue();
                for (Map.Entry<Long, Long> entry : acknowledged.entrySet()) {
                    // Versions rise, so a greater one was written after the acknowledged one and its answer was lost
                    // with the process.
                    long seen = engine.read.getOrDefault(entry.getKey(), 0L);
                    assertThat(seen).as("%s key=%d", label, entry.getKey()).isGreaterThanOrEqualTo(entry.getValue());
                    beyond += seen > entry.getValue() ? 1 : 0;
                }
                acknowledged.putAll(engine.read);
            }
        }
        System.out.println(
                "kills=" + KILLS + " acknowledged writes checked=" + checked + " newer ones found=" + beyond);
        assertThat(checked).isPositive();
    }

    private int runAndKill(long firstVersion, int killAfter, int delayMs, Map<Long, Long> acknowledged)
            throws IOException, InterruptedException {
        List<String> arguments = List.of(directory.toString(), Long.toString(firstVersion));
        return KilledProcess.run(Writer.class, arguments, killAfter, delayMs, line -> {
            int blank = line.indexOf(' ');
            acknowledged.put(Long.parseLong(line.substring(0, blank)), Long.parseLong(line.substring(blank + 1)));
        });
    }

    static SegmentLogContext context(Path directory, List<String> notices) {
        return SegmentLogContext.of(new RealSegmentFiles(directory), Sync.FORCED, 64 << 10, 0, notices::add)
                .withSegmentBytes(256 << 10);
    }

    /** The process that is killed: writes without end, and says {@code key version.} of each write once it is durable. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws Exception {
            List<String> notices = Collections.synchronizedList(new ArrayList<>());
            TestEngine engine = new TestEngine(context(Path.of(arguments[0]), notices), notices);
            Random random = new Random(Long.parseLong(arguments[1]));
            long version = Long.parseLong(arguments[1]);
            StringBuilder answers = new StringBuilder();
            while (true) {
                answers.setLength(0);
                int inFlight = 1 + random.nextInt(64);
                for (int i = 0; i < inFlight; i++) {
                    long key = random.nextInt(KEYS);
                    engine.put(key, version, 100 + random.nextInt(3000));
                    answers.append(key).append(' ').append(version++).append(".\n");
                }
                engine.awaitDurable();
                if (engine.log.isFailed()) {
                    System.err.println(engine.log.reason());
                    System.exit(3);
                }
                KilledProcess.tell(answers);
            }
        }
    }
}
