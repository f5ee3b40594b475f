package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreResult;

/** What a store promises about the end of the process: the ordered one and the kill. */
abstract class StoreDurabilityPromises extends StoreResidencyPromises {
    private static final int SESSIONS = 60;
    private static final int CRASHES = 6;
    private static final int MAX_CHANGES_BETWEEN = 120;

    @Test
    void shouldStartEmptyOverWhatAnEarlierRunLeftWhenModeKeepsNothing() {
        assumeFalse(keepsSessions(), "this mode keeps sessions over the end of the process");
        SessionStore store = openStore();
        for (int i = 0; i < 200; i++) {
            put(store, record(i).attribute("a", bytes(2000)));
        }

        SessionStore afterCrash = reopenAfterCrash(store);
        put(afterCrash, record(1000));
        SessionStore afterClose = reopen(afterCrash);

        assertThat(afterClose.figures().sessions()).isZero();
        assertThat(held(afterClose, key(1))).isNull();
        assertThat(digests(afterClose)).isEmpty();
    }

    @Test
    void shouldShowAfterCloseWhatWasDurable() {
        SessionStore store = openKeepingStore();
        for (int i = 0; i < 300; i++) {
            put(store, record(i).version(3).attribute("a", bytes(i * 11)));
        }
        for (int i = 0; i < 300; i += 3) {
            remove(store, key(i));
            touch(store, key(i + 1), 50_000 + i);
        }
        workUntilDurable(store);
        List<String> expected = digests(store);

        SessionStore next = reopen(store);

        assertThat(digests(next)).isEqualTo(expected);
        assertThat(next.figures().sessions()).isEqualTo(200);
        assertThat(held(next, key(0))).isNull();
        assertThat(attributes(next, key(2))).containsExactly(line("a", bytes(22)));
        assertThat(put(next, record(2).version(3))).as("versions go on").isEqualTo(StoreResult.STALE);
        assertThat(put(next, record(2).version(4))).isEqualTo(StoreResult.STORED);
    }

    @Test
    void shouldNameExpiredSessionsOfEarlierRunOldestFirst() {
        SessionStore store = openKeepingStore();
        List<SessionKey> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            put(store, record(i).lastAccessedTimeMs(500_000 - i).maxInactiveIntervalSec(1800));
            expected.add(0, key(i));
        }
        put(store, record(200).maxInactiveIntervalSec(-1));
        workUntilDurable(store);

        SessionStore next = reopenAfterCrash(store);

