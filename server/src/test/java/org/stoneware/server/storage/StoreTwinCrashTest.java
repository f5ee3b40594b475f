package org.stoneware.server.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.testkit.storage.ReferenceDisk;
import org.stoneware.testkit.storage.ReferenceDurableStore;

/** The process ends at every point of what a new store, most of whose sessions are not in memory, has not made durable yet. */
class StoreTwinCrashTest {
    private static final int SESSIONS = 300;
    /** For less than half of them, and for what a duty cycle copies. */
    private static final long MEMORY = 70_000;

    private final ReferenceDisk disk = new ReferenceDisk();
    private final KeptPlace place = new KeptPlace();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void shouldFindEverySessionAtEveryPointOnceARestartOpensTheNewStore(long seed) {
        ExchangeRig rig = new ExchangeRig(seed, SESSIONS);
        ReferenceDurableStore durable = open(disk, (int) (1 + seed % 5));
        rig.exchange.begin(new OpenedStore(durable, "durable", place), "test", rig.nowNs);

        while (rig.exchange.isBusy() && rig.exchange.state() != StoreSwitchState.SETTLING) {
            turn(rig);
        }
        Set<SessionKey> lasting = keys(rig.store);
        while (rig.exchange.isBusy()) {
            turn(rig, lasting);
        }
        assertThat(place.isPublished).as("%s", rig.events).isTrue();
        assertFound(lasting, "seed=" + seed);

        assertThat(rig.store.inUse().provider()).as("%s", rig.events).isEqualTo("durable");
        assertThat(residents(durable)).isBetween(1L, SESSIONS / 2L);
        assertThat(lasting).hasSizeGreaterThan(SESSIONS / 2);
    }

    private static void turn(ExchangeRig rig, Set<SessionKey> lasting) {
        turn(rig);
        lasting.retainAll(keys(rig.store));
    }

    /** Nobody changes anything while a store is behind. */
    private static void turn(ExchangeRig rig) {
        rig.cycle(rig.store.isBehind() ? 0 : 1);
    }

    private void assertFound(Set<SessionKey> lasting, String when) {
        for (int kept = 0; kept <= disk.length() - disk.forced(); kept++) {
            assertThat(keys(open(disk.afterCrash(kept), 1)))
                    .as("%s unsafeKept=%d", when, kept)
                    .containsAll(lasting);
        }
    }

    private static ReferenceDurableStore open(ReferenceDisk on, int forceCycles) {
        return new ReferenceDurableStore(
                new StoreContext(Path.of(""), MEMORY, 8_192, line -> {}),
                on,
                new ReferenceDurableStore.Pace(forceCycles, 2, 16));
    }

    private static long residents(SessionStore store) {
        long[] residents = new long[1];
        store.visitCounters((name, value) -> residents[0] = name.equals("resident.sessions") ? value : residents[0]);
        return residents[0];
    }

    private static Set<SessionKey> keys(SessionStore store) {
        Set<SessionKey> keys = new HashSet<>();
        try (StoreSnapshot walk = store.openSnapshot()) {
            while (walk.next(100, record -> keys.add(record.key())) != StoreSnapshot.END) {
                // All records of the walk.
            }
        }
        return keys;
    }
}
