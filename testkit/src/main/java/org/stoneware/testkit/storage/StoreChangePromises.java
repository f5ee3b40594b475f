package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreResult;

/** What put, merge, touch, remove, load and read promise. */
abstract class StoreChangePromises extends StoreFixture {
    @Test
    void shouldNameItsMode() {
        assertThat(openStore().mode()).isNotBlank();
    }

    @Test
    void shouldShowByteForByteWhatWasPut() {
        SessionStore store = openStore();
        SessionRecord record = record(1)
                .version(7)
                .logPlace(3, 99)
                .attribute("cart", bytes(3000))
                .build();

        assertThat(put(store, record)).isEqualTo(StoreResult.STORED);

        assertThat(held(store, key(1))).isEqualTo(SessionRecordBuilder.bytesOf(record));
    }

    @Test
    void shouldAnswerAbsentAndLeaveViewUntouchedWhenSessionIsNotHeld() {
        SessionStore store = openStore();
        put(store, record(1));
        SessionRecord other = record(2).version(42).build();
        SessionRecord view = new SessionRecord().wrap(other.buffer(), other.offset());

        boolean isShown = store.read(key(3), view);

        assertThat(isShown).isFalse();
        assertThat(view.buffer()).isSameAs(other.buffer());
        assertThat(view.version()).isEqualTo(42);
        assertThat(loaded(store, key(3))).isEqualTo(LoadResult.ABSENT);
        assertThat(loaded(store, key(1))).isEqualTo(LoadResult.RESIDENT);
    }

    @Test
    void shouldReplaceOlderVersionWhateverTheLength() {
        SessionStore store = openStore();
        int version = 0;
        for (int length : new int[] {100, 101, 5000, 30, 200_000, 70_000, 0, 2048}) {
            SessionRecord record =
                    record(1).version(++version).attribute("a", bytes(length)).build();

            assertThat(put(store, record)).isEqualTo(StoreResult.STORED);

            assertThat(held(store, key(1))).isEqualTo(SessionRecordBuilder.bytesOf(record));
        }
    }

    @Test
    void shouldRefuseToPutVersionThatIsNotGreater() {
        SessionStore store = openStore();
        put(store, record(1).version(5).attribute("a", text("held")));
        byte[] before = held(store, key(1));

        StoreResult equal = put(store, record(1).version(5).attribute("a", text("same")));
        StoreResult lower = put(store, record(1).version(4).attribute("a", text("lower")));

        assertThat(equal).isEqualTo(StoreResult.STALE);
        assertThat(lower).isEqualTo(StoreResult.STALE);
        assertThat(held(store, key(1))).isEqualTo(before);
    }

    @Test
    void shouldCopyRecordOfCaller() {
        SessionStore store = openStore();
        SessionRecord record = record(1).attribute("a", bytes(500)).build();
        byte[] expected = SessionRecordBuilder.bytesOf(record);
        put(store, record);

        ((UnsafeBuffer) record.buffer()).setMemory(8, record.length() - 8, (byte) 0x55);

        assertThat(held(store, key(1))).isEqualTo(expected);
    }

    @Test
    void shouldCreateSessionFromDelta() {
        SessionStore store = openStore();
        RecordStamp stamp = new RecordStamp(11, 2, 77, 50_000, 49_000);

        StoreResult result =
                merge(store, key(1), delta("cart", text("apple")).maxInactiveIntervalSec(60), stamp, true, 700);

        assertThat(result).isEqualTo(StoreResult.STORED);
        SessionRecord record = heldRecord(store, key(1));
        assertThat(record.key()).isEqualTo(key(1));
        assertThat(record.version()).isEqualTo(11);
        assertThat(record.lastEpoch()).isEqualTo(2);
        assertThat(record.lastIndex()).isEqualTo(77);
        assertThat(record.creationTimeMs()).isEqualTo(49_300);
        assertThat(record.lastAccessedTimeMs()).isEqualTo(49_000);
        assertThat(record.maxInactiveIntervalSec()).isEqualTo(60);
        assertThat(attributes(store, key(1))).containsExactly(line("cart", text("apple")));
    }

    @Test
    void shouldRefuseToCreateSessionThatExists() {
        SessionStore store = openStore();
        create(store, key(1), delta("a", text("first")), stamp(1, 1000));
        byte[] before = held(store, key(1));

        StoreResult result = create(store, key(1), delta("a", text("second")), stamp(2, 2000));

        assertThat(result).isEqualTo(StoreResult.STALE);
        assertThat(held(store, key(1))).isEqualTo(before);
    }

