package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreResult;

/**
 * Every sentence of {@link SessionStore} as a test. The test of a store extends this class and supplies {@link #open}:
 * <pre>
 * final class MyStoreTest extends SessionStoreContract {
 *     {@literal @}Override
 *     protected SessionStore open(StoreContext context) {
 *         return new MyStoreProvider().open(context);
 *     }
 * }
 * </pre>
 * A test that fails with a random case prints its seed. A store that must fetch sessions from elsewhere may answer
 * {@code LOADING} and {@code NOT_RESIDENT}; the contract then lets it work and asks again.
 * <p>
 * A store that does more says so by overriding {@link #holdsMoreThanMemory()} and {@link #keepsSessions()}; what it does not do is
 * reported as skipped, with the reason.
 */
public abstract class SessionStoreContract extends StoreFailurePromises {
    private static final int OPERATIONS = 2500;
    private static final int SESSIONS = 150;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldBehaveAsReferenceWhateverHappens(long seed) {
        SessionStore store = openStore();
        SessionStore reference = reference();
        Random random = new Random(seed);
        for (int i = 0; i < OPERATIONS; i++) {
            Change change = Change.random(random, i);

            StoreResult expected = apply(reference, change);
            StoreResult result = apply(store, change);

            String where = "seed=" + seed + " i=" + i + " " + change;
            assertThat(result).as(where).isEqualTo(expected);
            assertThat(held(store, change.key())).as(where).isEqualTo(held(reference, change.key()));
            if (i % 50 == 0) {
                work(store);
            }
        }
        assertEqualSessions(store, reference, "seed=" + seed);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void shouldBehaveAsReferenceExceptForRefusalsWhenMemoryIsTight(long seed) {
        SessionStore store = openStore(TIGHT_BYTES / 2, MAX_RECORD_LENGTH);
        SessionStore reference = reference();
        Random random = new Random(seed);
        for (int i = 0; i < OPERATIONS; i++) {
            Change change = Change.random(random, i).longer(random.nextInt(40) == 0 ? 150_000 : 30_000, random);
            byte[] before = held(store, change.key());

            StoreResult result = apply(store, change);

            String where = "seed=" + seed + " i=" + i + " " + change;
            if (result == StoreResult.FULL) {
                assertThat(held(store, change.key())).as(where).isEqualTo(before);
            } else {
                assertThat(result).as(where).isEqualTo(apply(reference, change));
                assertThat(held(store, change.key())).as(where).isEqualTo(held(reference, change.key()));
            }
            if (i % 20 == 0) {
                work(store);
            }
        }
        assertEqualSessions(store, reference, "seed=" + seed);
    }

    @Test
    void shouldHoldEqualRecordsInTwoStoresThatGotTheSameChanges() {
        long seed = 31;
        SessionStore one = openStore();
        SessionStore other = openStore(ROOMY_BYTES / 2, MAX_RECORD_LENGTH);
        Random random = new Random(seed);
        for (int i = 0; i < OPERATIONS; i++) {
            Change change = Change.random(random, i);
            assertThat(apply(one, change)).as("seed=" + seed + " i=" + i).isEqualTo(apply(other, change));
            if (i % 7 == 0) {
                work(other);
            }
        }
        assertEqualSessions(one, other, "seed=" + seed);
    }

    @Test
    void shouldKeepAttributesWhateverTheirNames() {
        List<String> names = List.of(
                "",
                " ",
                "a",
                "A",
                "a\u0000",
                "aa",
                "\u00e4",
                "a\u0308",
                "\u20ac\uD83D\uDE00",
                "../../etc/passwd",
                "'; DROP TABLE sessions; --",
                "org.apache.catalina.session",
                "\u202Egnp.exe",
                "x".repeat(255),
                "x".repeat(256),
                "x".repeat(65_535),
                "Aa",
                "BB");
        SessionStore store = openStore();
        create(store, key(1), delta(), stamp(1, 1000));
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            change(store, key(1), delta(names.get(i), text("value " + i)), stamp(i + 2, 1000));
            expected.add(line(names.get(i), text("value " + i)));
        }
        assertThat(attributes(store, key(1))).containsExactlyInAnyOrderElementsOf(expected);

        for (int i = 0; i < names.size(); i++) {
            change(store, key(1), delta().remove(AttributeKind.APPLICATION, names.get(i)), stamp(i + 100, 1000));
            expected.remove(line(names.get(i), text("value " + i)));
            assertThat(attributes(store, key(1))).containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    private StoreResult apply(SessionStore store, Change change) {
        return switch (change.kind()) {
            case PUT ->
                put(
                        store,
                        new SessionRecordBuilder(change.key())
                                .version(change.version())
                                .lastAccessedTimeMs(change.timeMs())
                                .maxInactiveIntervalSec(change.number())
                                .attribute("put", bytes(change.length())));
            case CREATE, MERGE ->
                merge(
                        store,
                        change.key(),
                        change.delta(),
                        new RecordStamp(change.version(), 1, change.version(), change.timeMs(), change.timeMs()),
                        change.kind() == Kind.CREATE,
                        change.number());
            case TOUCH -> touch(store, change.key(), change.timeMs());
            case REMOVE -> remove(store, change.key());
        };
    }

    private void assertEqualSessions(SessionStore store, SessionStore reference, String where) {
        for (int i = 0; i < SESSIONS; i++) {
            assertThat(held(store, key(i))).as(where + " session=" + i).isEqualTo(held(reference, key(i)));
        }
        assertThat(store.figures().sessions())
                .as(where)
                .isEqualTo(reference.figures().sessions());
        assertThat(store.figures().payloadBytes())
                .as(where)
                .isEqualTo(reference.figures().payloadBytes());
        List<SessionKey> named = expired(store, Long.MAX_VALUE, Integer.MAX_VALUE);
        List<SessionKey> due = expired(reference, Long.MAX_VALUE, Integer.MAX_VALUE);
        assertThat(named).as(where).doesNotHaveDuplicates().isSubsetOf(due);
        if (!holdsMoreThanMemory()) {
            assertThat(named).as(where).hasSameSizeAs(due);
        }
        assertThat(digests(store)).as(where).isEqualTo(digests(reference));
        for (int slot = 0; slot < SessionKey.SLOT_COUNT; slot++) {
            List<SessionKey> shown = new ArrayList<>();
            List<SessionKey> expected = new ArrayList<>();
            store.visitSlot(slot, record -> shown.add(record.key()));
            reference.visitSlot(slot, record -> expected.add(record.key()));
            assertThat(shown).as(where).doesNotHaveDuplicates().isSubsetOf(expected);
            if (!holdsMoreThanMemory()) {
                assertThat(shown).as(where).hasSameSizeAs(expected);
            }
        }
    }

    private enum Kind {
        PUT,
        CREATE,
        MERGE,
        TOUCH,
        REMOVE
    }

    /** One random change, the same for every store it is applied to. */
    private record Change(Kind kind, SessionKey key, long version, long timeMs, int number, int length) {
        static Change random(Random random, int i) {
            int choice = random.nextInt(10);
            Kind kind = choice < 3
                    ? Kind.MERGE
                    : choice < 5 ? Kind.CREATE : choice < 7 ? Kind.PUT : choice < 9 ? Kind.TOUCH : Kind.REMOVE;
            // Now and then an old version, which must be refused.
            long version = random.nextInt(10) == 0 ? Math.max(1, i - random.nextInt(200)) : i + 1;
            int length = random.nextInt(20) == 0 ? random.nextInt(100_000) : random.nextInt(3000);
            return new Change(
                    kind,
                    StoreFixture.key(random.nextInt(SESSIONS)),
                    version,
                    random.nextInt(1_000_000),
                    random.nextInt(2000) - 100,
                    length);
        }

        Change longer(int most, Random random) {
            return new Change(kind, key, version, timeMs, number, random.nextInt(most));
        }

        SessionDelta.Builder delta() {
            Random random = new Random(version * 31 + length);
            SessionDelta.Builder delta = StoreFixture.delta();
            int entries = random.nextInt(12);
            for (int i = 0; i < entries; i++) {
                AttributeKind kind = random.nextInt(5) == 0 ? AttributeKind.CONTAINER : AttributeKind.APPLICATION;
                String name = "name-" + random.nextInt(15);
                if (random.nextInt(3) == 0) {
                    delta.remove(kind, name);
                } else {
                    byte[] value = StoreFixture.bytes(random.nextInt(length + 1) / entries);
                    delta.put(kind, name, new UnsafeBuffer(value), 0, value.length);
                }
            }
            if (random.nextInt(6) == 0) {
                delta.clearAttributes();
            }
            if (random.nextInt(3) == 0) {
                delta.maxInactiveIntervalSec(number);
            }
            return delta;
        }
    }
}
