package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.EntryMaker;
import org.stoneware.server.session.HeapShares;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreResult;

/** A copy that can't succeed is tried again, but seldom, and what was held before stays. */
class CopyHoldOffTest {
    private static final long PLENTY = 1L << 30;
    private static final ClientId TOM = new ClientId(1, 2);
    /** Removals of 128 bytes and more fill what may wait for the store. */
    private static final HeapShares NOTHING_WAITS = new HeapShares(1 << 20, 1_000, 1, 1, 1, 1, 1_000, 1 << 20, 1_000);

    private final EntryMaker entries = new EntryMaker(0);
    private Mood mood = Mood.BUSY;

    /** How the standby's store takes sessions. */
    private enum Mood {
        BUSY,
        FULL,
        WELL
    }

    @Test
    void shouldCopyAgainSeldomWhileTheStoreIsTooSlow() {
        LinkedPair pair = pair(20);

        pair.run(60_000);

        // After 5, 10, 20 and 40 seconds.
        assertThat(pair.copies()).isBetween(3, 5);
    }

    /** What was wrong may have been mended: its heap is larger, its disk another one. */
    @Test
    void shouldCopyTheNextProcessAtOnceWhateverTheOneBeforeCouldNotTakeIn() {
        LinkedPair pair = pair(20);
        pair.run(60_000);
        int before = pair.copies();
        mood = Mood.WELL;

        pair.restartStandby();
        pair.run(1_000);

        assertThat(pair.copies()).isEqualTo(before + 1);
        assertThat(pair.standbys.isInSync(LinkedPair.STANDBY_ID)).isTrue();
    }

    @Test
    void shouldBeInSyncOnceTheStoreIsFastEnough() {
        LinkedPair pair = pair(20);
        pair.run(1_000);
        mood = Mood.WELL;

        pair.runUntilInSync();

        assertThat(pair.copies()).isEqualTo(2);
    }

    @Test
    void shouldGiveTheCopyUpWhenWhatWaitedFindsTheStoreFull() {
        LinkedPair pair = pair(1);
        pair.run(100);
        mood = Mood.FULL;

        pair.run(100);

        assertThat(pair.events).contains("standby finds kind=FULL index=0", "active hears kind=FULL index=0");
    }

    @Test
    void shouldNotCopyAgainAtOnceWhenTheConnectionIsLostDuringTheCopy() {
        LinkedPair pair = pair(1);

        for (int ms = 0; ms < 60_000; ms += 100) {
            pair.run(100);
            pair.cut();
        }

        // After half a second, one, two, four, … at most half a minute.
        assertThat(pair.copies()).isBetween(5, 8);
    }

    private LinkedPair pair(int sessions) {
        LinkedPair pair = new LinkedPair(PLENTY, PLENTY, NOTHING_WAITS, this::moody);
        for (int i = 0; i < sessions; i++) {
            pair.write(entries.written(TOM, i + 1, "s" + i));
        }
        return pair;
    }

    private SessionStore moody(SessionStore store) {
        return (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(),
                new Class<?>[] {SessionStore.class},
                (proxy, method, arguments) -> switch (mood) {
                    case BUSY -> method.getName().equals("load") ? LoadResult.BUSY : method.invoke(store, arguments);
                    case FULL -> method.getName().equals("put") ? StoreResult.FULL : method.invoke(store, arguments);
                    case WELL -> method.invoke(store, arguments);
                });
    }
}