    @Test
    void shouldAnswerAbsentWhenChangingSessionThatDoesNotExist() {
        SessionStore store = openStore();

        assertThat(change(store, key(1), delta("a", text("x")), stamp(1, 1000))).isEqualTo(StoreResult.ABSENT);
        assertThat(touch(store, key(1), 1000)).isEqualTo(StoreResult.ABSENT);
        assertThat(remove(store, key(1))).isEqualTo(StoreResult.ABSENT);

        assertThat(held(store, key(1))).isNull();
        assertThat(store.figures().sessions()).isZero();
    }

    @Test
    void shouldMergeAttributesOneByOne() {
        SessionStore store = openStore();
        SessionDelta.Builder first = delta("kept", text("1"));
        add(first, "replaced", text("2"));
        add(first, "removed", text("3"));
        create(store, key(1), first, stamp(1, 1000));

        SessionDelta.Builder second = delta("added", bytes(4000));
        add(second, "replaced", text("two"));
        second.remove(AttributeKind.APPLICATION, "removed");
        second.remove(AttributeKind.APPLICATION, "never there");
        StoreResult result = change(store, key(1), second, stamp(2, 2000));

        assertThat(result).isEqualTo(StoreResult.STORED);
        assertThat(attributes(store, key(1)))
                .containsExactlyInAnyOrder(
                        line("kept", text("1")), line("replaced", text("two")), line("added", bytes(4000)));
        assertThat(heldRecord(store, key(1)).version()).isEqualTo(2);
        assertThat(heldRecord(store, key(1)).creationTimeMs()).isEqualTo(1000);
    }

    @Test
    void shouldTakeAllAttributesAwayBeforeEntriesWhenDeltaClears() {
        SessionStore store = openStore();
        SessionDelta.Builder first = delta("a", text("1"));
        add(first, "b", text("2"));
        create(store, key(1), first, stamp(1, 1000));

        change(store, key(1), delta("b", text("new")).clearAttributes(), stamp(2, 2000));

        assertThat(attributes(store, key(1))).containsExactly(line("b", text("new")));
    }

    @Test
    void shouldLetTheLastEntryForAnAttributeCount() {
        SessionStore store = openStore();
        SessionDelta.Builder delta = delta("twice", text("first"));
        add(delta, "twice", text("last"));
        add(delta, "gone", text("x"));
        delta.remove(AttributeKind.APPLICATION, "gone");
        delta.remove(AttributeKind.APPLICATION, "back");
        add(delta, "back", text("y"));

        create(store, key(1), delta, stamp(1, 1000));

        assertThat(attributes(store, key(1)))
                .containsExactlyInAnyOrder(line("twice", text("last")), line("back", text("y")));
    }

    @Test
    void shouldKeepAttributesOfApplicationAndContainerApart() {
        SessionStore store = openStore();
        create(store, key(1), delta("principal", text("of the application")), stamp(1, 1000));
        byte[] value = text("of the container");

        change(
                store,
                key(1),
                delta().put(AttributeKind.CONTAINER, "principal", new UnsafeBuffer(value), 0, value.length),
                stamp(2, 2000));
        change(store, key(1), delta().remove(AttributeKind.APPLICATION, "principal"), stamp(3, 3000));

        assertThat(attributes(store, key(1)))
                .containsExactly(line(AttributeKind.CONTAINER, "principal", text("of the container")));
    }

    @Test
    void shouldRefuseToMergeVersionThatIsNotGreater() {
        SessionStore store = openStore();
        create(store, key(1), delta("a", text("held")), stamp(5, 1000));
        byte[] before = held(store, key(1));

        StoreResult equal = change(store, key(1), delta("a", text("equal")), stamp(5, 2000));
        StoreResult lower = change(store, key(1), delta("a", text("lower")), stamp(4, 2000));

        assertThat(equal).isEqualTo(StoreResult.STALE);
        assertThat(lower).isEqualTo(StoreResult.STALE);
        assertThat(held(store, key(1))).isEqualTo(before);
    }

    @Test
    void shouldCopyDeltaOfCaller() {
        SessionStore store = openStore();
        SessionDelta.Builder delta = delta("a", bytes(300));
        create(store, key(1), delta, stamp(1, 1000));

        delta.reset().put(AttributeKind.APPLICATION, "b", new UnsafeBuffer(bytes(300)), 0, 300);

        assertThat(attributes(store, key(1))).containsExactly(line("a", bytes(300)));
    }

