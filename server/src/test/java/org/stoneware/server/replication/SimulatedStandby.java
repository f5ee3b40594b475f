package org.stoneware.server.replication;

import org.jspecify.annotations.Nullable;
import org.stoneware.server.session.HeapShares;

/** One standby process after the other on one simulated server. */
final class SimulatedStandby {
    final int memberId;
    private final PlantedBug bug;
    long incarnation;
    PassiveReplica replica;

    @Nullable
    SimulatedConnection connection;

    private static final PassiveReplicaEvents EVENTS = new PassiveReplicaEvents() {
        @Override
        public void onComplete(long lastIndex) {}

        @Override
        public void onLost(String reason) {
            // Frames are damaged only where a checksum notices, so a copy that does not fit was made wrong.
            if (reason.startsWith("copy given up")) {
                throw new AssertionError(reason);
            }
        }

        @Override
        public void onHigherEpoch(long epoch) {}

        @Override
        public void onDigestMismatch(Mismatch mismatch) {
            throw new AssertionError("copy differs: " + mismatch);
        }
    };

    SimulatedStandby(int memberId, PlantedBug bug) {
        this.memberId = memberId;
        this.bug = bug;
        this.incarnation = memberId * 1000L;
        this.replica = start();
    }

    void crash() {
        incarnation++;
        replica = start();
    }

    TestState state() {
        return (TestState) replica.current().state();
    }

    private PassiveReplica start() {
        PassiveReplica started = new PassiveReplica(
                new ReplicaIdentity(SimulatedPair.GROUP_ID, memberId, incarnation),
                generation(),
                false,
                0,
                this::generation,
                HeapShares.LARGEST,
                EVENTS);
        started.follow(SimulatedPair.ACTIVE_ID, SimulatedPair.EPOCH);
        return started;
    }

    private Generation generation() {
        TestState state = new TestState(new DatedStore(bug == PlantedBug.SNAPSHOT_OVERWRITES_NEWER))
                .forcedLater(bug == PlantedBug.ACK_BEFORE_DURABLE);
        return new Generation() {
            @Override
            public ReplicatedState state() {
                return state;
            }

            @Override
            public void discard() {
                state.store().close();
            }
        };
    }
}
