package org.stoneware.server.replication;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.api.time.SleepWatch;
import org.stoneware.server.session.HeapShares;
import org.stoneware.server.session.LogClock;
import org.stoneware.spi.replication.Replicator;

/**
 * Active and standby with clocks that run differently, slow links and pauses anywhere. The standby takes over when it likes; from the end of
 * its word on the active before it neither serves reads nor renews leases.
 */
class ReadLeaseTest {
    private static final int SEEDS = 300;
    private static final int SEEDS_TO_CATCH_BUG = 2_000;
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Faults planted between the real classes. */
    enum Bug {
        NONE,
        /** The active counts its lease from when it receives an acknowledgement. */
        LEASE_FROM_RECEIPT,
        /** The standby dates its word by a clock it read before it received what it acknowledges. */
        WORD_BY_EARLIER_CLOCK,
        /** The active goes by its monotonic clock alone, which stands still while its machine sleeps. */
        SLEEP_UNNOTICED
    }

    @Test
    void shouldServeNoReadsBeyondWordOfStandbyThatHasTakenOver() {
        int takeovers = 0;
        int served = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Pair pair = new Pair(seed, Bug.NONE);
            assertThat(pair.servesBeyondWord()).as("seed=%d", seed).isFalse();
            takeovers += pair.hasTakenOver ? 1 : 0;
            served += pair.served;
        }

