package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.Durability;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreResult;

/** What a store promises when there is no room, when its disk fails, and what it says about its health. */
abstract class StoreFailurePromises extends StoreNotePromises {
    private static final long SMALL_DISK_BYTES = 32L << 20;
    private static final int VALUE_LENGTH = 20_000;
    private static final String MAY_GO_ON = "this mode keeps nothing, so it may go on without its disk";
    private static final String NO_DISK_TO_FAIL =
            "this test has no means to make the disk fail (failDisk() is not overridden)";

    @Test
    void shouldBeHealthyAtFirst() {
        assertThat(openStore().health()).isEqualTo(StoreHealth.OK);
    }

    @Test
    void shouldNameItsCountersOnceAndInLowerCase() {
        SessionStore store = openStore();
        put(store, record(1));
        work(store);
        List<String> names = new ArrayList<>();

        store.visitCounters((name, value) -> names.add(name));

        assertThat(names).doesNotHaveDuplicates();
        assertThat(names).allMatch(name -> name.matches("[a-z][a-z0-9-]*(\\.[a-z0-9-]+)*"), "lower case, dotted");
    }

    @Test
    void shouldRefuseWhatDiskHasNoRoomForAndKeepTheRest() {
        SessionStore store = openSmallDisk();
        int sessions = fillDisk(store);

        assertThat(store.health().state()).isEqualTo(StoreHealth.State.FULL);
        assertThat(store.health().reason()).isNotBlank();
        assertThat(store.figures().diskUsedBytes()).isBetween(1L, SMALL_DISK_BYTES);
        assertThat(store.figures().diskMaxBytes()).isEqualTo(SMALL_DISK_BYTES);
        assertThat(store.figures().sessions()).isEqualTo(sessions);
        for (int i = 0; i < sessions; i++) {
            assertThat(attributes(store, key(i))).as("session " + i).containsExactly(line("a", bytes(VALUE_LENGTH)));
        }
        assertThat(held(store, key(sessions))).isNull();
    }

    @Test
    void shouldTouchAndRemoveThoughDiskIsFull() {
        SessionStore store = openSmallDisk();
        int sessions = fillDisk(store);

        for (int i = 0; i < sessions; i++) {
            assertThat(touch(store, key(i), 9_000_000))
                    .as("touch of session " + i)
                    .isEqualTo(StoreResult.STORED);
            assertThat(remove(store, key(i))).as("removal of session " + i).isEqualTo(StoreResult.STORED);
        }

        assertThat(store.figures().sessions()).isZero();
    }

    @Test
    void shouldHealByItselfWhenDiskHasRoomAgain() {
        SessionStore store = openSmallDisk();
        int sessions = fillDisk(store);

        for (int i = 0; i < sessions; i++) {
            if (i % 4 != 0) {
                remove(store, key(i));
            }
        }
        workUntil(store, "healthy again", () -> store.health().state() == StoreHealth.State.OK);

        for (int i = 0; i < sessions / 4; i++) {
            putPatiently(
                    store,
                    record(100_000 + i).attribute("a", bytes(VALUE_LENGTH)).build());
        }
        workUntil(store, "healthy at the end", () -> store.health().equals(StoreHealth.OK));
        for (int i = 0; i < sessions; i += 4) {
            assertThat(attributes(store, key(i))).as("session " + i).containsExactly(line("a", bytes(VALUE_LENGTH)));
        }
    }

    @Test
    void shouldRefuseAllChangesForEverOnceTheDiskHasFailed() {
        assumeTrue(keepsSessions(), MAY_GO_ON);
        SessionStore store = openStore();
        put(store, record(1).attribute("a", bytes(1000)));
        workUntilDurable(store);
        List<String> failures = failDiskOf(store);
        long durable = store.durablePosition();

        assertThat(put(store, record(3))).isEqualTo(StoreResult.FAILED);
        assertThat(create(store, key(4), delta(), stamp(1, 1000))).isEqualTo(StoreResult.FAILED);
        assertThat(touch(store, key(1), 7_000_000)).isEqualTo(StoreResult.FAILED);
        assertThat(remove(store, key(1))).isEqualTo(StoreResult.FAILED);

        assertThat(attributes(store, key(1))).as("reads go on").containsExactly(line("a", bytes(1000)));
        for (int i = 0; i < 1000; i++) {
            work(store);
        }
        assertThat(store.durablePosition())
                .as("nothing becomes durable any more")
                .isEqualTo(durable);
        assertThat(store.health().state()).isEqualTo(StoreHealth.State.FAILED);
        assertThat(failures).as("told once").hasSize(1);
        assertThat(failures.get(0)).isNotBlank();
        assertThat(store.health().reason()).isNotBlank();
    }

