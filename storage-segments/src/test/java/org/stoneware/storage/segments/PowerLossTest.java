package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.stoneware.storage.segments.SegmentLogContext.Sync;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.segments.faults.TestEngine;

/** Power is lost at random moments; what had been called durable is there, and nothing that was never stored. */
final class PowerLossTest {
    private static final int RUNS = Integer.getInteger("stoneware.segments.powerLosses", 300);
    private static final int KEYS = 40;

    @Test
    void shouldHoldWhatWasDurableWhenPowerWasLost() throws Exception {
        int suspects = 0;
        int cuts = 0;
        for (int seed = 0; seed < RUNS; seed++) {
            Random random = new Random(seed);
            FaultySegmentFiles files = new FaultySegmentFiles();
            Model model = new Model();
            for (int life = 0; life < 3; life++) {
                List<String> notices = Collections.synchronizedList(new ArrayList<>());
                TestEngine engine = new TestEngine(
                        SegmentLogContext.of(files, Sync.FORCED, 16 << 10, 0, notices::add)
                                .withSegmentBytes(64 << 10)
                                .withPendingBytes(64 << 10),
                        notices);
                suspects += engine.report.isSuspect() ? 1 : 0;
                cuts += engine.report.cutBytes() > 0 ? 1 : 0;
                String label = "seed=" + seed + " life=" + life + " " + engine.report;
                assertThat(engine.report.isSuspect()).as(label).isFalse();
                model.verify(engine, label);
                model.run(engine, random);
                files.losePower(random);
                engine.close();
            }
        }
        System.out.println("power losses=" + 3 * RUNS + " tails cut=" + cuts + " suspect=" + suspects);
        assertThat(cuts).isPositive();
    }

    /** What must be there, and what may be. */
    private static final class Model {
        private record Change(long position, long key, long version) {}

        final Map<Long, Long> durable = new HashMap<>();
        final ArrayDeque<Change> pending = new ArrayDeque<>();
        long nextVersion = 1;

        void run(TestEngine engine, Random random) {
            int operations = random.nextInt(250);
            for (int i = 0; i < operations; i++) {
                long key = random.nextInt(KEYS);
                long version = 0;
                if (random.nextInt(5) == 0) {
                    engine.remove(key);
                } else {
                    version = nextVersion++;
                    engine.put(key, version, random.nextInt(3000));
                }
                pending.add(new Change(engine.log.appendPosition(), key, version));
                if (random.nextInt(3) == 0) {
                    engine.step();
                    confirm(engine.log.durablePosition());
                }
                if (random.nextInt(20) == 0) {
                    engine.awaitDurable();
                    confirm(engine.log.durablePosition());
                }
            }
        }

        private void confirm(long position) {
            while (!pending.isEmpty() && pending.peek().position() <= position) {
                Change change = pending.poll();
                durable.put(change.key(), change.version());
            }
        }

        void verify(TestEngine engine, String label) {
            engine.readAll();
            assertThat(engine.isContentRight).as(label).isTrue();
            for (long key = 0; key < KEYS; key++) {
                long seen = engine.read.getOrDefault(key, 0L);
                List<Long> allowed = new ArrayList<>();
                allowed.add(durable.getOrDefault(key, 0L));
                for (Change change : pending) {
                    if (change.key() == key) {
                        allowed.add(change.version());
                    }
                }
                assertThat(allowed).as("%s key=%d", label, key).contains(seen);
                durable.put(key, seen);
            }
            pending.clear();
        }
    }
}
