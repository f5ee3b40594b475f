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
 * Processes end and power is lost at random moments: what is found then is what some prefix of the changes left, one that has all that a
 * start before had shown and all that had been called durable; of a log that calls durable what the system has, after a loss of power what
 * had been forced.
 */
final class PowerLossTest {
    private static final int RUNS = Integer.getInteger("stoneware.segments.powerLosses", 300);
    private static final int KEYS = 40;
    private static final int LIVES = 6;

    private int losses;
    private int cuts;
    /** Losses of power at which some of what was written had not been forced. */
    private int unforced;

    @Test
    void shouldHoldWhatWasDurableWhenPowerWasLost() throws Exception {
        for (int seed = 0; seed < RUNS / 2; seed++) {
            run(Sync.FORCED, seed);
        }

        System.out.println("power losses=" + losses + " of " + RUNS / 2 * LIVES + " ends, tails cut=" + cuts);
        assertThat(cuts).isPositive();
    }

    @Test
    void shouldHoldWhatWasWrittenWhenTheProcessEndedAndWhatWasForcedWhenPowerWasLost() throws Exception {
        for (int seed = 0; seed < RUNS / 2; seed++) {
            run(Sync.WRITTEN, RUNS + seed);
        }

        System.out.println("power losses=" + losses + " of " + RUNS / 2 * LIVES + " ends, tails cut=" + cuts
                + ", not all forced=" + unforced);
        assertThat(cuts).isPositive();
        assertThat(unforced).isPositive();
    }

    private void run(Sync sync, int seed) throws Exception {
        Random random = new Random(seed);
        FaultySegmentFiles files = new FaultySegmentFiles();
        Model model = new Model();
        for (int life = 0; life < LIVES; life++) {
            List<String> notices = Collections.synchronizedList(new ArrayList<>());
            TestEngine engine = new TestEngine(
                    SegmentLogContext.of(files, sync, 16 << 10, 0, notices::add)
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
                if (random.nextInt(8) == 0) {
                    engine.await(() -> model.isAllForced(files));
                }
                model.confirm(engine.log.durablePosition());
                long written = engine.log.figures().writtenBytes();
                files.holdForces(true);
                model.store(engine, random, 1 + random.nextInt(15));
                // A segment that ends is forced before the next one gets its first byte.
                engine.await(() -> engine.log.figures().writtenBytes() > written || files.isForceHeld());
            }
            if (sync == Sync.WRITTEN) {
                engine.step();
                model.confirm(engine.log.durablePosition());
            }
            if (random.nextInt(3) == 0) {
                files.endProcess();
            } else {
                int forced = model.forced(files);
                unforced += forced < model.durable ? 1 : 0;
                if (sync == Sync.WRITTEN) {
                    // What counts as durable is with the system only.
                    model.durable = forced;
                }
                files.losePower(random);
                losses++;
            }
            engine.close();
        }
    }

    /** What was stored in order, and how much of it must be there. */
    private static final class Model {
        private record Change(long position, long location, int length, long key, long version) {
            boolean isForced(FaultySegmentFiles files) {
                String name = Segment.fileName(Location.segment(location));
                return files.isForced(name, Location.offset(location), Frame.length(length));
            }
        }

        /** What the start of this life found. */
        final Map<Long, Long> found = new HashMap<>();

        final List<Change> changes = new ArrayList<>();
        int durable;
        long nextVersion = 1;

        /** Changes something, so little that it need not be written at once. */
        void store(TestEngine engine, Random random, int operations) {
            for (int i = 0; i < operations; i++) {
                long key = random.nextInt(KEYS);
                if (random.nextInt(5) == 0) {
                    long location = engine.remove(key);
                    changes.add(new Change(engine.log.appendPosition(), location, 0, key, 0));
                } else {
                    long version = nextVersion++;
                    int length = random.nextInt(3000);
                    engine.put(key, version, length);
                    long location = engine.held.get(key).location();
                    changes.add(new Change(engine.log.appendPosition(), location, length, key, version));
                }
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

        void confirm(long position) {
            while (durable < changes.size() && changes.get(durable).position() <= position) {
                durable++;
            }
        }

        /** How many of the changes that are durable, as the log says, a loss of power now would leave: all up to the last one on the disk. */
        int forced(FaultySegmentFiles files) {
            int forced = durable;
            while (forced > 0 && !changes.get(forced - 1).isForced(files)) {
                forced--;
            }
            return forced;
        }

        boolean isAllForced(FaultySegmentFiles files) {
            if (changes.isEmpty()) {
                return true;
            }
            Change last = changes.get(changes.size() - 1);
            // Or elsewhere, and forced there.
            return last.isForced(files) || !files.list().contains(Segment.fileName(Location.segment(last.location())));
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