    @Test
    void shouldShowAfterAFailureOfTheDiskWhatWasDurableBefore() {
        assumeTrue(keepsSessions(), KEEPS_NOTHING);
        SessionStore store = openStore();
        put(store, record(1).attribute("a", bytes(1000)));
        workUntilDurable(store);
        failDiskOf(store);

        SessionStore next = reopenAfterCrash(store);

        assertThat(attributes(next, key(1))).containsExactly(line("a", bytes(1000)));
        assertThat(put(next, record(9))).isEqualTo(StoreResult.STORED);
        workUntilDurable(next);
    }

    /** Whether such a mode refuses all from then on, or what needs room only, is its own business. */
    @Test
    void shouldLoseNoSessionWhenTheDiskFailsInAModeThatKeepsNothing() {
        assumeTrue(holdsMoreThanMemory(), NO_DISK);
        assumeFalse(keepsSessions(), "this mode keeps sessions over the end of the process");
        SessionStore store = openStore(TIGHT_BYTES, MAX_RECORD_LENGTH);
        int onDisk = (int) (2 * TIGHT_BYTES / VALUE_LENGTH);
        for (int i = 0; i < onDisk; i++) {
            putPatiently(store, record(i).attribute("a", bytes(VALUE_LENGTH)).build());
        }
        assumeTrue(failDisk(store), NO_DISK_TO_FAIL);

        int[] sessions = {onDisk};
        StoreResult[] result = {StoreResult.STORED};
        workUntil(store, "a disk that fails is told", () -> {
            result[0] = put(store, record(sessions[0]).attribute("a", bytes(VALUE_LENGTH)));
            sessions[0] += result[0] == StoreResult.STORED ? 1 : 0;
            return result[0] != StoreResult.STORED && !store.health().reason().isBlank();
        });

        assertThat(result[0]).isIn(StoreResult.FULL, StoreResult.FAILED);
        assertThat(store.figures().sessions()).isEqualTo(sessions[0]);
        for (int i = 0; i < sessions[0]; i++) {
            assertThat(attributes(store, key(i))).as("session " + i).containsExactly(line("a", bytes(VALUE_LENGTH)));
        }
        StoreResult further = result[0] == StoreResult.FULL ? StoreResult.STORED : StoreResult.FAILED;
        assertThat(touch(store, key(1), 9_000_000)).isEqualTo(further);
        assertThat(remove(store, key(0))).isEqualTo(further);
    }

    /** Makes the disk fail under a change, and returns what the store says of it. */
    private List<String> failDiskOf(SessionStore store) {
        assumeTrue(failDisk(store), NO_DISK_TO_FAIL);
        List<String> failures = new ArrayList<>();
        new ListenerWatch(store, this::isWorking) {
            @Override
            public void onFailed(String reason) {
                super.onFailed(reason);
                failures.add(reason);
            }
        };
        long durable = store.durablePosition();
        assertThat(put(store, record(2))).isIn(StoreResult.STORED, StoreResult.FAILED);
        workUntil(store, "the failure is told", () -> !failures.isEmpty());
        assertThat(store.durablePosition())
                .as("what met the failure is not durable")
                .isEqualTo(durable);
        return failures;
    }

    private SessionStore openSmallDisk() {
        assumeTrue(holdsMoreThanMemory(), NO_DISK);
        return openStore(new StoreContext(
                newDirectory(), TIGHT_BYTES, SMALL_DISK_BYTES, MAX_RECORD_LENGTH, Durability.REPLICATED, notice -> {}));
    }

    /** Puts sessions until the store says that it is full and means the disk; returns how many it took. */
    private int fillDisk(SessionStore store) {
        int most = (int) (3 * SMALL_DISK_BYTES / VALUE_LENGTH);
        int[] sessions = {0};
        workUntil(store, "a disk of " + SMALL_DISK_BYTES + " bytes is full", () -> {
            SessionRecord record =
                    record(sessions[0]).attribute("a", bytes(VALUE_LENGTH)).build();
            while (sessions[0] < most && put(store, record) == StoreResult.STORED) {
                record = record(++sessions[0])
                        .attribute("a", bytes(VALUE_LENGTH))
                        .build();
            }
            assertThat(sessions[0])
                    .as("sessions kept, of which fewer fit the disk")
                    .isLessThan(most);
            return store.health().state() == StoreHealth.State.FULL;
        });
        assertThat(sessions[0] * (long) VALUE_LENGTH)
                .as("most of the disk serves sessions")
                .isGreaterThan(SMALL_DISK_BYTES / 4);
        return sessions[0];
    }
}
