package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.agent.PairedStores;
import org.stoneware.server.replication.Mismatch;
import org.stoneware.server.storage.StoreOrder.Kind;
import org.stoneware.server.storage.StoreSwitch;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.wire.replication.MismatchKind;

/** A standby whose new store is on probation is found to hold something else than its active, or counts no longer there. */
class StoreDifferenceTest {
    private static final int SESSIONS = 150;
    private static final int STEP_MS = 10;
    /** More than two rounds of the comparison, and less than a probation. */
    private static final int ROUNDS_MS = 25_000;

    private static final String OLD = "1.0.0";
    private static final String NEW = "2.0.0";

    @TempDir
    Path data;

    private PairedStores stores;
    private PairFixture pair;
    private SplitTomcat tomcat;
    private int created;

    @BeforeEach
    void exchange() {
        stores = new PairedStores(data);
        pair = new PairFixture(PairFixture::inMemory, stores::next);
        stores.serve(pair.second.duties, pair.second::role);
        pair.pair(5);
        tomcat = new SplitTomcat(pair, pair.first, 5, 1);
        pair.pass(50);
        for (int i = 0; i < SESSIONS; i++) {
            tomcat.create("S" + created++, "value");
        }
        pass(1_000);
        assertThat(pair.second.role()).isEqualTo(ServerRole.PASSIVE_STANDBY);

        stores.use(NEW);
        for (int i = 0; i < 10_000 && stores.isBusy(); i++) {
            pass(STEP_MS);
        }
        assertThat(stores.progress())
                .as("after %s", stores.events())
                .contains("is in use; ")
                .contains("stands by should it fail");
    }

    @AfterEach
    void close() {
        stores.close();
    }

    @Test
    void shouldGoBackWhenTheComparisonFindsASessionLostByAStoreOnProbation() {
        stores.last().remove(SessionKey.of("shop", "S3"));
        tomcat.create("S" + created++, "after the loss");
        for (int ms = 0; ms < ROUNDS_MS && pair.second.duties.replica().mismatch() == null; ms += STEP_MS) {
            pass(STEP_MS);
        }
        boolean isUnfitAtOnce = stores.standing(NEW) == Kind.UNFIT;
        for (int ms = 0; ms < ROUNDS_MS && pair.first.dropsRequested < 1; ms += STEP_MS) {
            pass(STEP_MS);
        }
        dropped();
        copied();

        assertThat(isUnfitAtOnce).isTrue();
        assertThat(pair.second.events).contains("replica-differs");
        assertThat(stores.events())
                .anyMatch(each -> each.startsWith("store-fell-back"))
                .noneMatch(each -> each.startsWith("store-proved"));
        assertThat(stores.problems())
                .anyMatch(each -> each.contains(NEW) && each.contains("the sessions are not as the active's"));
        assertThat(stores.version()).as("what the copy is made in").isEqualTo(OLD);
        assertThat(stores.standing(NEW)).as("to the active, afterwards").isEqualTo(Kind.UNFIT);
        assertWhole();
    }

    /** Both stores are on one machine; the active has room, and other servers may. */
    @Test
    void shouldGoBackAndBlameNobodyWhenTheStandbyHasNoRoomForWhatTheActiveHolds() {
        String large = "x".repeat(4_000);
        for (int i = 0; i < 1_000 && pair.second.duties.replica().difference() == null; i++) {
            tomcat.create("S" + created++, large);
            pass(STEP_MS);
        }
        Mismatch found = pair.second.duties.replica().difference();
        dropped();
        copied();

        assertThat(found).isNotNull();
        assertThat(found.kind()).isEqualTo(MismatchKind.FULL);
        assertThat(stores.events())
                .anyMatch(each -> each.startsWith("store-fell-back") && each.contains("and is not why"))
                .noneMatch(each -> each.startsWith("store-proved"));
        assertThat(stores.problems()).isEmpty();
        assertThat(stores.version()).as("what the copy is made in").isEqualTo(OLD);
        assertThat(stores.standing(NEW)).as("to the active, afterwards").isEqualTo(Kind.TRYING);
        assertWhole();
    }

    /** The active may find it too slow; nothing that comes later is in what it held then. */
    @Test
    void shouldNotCallAStoreProvedThatGetsNoChangesSinceItsServerWasDropped() {
        dropped();
        tomcat.create("S" + created++, "while it does not count");
        pass(STEP_MS);
        String progress = stores.progress();
        pass(StoreSwitch.PROBATION_NS / 1_000_000 + 2_000);
        Kind whileDropped = stores.standing(NEW);

        copied();
        assertWhole();
        pass(20_000);
        Kind early = stores.standing(NEW);
        pass(11_000);

        assertThat(progress).isEqualTo("the store in use is on probation, and none stands by");
        assertThat(whileDropped).isEqualTo(Kind.TRYING);
        assertThat(early).isEqualTo(Kind.TRYING);
        assertThat(stores.standing(NEW)).isEqualTo(Kind.PROVED);
        assertThat(stores.problems()).isEmpty();
    }

    /** The election takes it out of those that count, the active ends the connection and takes no other one for a while. */
    private void dropped() {
        pair.first.dropOther();
        pair.cut();
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, 0);
    }

    private void copied() {
        pair.heal();
        for (int ms = 0; ms < 120_000 && pair.second.role() != ServerRole.PASSIVE_STANDBY; ms += STEP_MS) {
            pass(STEP_MS);
        }
        pass(1_000);
    }

    private void pass(long ms) {
        for (long left = ms; left > 0; left -= STEP_MS) {
            pair.pass(STEP_MS);
            stores.doWork(pair.clock.nowNs());
        }
    }

    private void assertWhole() {
        assertThat(pair.second.role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(pair.second.duties.replica().mismatch()).isNull();
        assertThat(contents(pair.second)).isEqualTo(contents(pair.first)).hasSize(created);
    }

    private static TreeMap<String, Long> contents(PairFixture.Server server) {
        TreeMap<String, Long> all = new TreeMap<>();
        StoreSnapshot walk = server.duties.current().store().openSnapshot();
        while (walk.next(100, record -> all.put(record.key().toString(), record.contentHash() + record.version()))
                != StoreSnapshot.END) {
            // All records of the walk.
        }
        walk.close();
        return all;
    }
}
