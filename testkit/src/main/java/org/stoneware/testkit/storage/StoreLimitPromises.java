package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;

/** What a store promises about its bounds, its figures and its end. */
abstract class StoreLimitPromises extends StoreWalkPromises {
    private static final String HOLDS_MORE =
            "this mode goes on on disk when memory is out (holdsMoreThanMemory() is true)";
    private static final int MIB = 1 << 20;

    @Test
    void shouldKeepOlderVersionReadableWhenFull() {
        assumeFalse(holdsMoreThanMemory(), HOLDS_MORE);
        SessionStore store = openStore(TIGHT_BYTES, MAX_RECORD_LENGTH);
        int sessions = fill(store, 2000);
        byte[] before = held(store, key(0));
        long sessionsBefore = store.figures().sessions();

        StoreResult put = put(store, record(0).version(2).attribute("a", bytes(MAX_RECORD_LENGTH / 2)));
        StoreResult merge = change(store, key(0), delta("b", bytes(MAX_RECORD_LENGTH / 2)), stamp(3, 5000));
        StoreResult created = create(store, key(-1), delta("b", bytes(MAX_RECORD_LENGTH / 2)), stamp(1, 5000));

        assertThat(List.of(put, merge, created)).containsOnly(StoreResult.FULL);
        assertThat(held(store, key(0))).isEqualTo(before);
        assertThat(held(store, key(-1))).isNull();
        assertThat(store.figures().sessions()).isEqualTo(sessionsBefore).isEqualTo(sessions);
    }

    @Test
    void shouldAcceptSessionsAgainWhenOthersAreGone() {
        assumeFalse(holdsMoreThanMemory(), HOLDS_MORE);
        SessionStore store = openStore(TIGHT_BYTES, MAX_RECORD_LENGTH);
        int sessions = fill(store, 2000);
        for (int i = 0; i < sessions; i += 2) {
            remove(store, key(i));
        }

        for (int i = 0; i < sessions / 4; i++) {
            StoreResult result = put(store, record(100_000 + i).attribute("a", bytes(2000)));
            assertThat(result).as("session " + i + " of " + sessions / 4).isEqualTo(StoreResult.STORED);
        }
    }

    @Test
    void shouldAcceptSessionsOfOtherLengthWhenOthersAreGone() {
        assumeFalse(holdsMoreThanMemory(), HOLDS_MORE);
        SessionStore store = openStore(TIGHT_BYTES, MAX_RECORD_LENGTH);
        int sessions = fill(store, 700);
        for (int i = 0; i < sessions; i++) {
            if (i % 4 != 0) {
                remove(store, key(i));
            }
        }

        for (int i = 0; i < 4; i++) {
            StoreResult result = put(store, record(100_000 + i).attribute("a", bytes(MIB / 4)));
            assertThat(result).as("large session " + i).isEqualTo(StoreResult.STORED);
        }
        for (int i = 0; i < sessions; i += 4) {
            assertThat(attributes(store, key(i))).containsExactly(line("a", bytes(700)));
        }
    }

    @Test
    void shouldAcceptChangesThatDoNotGrowRecordWhenFull() {
        assumeFalse(holdsMoreThanMemory(), HOLDS_MORE);
        SessionStore store = openStore(TIGHT_BYTES, MAX_RECORD_LENGTH);
        int sessions = fill(store, 2000);

        for (int i = 0; i < sessions; i++) {
            SessionKey key = key(i);
            int length = heldRecord(store, key).length();
            StoreResult same = put(store, record(i).version(2).attribute("a", bytes(length - overhead(i))));
            StoreResult smaller = change(store, key, delta("a", bytes(i % 2000)), stamp(3, 6000));
            StoreResult touched = touch(store, key, 7000);

            assertThat(List.of(same, smaller, touched)).as("session " + i).containsOnly(StoreResult.STORED);
            assertThat(attributes(store, key)).containsExactly(line("a", bytes(i % 2000)));
        }
    }

    @Test
    void shouldStayWithinMemoryBound() {
        long seed = 99;
        Random random = new Random(seed);
        SessionStore store = openStore(TIGHT_BYTES, MAX_RECORD_LENGTH);
        for (int i = 0; i < 3000; i++) {
            int number = random.nextInt(1500);
            int length = random.nextInt(50) == 0 ? random.nextInt(200_000) : random.nextInt(4000);
            if (random.nextInt(5) == 0) {
                remove(store, key(number));
            } else {
                put(store, record(number).version(i + 1).attribute("a", bytes(length)));
            }
            assertThat(store.figures().memoryUsedBytes())
                    .as("seed=" + seed + " i=" + i)
                    .isBetween(0L, TIGHT_BYTES);
            if (i % 10 == 0) {
                work(store);
            }
        }
        assertThat(store.figures().memoryMaxBytes()).isEqualTo(TIGHT_BYTES);
    }