        assertThat(takeovers).isGreaterThan(SEEDS / 4);
        assertThat(served).isGreaterThan(SEEDS);
    }

    @ParameterizedTest
    @EnumSource(value = Bug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldCatchPlantedBug(Bug bug) {
        boolean isCaught = false;
        for (int seed = 0; seed < SEEDS_TO_CATCH_BUG && !isCaught; seed++) {
            isCaught = new Pair(seed, bug).servesBeyondWord();
        }

        assertThat(isCaught).isTrue();
    }

    @Test
    void shouldFindGateClosedAfterPauseWhateverIsWaiting() {
        Pair pair = new Pair(0, Bug.NONE);
        pair.runCalmly(200 * MS);
        assertThat(pair.active.canServeReads(pair.activeClock())).isTrue();

        pair.pauseActive(308 * MS);
        assertThat(pair.active.canServeReads(pair.activeClock())).isFalse();
        pair.receiveAtActive();
        assertThat(pair.active.canServeReads(pair.activeClock())).isFalse();
        pair.runCalmly(200 * MS);

        assertThat(pair.active.canServeReads(pair.activeClock())).isTrue();
    }

    @Test
    void shouldGiveWordFromFirstTimeReadAfterIt() {
        GivenLease word = new GivenLease();
        assertThat(word.untilNs(5)).isEqualTo(5);

        word.given(10);
        assertThat(word.untilNs(10)).isEqualTo(10 + GivenLease.WORD_NS);
        assertThat(word.untilNs(9_000)).isEqualTo(9_000 + GivenLease.WORD_NS);

        assertThat(word.untilNs(10_000)).isEqualTo(9_000 + GivenLease.WORD_NS);
    }

    /** One run. True time goes on in small steps; each process reads its clock, receives and works, with pauses in between. */
    private static final class Pair {
        private static final int ACTIVE = 0;
        private static final int STANDBY = 1;
        private static final int SEEN_NS = 48;

        private final Random random;
        private final Bug bug;
        private final Deque<Delayed> toStandby = new ArrayDeque<>();
        private final Deque<Delayed> toActive = new ArrayDeque<>();
        private final double[] rates = new double[2];
        private final long[] cycleNs = new long[2];
        private final int[] phases = new int[2];
        private final long[] pausedUntilNs = new long[2];
        private final SleepWatch activeWatch = new SleepWatch();
        private long sleepFromNs = Long.MAX_VALUE;
        private long sleepUntilNs = Long.MAX_VALUE;
        private long sleptNs;
        private final TestState state = TestState.create();
        private final Standbys standbys =
                new Standbys(new ReplicaIdentity(1, 1, 10), 5, state, 0, ReplicationLimits.DEFAULTS, new NoEvents());
        private final ActiveReplicator active = new ActiveReplicator(
                5, state, (result, offset, length) -> {}, new NoCommits(), new LogClock(0, 0), standbys);
        private final PassiveReplica standby;
        private long trueNs = TimeUnit.SECONDS.toNanos(100);
        private long slowUntilNs;
        private long earlierWordNs;
        private long stampNs;
        private boolean isCalm;
        private boolean hasTakenOver;
        /** Since when the standby takes the active before it for done, by its own clock. */
        private long aloneNs;

        private int served;

        private record Delayed(byte[] frame, long arrivesNs) {}

        Pair(long seed, Bug bug) {
            this.random = new Random(seed);
            this.bug = bug;
            rates[ACTIVE] = 0.99 + random.nextDouble() * 0.02;
            rates[STANDBY] = 0.99 + random.nextDouble() * 0.02;
            TestState copy = TestState.create();
            Generation generation = new Generation() {
                @Override
                public ReplicatedState state() {
                    return copy;
                }

                @Override
                public void discard() {}
            };
            standby = new PassiveReplica(
                    new ReplicaIdentity(1, 2, 20),
                    generation,
                    true,
                    0,
                    () -> generation,
                    HeapShares.LARGEST,
                    new NoReplicaEvents());
            standby.follow(1, 5);
            standbys.inSync(2, 20);
            standbys.onConnected(2, output(toStandby));
            standby.onConnected(output(toActive));
        }

        boolean servesBeyondWord() {
            long endNs = trueNs + 20_000 * MS;
            boolean servesBeyondWord = false;
            while (trueNs < endNs && !servesBeyondWord) {
                trueNs += random.nextInt(2_000_000);
                fault();
                int process = random.nextInt(2);
                boolean isAsleep = trueNs >= sleepFromNs;
                if (pausedUntilNs[process] <= trueNs && !(isAsleep && process == ACTIVE)) {
                    step(process);
                }
                boolean serves = !isAsleep && active.canServeReads(activeClock());
                served += serves ? 1 : 0;
                servesBeyondWord = serves && hasTakenOver && clock(STANDBY) >= aloneNs;
            }
            return servesBeyondWord;
        }

        private void fault() {
            int chance = random.nextInt(4_000);
            if (chance < 2) {
                pausedUntilNs[chance] = trueNs + random.nextInt(1_500) * MS;
            } else if (chance == 2) {
                slowUntilNs = trueNs + random.nextInt(600) * MS;
            } else if (chance == 3 && sleepFromNs == Long.MAX_VALUE) {
                sleepFromNs = trueNs;
                sleepUntilNs = trueNs + random.nextInt(1_500) * MS;
            }
            if (trueNs >= sleepUntilNs) {
                sleptNs += trueNs - sleepFromNs;
                sleepFromNs = Long.MAX_VALUE;
                sleepUntilNs = Long.MAX_VALUE;
            }
        }

        private void step(int process) {
            if (process == STANDBY) {
                maybeTakeOver();
                if (hasTakenOver) {
                    return;
                }
            }
            switch (phases[process]++ % 3) {
                case 0 -> cycleNs[process] = clock(process);
                case 1 -> receive(process);
                default -> {
                    if (process == ACTIVE) {
                        active.doWork(cycleNs[ACTIVE]);
                    } else {
                        workStandby();
                    }
                }
            }
        }

        private void workStandby() {
            long nowNs = cycleNs[STANDBY];
            int before = toActive.size();
            standby.doWork(nowNs);
            if (toActive.size() > before && hasGivenOnce()) {
                earlierWordNs = nowNs + GivenLease.WORD_NS;
            }
        }

        /** At any time, and often after a stop. As in a server, nothing is received or acknowledged from then on, and the clock is read anew. */
        private void maybeTakeOver() {
            long nowNs = clock(STANDBY);
            boolean hasStoodStill = nowNs - cycleNs[STANDBY] > 100 * MS;
            if (isCalm || hasTakenOver || !hasGivenOnce() || random.nextInt(hasStoodStill ? 3 : 1_000) > 0) {
                return;
            }
            hasTakenOver = true;
            long untilNs = bug == Bug.WORD_BY_EARLIER_CLOCK ? earlierWordNs : standby.leaseGivenUntilNs(nowNs);
            aloneNs = Math.max(nowNs, untilNs);
        }

        private boolean hasGivenOnce() {
            return standby.state() == ReplicaState.FOLLOWING;
        }

        private void receive(int process) {
            Deque<Delayed> queue = process == ACTIVE ? toActive : toStandby;
            while (!queue.isEmpty() && queue.getFirst().arrivesNs <= trueNs) {
                byte[] frame = queue.removeFirst().frame;
                UnsafeBuffer bytes = new UnsafeBuffer(frame);
                if (process == STANDBY) {
                    standby.onFrame(bytes, 0, frame.length);
                } else {
                    if (bug == Bug.LEASE_FROM_RECEIPT && FrameFault.isAck(bytes)) {
                        bytes.putLong(SEEN_NS, stampNs, LITTLE_ENDIAN);
                    }
                    standbys.onFrame(2, bytes, 0, frame.length, cycleNs[ACTIVE]);
                }
            }
        }

        void runCalmly(long forNs) {
            isCalm = true;
            for (long endNs = trueNs + forNs; trueNs < endNs; trueNs += MS) {
                step(ACTIVE);
                step(STANDBY);
            }
        }

        /** The active stands still just after a sign of life; its standby goes on and acknowledges it. */
        void pauseActive(long forNs) {
            while (toStandby.isEmpty() || !FrameFault.isCommit(toStandby.getLast().frame)) {
                runCalmly(MS);
            }
            for (long endNs = trueNs + forNs; trueNs < endNs; trueNs += MS) {
                step(STANDBY);
            }
        }

        void receiveAtActive() {
            assertThat(toActive).isNotEmpty();
            receive(ACTIVE);
        }

        /** The active's time, as the agent reads it. */
        long activeClock() {
            long nowNs = (long) ((trueNs - sleptNs) * rates[ACTIVE]);
            long wallMs = (long) (trueNs * rates[ACTIVE]) / MS;
            if (activeWatch.sleptNs(wallMs, nowNs) != SleepWatch.AGREED && bug != Bug.SLEEP_UNNOTICED) {
                standbys.distrust(nowNs);
            }
            return nowNs;
        }

        private long clock(int process) {
            return process == ACTIVE ? activeClock() : (long) (trueNs * rates[process]);
        }

        private FrameOutput output(Deque<Delayed> queue) {
            return new FrameOutput() {
                @Override
                public boolean send(DirectBuffer frame, int offset, int length) {
                    byte[] copy = new byte[length];
                    frame.getBytes(offset, copy);
                    if (queue == toStandby) {
                        stampNs = cycleNs[ACTIVE];
                    }
                    long delayNs = random.nextInt(2_000_000) + (trueNs < slowUntilNs ? random.nextInt(500) * MS : 0);
                    Delayed last = queue.peekLast();
                    long arrivesNs = trueNs + delayNs;
                    queue.addLast(new Delayed(copy, last == null ? arrivesNs : Math.max(arrivesNs, last.arrivesNs)));
                    return true;
                }

                @Override
                public void close(String reason) {
                    throw new AssertionError(reason);
                }
            };
        }
    }

    private static final class NoCommits implements Replicator.CommitListener {
        @Override
        public void onCommitted(long correlationId, long index) {}

        @Override
        public void onUnknown(long correlationId) {}
    }

    private static final class NoEvents implements ReplicationEvents {
        @Override
        public void onSynced(int memberId, long incarnation, long index) {}

        @Override
        public void onDropRequested(int memberId, long incarnation, String reason) {}

        @Override
        public void onHigherEpoch(long epoch) {}

        @Override
        public void onSyncState(int memberId, SyncState from, SyncState to, String reason) {}
    }

    private static final class NoReplicaEvents implements PassiveReplicaEvents {
        @Override
        public void onComplete(long lastIndex) {}

        @Override
        public void onLost(String reason) {}

        @Override
        public void onHigherEpoch(long epoch) {}
    }
}
