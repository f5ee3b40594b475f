package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

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

/**
 * Processes end and power is lost at random moments: what is found then is what some prefix of the changes left, one that has all that had
 * been called durable and all that a start before had shown.
 */
final class PowerLossTest {
    private static final int RUNS = Integer.getInteger("stoneware.segments.powerLosses", 300);
    private static final int KEYS = 40;

    @Test
    void shouldHoldWhatWasDurableWhenPowerWasLost() throws Exception {
        int losses = 0;
        int cuts = 0;
        for (int seed = 0; seed < RUNS; seed++) {
            Random random = new Random(seed);
            FaultySegmentFiles files = new FaultySegmentFiles();
            Model model = new Model();
            for (int life = 0; life < 6; life++) {
                List<String> notices = Collections.synchronizedList(new ArrayList<>());
                TestEngine engine = new TestEngine(
                        SegmentLogContext.of(files, Sync.FORCED, 16 << 10, 0, notices::add)
                                .withSegmentBytes(64 << 10)
                                .withPendingBytes(64 << 10),
                        notices);
                cuts += engine.report.cutBytes() > 0 ? 1 : 0;
                String label = "seed=" + seed + " life=" + life + " " + engine.report;
                assertThat(engine.report.isSuspect()).as(label).isFalse();
                model.verify(engine, label);
                // What a start showed must be there after a loss of power even when nothing was stored since.
                if (random.nextInt(3) > 0) {
                    model.run(engine, random, random.nextInt(250));
                }
                if (random.nextInt(3) > 0) {
                    // So that the end meets what is written and not forced.
                    engine.awaitDurable();
                    model.confirm(engine.log.durablePosition());
                    long written = engine.log.figures().writtenBytes();
                    files.holdForces(true);
                    model.store(engine, random, 1 + random.nextInt(15));
                    // A segment that ends is forced before the next one gets its first byte.
                    engine.await(() -> engine.log.figures().writtenBytes() > written || files.isForceHeld());
                }
                if (random.nextInt(3) == 0) {
                    files.endProcess();
                } else {
                    files.losePower(random);
                    losses++;
                }
                engine.close();
            }
        }
        System.out.println("power losses=" + losses + " of " + 6 * RUNS + " ends, tails cut=" + cuts);
        assertThat(cuts).isPositive();
    }

    /** What was stored in order, and how much of it must be there. */
    private static final class Model {
        private record Change(long position, long key, long version) {}

        /** What the start of this life found. */
        final Map<Long, Long> found = new HashMap<>();

        final List<Change> changes = new ArrayList<>();
        int durable;
        long nextVersion = 1;

        /** Changes something, so little that it need not be written at once. */
        void store(TestEngine engine, Random random, int operations) {
            for (int i = 0; i < operations; i++) {
                long key = random.nextInt(KEYS);
                long version = 0;
                if (random.nextInt(5) == 0) {
                    engine.remove(key);
                } else {
                    version = nextVersion++;
                    engine.put(key, version, random.nextInt(3000));
                }
                changes.add(new Change(engine.log.appendPosition(), key, version));
            }
        }

        void run(TestEngine engine, Random random, int operations) {
            for (int i = 0; i < operations; i++) {
                store(engine, random, 1);
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
            while (durable < changes.size() && changes.get(durable).position() <= position) {
                durable++;
            }
        }

        void verify(TestEngine engine, String label) {
            engine.readAll();
            assertThat(engine.isContentRight).as(label).isTrue();
            assertThat(isPrefix(engine.read))
                    .as("%s is what some prefix left: durable=%d of %d", label, durable, changes.size())
                    .isTrue();
            found.clear();
            found.putAll(engine.read);
            changes.clear();
            durable = 0;
        }

        /** Whether this is what the first changes left, so many that all durable ones are among them. */
        private boolean isPrefix(Map<Long, Long> seen) {
            Map<Long, Long> state = new HashMap<>(found);
            for (int length = 0; length <= changes.size(); length++) {
                if (length > 0) {
                    Change change = changes.get(length - 1);
                    if (change.version() == 0) {
                        state.remove(change.key());
                    } else {
                        state.put(change.key(), change.version());
                    }
                }
                if (length >= durable && state.equals(seen)) {
                    return true;
                }
            }
            return false;
        }
    }
}