    @Test
    void shouldRefuseRecordLongerThanAllowed() {
        SessionStore store = openStore(ROOMY_BYTES, 10_000);
        create(store, key(1), delta("a", bytes(6000)), stamp(1, 1000));
        byte[] before = held(store, key(1));

        StoreResult merge = change(store, key(1), delta("b", bytes(6000)), stamp(2, 2000));
        StoreResult put = put(store, record(1).version(2).attribute("a", bytes(10_000)));
        StoreResult created = put(store, record(2).attribute("a", bytes(10_000)));
        StoreResult replaced = change(store, key(1), delta("a", bytes(9000)), stamp(2, 3000));

        assertThat(List.of(merge, put, created)).containsOnly(StoreResult.FULL);
        assertThat(before).isNotNull();
        assertThat(replaced).as("what counts is the record that results").isEqualTo(StoreResult.STORED);
        assertThat(held(store, key(2))).isNull();
    }

    @Test
    void shouldKeepRecordOfExactlyTheLengthAllowed() {
        int length = record(1).attribute("a", bytes(5000)).build().length();
        SessionStore store = openStore(ROOMY_BYTES, length);

        assertThat(put(store, record(1).attribute("a", bytes(5000)))).isEqualTo(StoreResult.STORED);
        assertThat(put(store, record(2).attribute("a", bytes(5001)))).isEqualTo(StoreResult.FULL);
    }

    @Test
    void shouldKeepHugeRecords() {
        SessionStore store = openStore(96L * MIB, 20 * MIB);
        byte[] huge = bytes(16 * MIB);
        create(store, key(1), delta("huge", huge), stamp(1, 1000));
        put(store, record(2));

        StoreResult merged = change(store, key(1), delta("small", text("x")), stamp(2, 2000));

        assertThat(merged).isEqualTo(StoreResult.STORED);
        assertThat(attributes(store, key(1))).containsExactlyInAnyOrder(line("huge", huge), line("small", text("x")));
        assertThat(change(store, key(1), delta().remove(AttributeKind.APPLICATION, "huge"), stamp(3, 3000)))
                .isEqualTo(StoreResult.STORED);
        assertThat(attributes(store, key(1))).containsExactly(line("small", text("x")));
    }

    @Test
    void shouldKeepTinyRecordsAndExtremeKeys() {
        SessionStore store = openStore();
        List<SessionKey> keys = List.of(
                SessionKey.of("", "x"),
                SessionKey.of("", "y".repeat(SessionKey.MAX_ID_LENGTH)),
                SessionKey.of("a".repeat(SessionKey.MAX_APPLICATION_LENGTH), "x"),
                SessionKey.of("a".repeat(SessionKey.MAX_APPLICATION_LENGTH), "y".repeat(SessionKey.MAX_ID_LENGTH)),
                SessionKey.of("host/\u00e4\u20ac\uD83D\uDE00", "\u0000\n'\";--"));
        for (SessionKey key : keys) {
            assertThat(create(store, key, delta(), stamp(1, 1000))).isEqualTo(StoreResult.STORED);
        }

        for (SessionKey key : keys) {
            SessionRecord record = heldRecord(store, key);
            assertThat(record.key()).isEqualTo(key);
            assertThat(record.attributeCount()).isZero();
        }
    }

    @Test
    void shouldKeepThousandsOfAttributes() {
        SessionStore store = openStore();
        SessionDelta.Builder first = delta();
        SessionDelta.Builder second = delta();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            add(first, "name-" + i, text("value-" + i));
            if (i % 3 == 0) {
                second.remove(AttributeKind.APPLICATION, "name-" + i);
            } else if (i % 3 == 1) {
                add(second, "name-" + i, text("changed-" + i));
            }
            if (i % 3 != 0) {
                expected.add(line("name-" + i, text((i % 3 == 1 ? "changed-" : "value-") + i)));
            }
        }
        create(store, key(1), first, stamp(1, 1000));
        change(store, key(1), second, stamp(2, 2000));

        List<String> shown = attributes(store, key(1));

