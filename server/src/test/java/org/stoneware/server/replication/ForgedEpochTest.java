package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.EntryMaker;

/** Who reads the datagrams of a replication connection can write them too; an epoch is the election's alone. See ADR 0307. */
class ForgedEpochTest {
    private static final long NEVER_ELECTED = LinkedPair.EPOCH + 1;
    private static final ClientId TOM = new ClientId(1, 2);

    private final EntryMaker entries = new EntryMaker(0);
    private final LinkedPair pair = new LinkedPair(1L << 30, 1L << 30);
    private int sessions;

    @BeforeEach
    void beInSync() {
        pair.write(entries.registered(TOM));
        pair.runUntilInSync();
        pair.run(100);
    }

    @Test
    void shouldGoOnServingWhenFrameNamesHigherEpoch() {
        pair.forgeToActive(NEVER_ELECTED);

        requireThatSessionIsHeldByBoth();
    }

    @Test
    void shouldGoOnServingWhenHigherEpochIsSaidToBePromised() {
        pair.forgeStaleToActive(NEVER_ELECTED);

        requireThatSessionIsHeldByBoth();
    }

    @Test
    void shouldGoOnFollowingWhenFrameNamesHigherEpoch() {
        pair.forgeToStandby(NEVER_ELECTED);

        requireThatSessionIsHeldByBoth();
    }

    @Test
    void shouldGoOnWhenFrameNamesLowerEpoch() {
        pair.forgeToStandby(LinkedPair.EPOCH - 1);
        pair.run(1);
        pair.forgeToActive(LinkedPair.EPOCH - 1);

        requireThatSessionIsHeldByBoth();
    }

    @Test
    void shouldAcknowledgeNothingOverConnectionThatNamesHigherEpoch() {
        long before = pair.committed;
        pair.write(create());

        pair.forgeToActive(NEVER_ELECTED);

        assertThat(pair.isConnected()).isFalse();
        assertThat(pair.committed).isEqualTo(before);
    }

    private void requireThatSessionIsHeldByBoth() {
        pair.run(1);
        assertThat(pair.write(create())).isEqualTo("COMMITTED");

        pair.run(400);

        assertThat(pair.committed).isEqualTo(pair.state.lastApplied());
        assertThat(pair.replica.state()).isEqualTo(ReplicaState.FOLLOWING);
        assertThat(pair.copy().lastApplied()).isEqualTo(pair.state.lastApplied());
        assertThat(pair.standbys.isInSync(LinkedPair.STANDBY_ID)).isTrue();
        assertThat(pair.copies()).isEqualTo(1);
    }

    private byte[] create() {
        sessions++;
        return entries.written(TOM, sessions, "s" + sessions);
    }
}