        workUntil(
                next,
                "all expired sessions are named",
                () -> expired(next, Long.MAX_VALUE, Integer.MAX_VALUE).size() == expected.size());
        assertThat(expired(next, Long.MAX_VALUE, Integer.MAX_VALUE)).isEqualTo(expected);
    }

    @Test
    void shouldShowAfterKillWhatWasDurableThoughHugeOrTinyOrOddlyNamed() {
        SessionStore store = openKeepingStore();
        List<SessionKey> keys = List.of(
                SessionKey.of("", "x"),
                SessionKey.of("a".repeat(SessionKey.MAX_APPLICATION_LENGTH), "y".repeat(SessionKey.MAX_ID_LENGTH)),
                SessionKey.of("host/\u00e4\u20ac\uD83D\uDE00", "\u0000\n'\";--"));
        for (SessionKey key : keys) {
            create(store, key, delta(), stamp(1, 1000));
        }
        int hugeLength = MAX_RECORD_LENGTH - 1000;
        put(store, record(1).attribute("huge", bytes(hugeLength)));
        workUntilDurable(store);
        List<String> expected = digests(store);

        SessionStore next = reopenAfterCrash(store);

        assertThat(digests(next)).isEqualTo(expected).hasSize(4);
        assertThat(attributes(next, key(1))).containsExactly(line("huge", bytes(hugeLength)));
        for (SessionKey key : keys) {
            assertThat(heldRecord(next, key).key()).isEqualTo(key);
        }
    }

    @Test
    void shouldNotBringBackWhatClearTookAway() {
        SessionStore store = openKeepingStore();
        for (int i = 0; i < 100; i++) {
            put(store, record(i));
        }
        workUntilDurable(store);
        long before = store.appendPosition();
        store.clear();
        put(store, record(500));
        assertThat(store.appendPosition()).as("positions go on rising").isGreaterThan(before);
        workUntilDurable(store);

        SessionStore next = reopenAfterCrash(store);

        assertThat(next.figures().sessions()).isEqualTo(1);
        assertThat(digests(next)).isEqualTo(expectedDigests(next, List.of(key(500))));
    }

    @Test
    void shouldTellRisingDurablePositionsInsideDoWork() {
        SessionStore store = openKeepingStore();
        List<Long> told = new ArrayList<>();
        StoreListenerWatch watch = new StoreListenerWatch(store, told);
        for (int i = 0; i < 200; i++) {
            put(store, record(i).attribute("a", bytes(500)));
            if (i % 20 == 0) {
                work(store);
            }
        }

        workUntil(
                store,
                "the last position is told",
                () -> !told.isEmpty() && told.get(told.size() - 1) == store.appendPosition());

        assertThat(told).isSorted().doesNotHaveDuplicates();
        assertThat(store.durablePosition()).isEqualTo(store.appendPosition());
        assertThat(watch).isNotNull();
    }

    @Test
    void shouldGoOnFromThePositionsOfTheEarlierRunOrAnyOther() {
        SessionStore store = openKeepingStore();
        put(store, record(1));
        workUntilDurable(store);

        SessionStore next = reopenAfterCrash(store);
        long opened = next.appendPosition();

        assertThat(next.durablePosition()).as("what was found is durable").isEqualTo(opened);
        put(next, record(2));
        assertThat(next.appendPosition()).isGreaterThan(opened);
        workUntilDurable(next);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldShowAfterKillAPrefixOfTheChangesThatCoversAllThatWasDurable(long seed) {
        assumeTrue(keepsSessions(), KEEPS_NOTHING);
        killAgainAndAgain(openStore(), seed);
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22})
    void shouldShowAfterKillAPrefixOfTheChangesThoughMemoryIsTight(long seed) {
        assumeTrue(keepsSessions(), KEEPS_NOTHING);
        assumeTrue(holdsMoreThanMemory(), NO_DISK);
        killAgainAndAgain(openStore(TIGHT_BYTES, MAX_RECORD_LENGTH), seed);
    }

    private void killAgainAndAgain(SessionStore first, long seed) {
        Random random = new Random(seed);
        SessionStore store = first;
        SessionStore reference = reference();
        long version = 0;
        for (int crash = 0; crash < CRASHES; crash++) {
            List<Step> steps = new ArrayList<>();
            int changes = random.nextInt(MAX_CHANGES_BETWEEN);
            for (int i = 0; i < changes; i++) {
                Step step = Step.random(random, ++version);
                if (step.apply(this, store)) {
                    steps.add(step.at(store.appendPosition()));
                }
                for (int cycle = random.nextInt(4); cycle > 0; cycle--) {
                    work(store);
                }
            }
            if (random.nextInt(3) == 0) {
                workUntilDurable(store);
            }
            long durablePosition = store.durablePosition();

            store = reopenAfterCrash(store);

            String where = "seed=" + seed + " crash=" + crash + " durablePosition=" + durablePosition;
            int kept = 0;
            while (kept < steps.size() && steps.get(kept).position() <= durablePosition) {
                steps.get(kept++).apply(this, reference);
            }
            List<String> shown = digests(store);
            int durable = kept;
            while (!shown.equals(digests(reference)) && kept < steps.size()) {
                steps.get(kept++).apply(this, reference);
            }
            assertThat(shown)
                    .as(where + ": the first " + durable + " of " + steps.size() + " changes, or more in order")
                    .isEqualTo(digests(reference));
            for (int i = 0; i < SESSIONS; i++) {
                assertThat(held(store, key(i))).as(where + " session=" + i).isEqualTo(held(reference, key(i)));
            }
        }
    }

    private SessionStore openKeepingStore() {
        assumeTrue(keepsSessions(), KEEPS_NOTHING);
        return openStore();
    }

    /** One change, applied to the store and then, if it was kept, to the reference. */
    private record Step(int choice, SessionKey key, long version, int length, long position) {
        static Step random(Random random, long version) {
            int length = random.nextInt(15) == 0 ? 100_000 : random.nextInt(3000);
            return new Step(random.nextInt(100), StoreFixture.key(random.nextInt(SESSIONS)), version, length, 0);
        }

        Step at(long position) {
            return new Step(choice, key, version, length, position);
        }

        /** Returns whether the store took the change. */
        boolean apply(StoreFixture test, SessionStore store) {
            if (choice == 0) {
                store.clear();
                return true;
            }
            SessionRecord record = new SessionRecordBuilder(key)
                    .version(version)
                    .lastAccessedTimeMs(version)
                    .attribute("a", bytes(length))
                    .build();
            StoreResult result = choice < 15
                    ? test.remove(store, key)
                    : choice < 35 ? test.touch(store, key, 1000 + version) : test.put(store, record);
            return result == StoreResult.STORED;
        }
    }

    private final class StoreListenerWatch extends ListenerWatch {
        private final List<Long> told;

        StoreListenerWatch(SessionStore store, List<Long> told) {
            super(store, StoreDurabilityPromises.this::isWorking);
            this.told = told;
        }

        @Override
        public void onDurable(long position) {
            super.onDurable(position);
            told.add(position);
        }
    }
}