    @Test
    void shouldKeepIntervalWhenDeltaLeavesItAlone() {
        SessionStore store = openStore();
        create(store, key(1), delta().maxInactiveIntervalSec(90), stamp(1, 1000));

        change(store, key(1), delta("a", text("x")), stamp(2, 2000));
        int kept = heldRecord(store, key(1)).maxInactiveIntervalSec();
        change(store, key(1), delta().maxInactiveIntervalSec(-1), stamp(3, 3000));

        assertThat(kept).isEqualTo(90);
        assertThat(heldRecord(store, key(1)).maxInactiveIntervalSec()).isEqualTo(-1);
        assertThat(attributes(store, key(1))).containsExactly(line("a", text("x")));
    }

    @Test
    void shouldNeverMoveLastAccessBackwardByMerge() {
        SessionStore store = openStore();
        create(store, key(1), delta(), stamp(1, 1000));
        touch(store, key(1), 9000);

        change(store, key(1), delta("a", text("x")), new RecordStamp(2, 1, 2, 8500, 8000));

        assertThat(heldRecord(store, key(1)).lastAccessedTimeMs()).isEqualTo(9000);
    }

    @Test
    void shouldMoveLastAccessForwardAndNothingElseByTouch() {
        SessionStore store = openStore();
        SessionRecord record = record(1)
                .version(3)
                .lastAccessedTimeMs(1000)
                .attribute("a", bytes(700))
                .build();
        put(store, record);

        StoreResult result = touch(store, key(1), 5000);

        assertThat(result).isEqualTo(StoreResult.STORED);
        SessionRecord.lastAccessedTimeMs((UnsafeBuffer) record.buffer(), record.offset(), 5000);
        assertThat(held(store, key(1))).isEqualTo(SessionRecordBuilder.bytesOf(record));
    }

    @Test
    void shouldNeverMoveLastAccessBackwardByTouch() {
        SessionStore store = openStore();
        put(store, record(1).lastAccessedTimeMs(5000));
        byte[] before = held(store, key(1));

        StoreResult result = touch(store, key(1), 4999);

        assertThat(result).isEqualTo(StoreResult.STORED);
        assertThat(held(store, key(1))).isEqualTo(before);
    }

    @Test
    void shouldForgetRemovedSession() {
        SessionStore store = openStore();
        put(store, record(1).version(9));
        put(store, record(2));

        StoreResult first = remove(store, key(1));
        StoreResult second = remove(store, key(1));

        assertThat(first).isEqualTo(StoreResult.STORED);
        assertThat(second).isEqualTo(StoreResult.ABSENT);
        assertThat(held(store, key(1))).isNull();
        assertThat(held(store, key(2))).isNotNull();
    }

    @Test
    void shouldAcceptAnyVersionOfSessionThatWasRemoved() {
        SessionStore store = openStore();
        put(store, record(1).version(9).attribute("old", text("x")));
        remove(store, key(1));

        StoreResult result = create(store, key(1), delta("new", text("y")), stamp(1, 1000));

        assertThat(result).isEqualTo(StoreResult.STORED);
        assertThat(attributes(store, key(1))).containsExactly(line("new", text("y")));
    }

    @Test
    void shouldTellApartSessionsOfTwoApplicationsWithOneId() {
        SessionStore store = openStore();
        SessionKey shop = SessionKey.of("localhost/shop", "same");
        SessionKey forum = SessionKey.of("localhost/forum", "same");
        SessionKey root = SessionKey.of("", "same");
        for (SessionKey key : new SessionKey[] {shop, forum, root}) {
            create(store, key, delta("of", text(key.application())), stamp(1, 1000));
        }

        remove(store, forum);

        assertThat(attributes(store, shop)).containsExactly(line("of", text("localhost/shop")));
        assertThat(attributes(store, root)).containsExactly(line("of", text("")));
        assertThat(held(store, forum)).isNull();
    }

    @Test
    void shouldTellApartKeysThatReadAlikeWhenJoined() {
        SessionStore store = openStore();
        SessionKey one = SessionKey.of("c", "ab");
        SessionKey other = SessionKey.of("bc", "a");
        create(store, one, delta("a", text("one")), stamp(1, 1000));
        create(store, other, delta("a", text("other")), stamp(1, 1000));

        assertThat(attributes(store, one)).containsExactly(line("a", text("one")));
        assertThat(attributes(store, other)).containsExactly(line("a", text("other")));
    }

    static void add(SessionDelta.Builder delta, String name, byte[] value) {
        delta.put(AttributeKind.APPLICATION, name, new UnsafeBuffer(value), 0, value.length);
    }
}