        assertThat(heldRecord(store, key(1)).attributeCount()).isEqualTo(expected.size());
        assertThat(new java.util.HashSet<>(shown)).isEqualTo(new java.util.HashSet<>(expected));
        assertThat(shown).hasSameSizeAs(expected);
    }

    @Test
    void shouldCountSessionsAndTheirBytes() {
        SessionStore store = openStore();
        long expected = 0;
        for (int i = 0; i < 100; i++) {
            put(store, record(i).version(1).attribute("a", bytes(i * 10)));
        }
        for (int i = 0; i < 100; i++) {
            if (i % 3 == 0) {
                remove(store, key(i));
            } else {
                SessionRecord record =
                        record(i).version(2).attribute("a", bytes(i * 7)).build();
                put(store, record);
                expected += record.length();
            }
        }

        assertThat(store.figures().sessions()).isEqualTo(66);
        assertThat(store.figures().payloadBytes()).isEqualTo(expected);
        assertThat(store.figures().memoryUsedBytes()).isGreaterThan(0);
    }

    @Test
    void shouldHoldNothingAfterClearAndServeOn() {
        SessionStore store = openStore();
        for (int i = 0; i < 200; i++) {
            put(store, record(i).version(5).lastAccessedTimeMs(0).maxInactiveIntervalSec(1));
        }

        store.clear();

        assertThat(store.figures().sessions()).isZero();
        assertThat(store.figures().payloadBytes()).isZero();
        for (int i = 0; i < 200; i++) {
            assertThat(held(store, key(i))).isNull();
        }
        assertThat(expired(store, Long.MAX_VALUE, 1000)).isEmpty();
        List<SessionKey> shown = new ArrayList<>();
        walk(store, 50, record -> shown.add(record.key()));
        assertThat(shown).isEmpty();
        assertThat(put(store, record(1).version(1))).isEqualTo(StoreResult.STORED);
        assertThat(store.figures().sessions()).isEqualTo(1);
    }

    @Test
    void shouldCountPositionsOfAcceptedChangesOnly() {
        SessionStore store = openStore();
        put(store, record(1).version(1));
        long before = store.appendPosition();

        put(store, record(1).version(1));
        remove(store, key(2));
        long afterRefused = store.appendPosition();
        put(store, record(1).version(2));
        long afterPut = store.appendPosition();
        remove(store, key(1));
        long afterRemove = store.appendPosition();

        assertThat(afterRefused).isEqualTo(before);
        assertThat(afterPut).isGreaterThan(before);
        assertThat(afterRemove).isGreaterThan(afterPut);
    }

    @Test
    void shouldBecomeDurableByItsOwnWork() {
        SessionStore store = openStore();
        for (int i = 0; i < 100; i++) {
            put(store, record(i));
            assertThat(store.durablePosition()).isLessThanOrEqualTo(store.appendPosition());
        }

        workUntilDurable(store);

        assertThat(store.durablePosition()).isEqualTo(store.appendPosition());
    }

    @Test
    void shouldComeToRestWhenNothingChanges() {
        SessionStore store = openStore();
        for (int i = 0; i < 500; i++) {
            put(store, record(i).attribute("a", bytes(1000)));
        }
        for (int i = 0; i < 450; i++) {
            remove(store, key(i));
        }

        workUntilIdle(store);

        for (int i = 450; i < 500; i++) {
            assertThat(attributes(store, key(i))).containsExactly(line("a", bytes(1000)));
        }
    }

    @Test
    void shouldAllowToBeClosedTwice() {
        SessionStore store = openStore();
        put(store, record(1));

        store.close();
        store.close();

        assertThat(store.mode()).isNotBlank();
    }

    @Test
    void shouldRefuseToReadOrChangeSessionsAfterClose() {
        SessionStore store = openStore();
        put(store, record(1));
        put(store, record(2));
        StoreSnapshot snapshot = store.openSnapshot();
        SessionRecord record = record(3).build();
        store.close();

        assertThatThrownBy(() -> store.read(key(1), new SessionRecord())).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> store.load(key(1), 1)).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> store.put(record)).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> store.touch(key(1), 9)).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> store.remove(key(1))).isInstanceOf(StorageException.class);
        assertThatThrownBy(store::clear).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> store.visitExpired(9, 9, (key, timeMs) -> {})).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> store.visitSlot(0, shown -> {})).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> snapshot.next(9, shown -> {})).isInstanceOf(StorageException.class);
    }

    /** Puts sessions 0, 1, 2, … until the store is full, and returns how many it took. */
    private int fill(SessionStore store, int valueLength) {
        int most = (int) (4 * TIGHT_BYTES / valueLength);
        int sessions = 0;
        StoreResult result = StoreResult.STORED;
        while (result == StoreResult.STORED && sessions < most) {
            result = put(store, record(sessions).version(1).attribute("a", bytes(valueLength)));
            sessions += result == StoreResult.STORED ? 1 : 0;
        }
        for (int i = 0; i < sessions; i++) {
            assertThat(held(store, key(i)))
                    .as("session " + i + " of " + sessions + ": none is given up")
                    .isNotNull();
        }
        assertThat(result)
                .as(
                        "a mode that holds no more than memory says so when it is out; another overrides holdsMoreThanMemory()")
                .isEqualTo(StoreResult.FULL);
        long payloadBytes = store.figures().payloadBytes();
        assertThat(payloadBytes).as("most of the memory serves sessions").isGreaterThan(TIGHT_BYTES / 2);
        return sessions;
    }

    private static int overhead(int number) {
        return record(number).attribute("a", new byte[0]).build().length();
    }
}
