package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.session.ByteHash;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.EntryMaker;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.testkit.storage.SessionRecordBuilder;
import org.stoneware.wire.log.LogEntryPublisher;

/** A standby that does not hold what the active holds is found, stops counting and is copied again. */
class ReplicaCheckTest {
    private static final long PLENTY = 1L << 30;
    private static final ClientId TOM = new ClientId(1, 2);
    private static final long ROUND_MS = TimeUnit.NANOSECONDS.toMillis(ReplicaCheck.ROUND_NS);

    private final EntryMaker entries = new EntryMaker(0);
    private long request;

    @Test
    void shouldCompareEverythingInRoundAndFindNothingInSoundCopy() {
        LinkedPair pair = inSyncWith(PLENTY, 200);
        pair.run(3 * ROUND_MS);

        assertThat(pair.replica.log().comparedSlots()).isGreaterThanOrEqualTo(2L * SessionKey.SLOT_COUNT);
        assertThat(pair.replica.log().comparedRows()).isGreaterThanOrEqualTo(2);
        assertThat(pair.standbys.checkRounds()).isGreaterThanOrEqualTo(2);
        assertThat(pair.replica.mismatches()).isZero();
        assertThat(pair.standbys.mismatches()).isZero();
        assertThat(pair.events).containsExactly("complete");
    }

    @ParameterizedTest
    @ValueSource(strings = {"changed", "lost", "added", "touched"})
    void shouldFindOneWrongSessionAndCopyStandbyAgain(String damage) {
        LinkedPair pair = inSyncWith(PLENTY, 200);
        damage(pair.copy().store(), damage);

        pair.run(ROUND_MS + 1_000);
        assertThat(pair.events).anyMatch(event -> event.startsWith("standby finds kind=SESSIONS"));
        assertThat(pair.events).anyMatch(event -> event.startsWith("active hears kind=SESSIONS"));
        assertThat(pair.events).anyMatch(event -> event.startsWith("drop not as the active"));
        assertThat(pair.standbys.mismatches()).isEqualTo(1);
        assertThat(pair.replica.mismatches()).isEqualTo(1);

        pair.runUntilInSync();
        assertThat(pair.replica.mismatch()).isNull();
        assertThat(contents(pair.copy().store())).isEqualTo(contents(pair.state.store()));
    }

    @Test
    void shouldNotCountStandbyThatDiffers() {
        LinkedPair pair = inSyncWith(PLENTY, 10);
        damage(pair.copy().store(), "changed");
        pair.run(1_000);
        assertThat(pair.standbys.isInSync(LinkedPair.STANDBY_ID)).isFalse();
        long held = pair.replica.lastIndex();

        pair.write(entries.written(TOM, ++request, "later"));
        pair.run(10);

        assertThat(pair.committed).isEqualTo(pair.state.lastApplied());
        assertThat(pair.replica.lastIndex()).isEqualTo(held);
        assertThat(pair.replica.isComplete()).isTrue();
        assertThat(pair.replica.mismatch()).isNotNull();
        assertThat(pair.replica.difference()).isEqualTo(pair.replica.mismatch());
    }

    @Test
    void shouldFindWrongAnswersOfClients() {
        LinkedPair pair = inSyncWith(PLENTY, 10);
        byte[] entry = entries.registered(new ClientId(7, 7));
        long index = pair.copy().lastApplied() + 1;
        EntryMaker.apply(entry, pair.copy(), index);
        pair.run(ROUND_MS + 1_000);

        assertThat(pair.events).anyMatch(event -> event.startsWith("standby finds kind=ROWS"));
    }

    @Test
    void shouldFindOtherResultOfEntryAtOnce() {
        LinkedPair pair = inSyncWith(PLENTY, 10);
        pair.copy().store().remove(EntryMaker.key("s3"));

        pair.write(bytesOfRemoval("s3"));
        pair.run(3);

        assertThat(pair.events).anyMatch(event -> event.startsWith("standby finds kind=RESULT"));
        assertThat(pair.committed).isLessThan(pair.state.lastApplied());
        pair.run(100);
        assertThat(pair.committed).isEqualTo(pair.state.lastApplied());
    }

    @Test
    void shouldAskToBeDroppedWhenStandbyHasNoRoom() {
        LinkedPair pair = inSyncWith(20_000, 0);
        for (int i = 0; pair.events.size() < 2 && i < 1_000; i++) {
            assertThat(pair.write(entries.written(TOM, ++request, "n" + i))).isEqualTo("COMMITTED");
            pair.run(2);
        }
        pair.run(3);
        assertThat(pair.events).anyMatch(event -> event.startsWith("standby finds kind=FULL"));
        assertThat(pair.events).anyMatch(event -> event.startsWith("drop not as the active: kind=FULL"));

        pair.run(100);
        assertThat(pair.committed).isEqualTo(pair.state.lastApplied());
        pair.run(20_000);
        long tries = pair.standbys.mismatches();
        assertThat(tries).as("copies are tried seldom").isBetween(2L, 5L);
        assertThat(pair.replica.isComplete()).isTrue();
    }

    /** Nothing was compared. */
    @Test
    void shouldNotTakeTheDoubtAtAStartForADifferenceWhenACopyFindsNoRoom() {
        LinkedPair pair = new LinkedPair(PLENTY, 20_000);
        for (int i = 0; i < 400; i++) {
            assertThat(pair.write(entries.written(TOM, ++request, "n" + i))).isEqualTo("COMMITTED");
        }
        pair.replica.distrust();

        for (int i = 0; i < 10_000 && pair.replica.mismatches() == 0; i++) {
            pair.run(1);
        }

        assertThat(pair.events).anyMatch(event -> event.startsWith("standby finds kind=FULL"));
        assertThat(pair.replica.mismatch()).isNotNull();
        assertThat(pair.replica.difference()).isNull();
    }

    @Test
    void shouldRefuseWhatActiveRefusedForWantOfRoom() {
        LinkedPair pair = new LinkedPair(20_000, PLENTY);
        pair.runUntilInSync();
        Set<String> results = new HashSet<>();
        for (int i = 0; i < 400; i++) {
            results.add(pair.write(entries.written(TOM, ++request, "n" + i)));
            pair.run(1);
        }
        pair.run(ROUND_MS + 1_000);

        assertThat(results).contains("COMMITTED", "FULL");
        assertThat(pair.replica.mismatches()).isZero();
        assertThat(contents(pair.copy().store())).isEqualTo(contents(pair.state.store()));
        assertThat(pair.copy().answer(TOM, request)).isEqualTo(pair.state.answer(TOM, request));
    }

    @Test
    void shouldTakeLargeSlotsInPartsThatAddUp() {
        TestState state = TestState.create();
        byte[] value = new byte[400_000];
        List<SessionKey> keys = new ArrayList<>();
        for (int i = 0; keys.size() < 20; i++) {
            SessionKey key = SessionKey.of("shop", "k" + i);
            if (key.slot() == 5) {
                keys.add(key);
                value[i % 1_000]++;
                state.store()
                        .put(new SessionRecordBuilder(key).attribute("a", value).build());
            }
        }
        StateDigester digester = new StateDigester();
        StateDigest whole = digester.sessions(state, 5, 1, 0, 1);
        long count = 0;
        long sum = 0;
        for (int part = 0; part < 4; part++) {
            StateDigest digest = digester.sessions(state, 5, 1, part, 4);
            count += digest.count();
            sum += digest.digest();
            assertThat(digest.count()).isLessThan(20);
        }

        assertThat(count).isEqualTo(20).isEqualTo(whole.count());
        assertThat(sum).isEqualTo(whole.digest());
    }

    @Test
    void shouldNoticeEveryBit() {
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[45]);
        Set<Long> hashes = new HashSet<>();
        hashes.add(ByteHash.of(bytes, 0, 45));
        for (int bit = 0; bit < 45 * 8; bit++) {
            bytes.putByte(bit / 8, (byte) (1 << (bit % 8)));
            hashes.add(ByteHash.of(bytes, 0, 45));
            bytes.putByte(bit / 8, (byte) 0);
        }
        hashes.add(ByteHash.of(bytes, 0, 44));

        assertThat(hashes).hasSize(45 * 8 + 2);
    }

    private LinkedPair inSyncWith(long standbyBytes, int sessions) {
        LinkedPair pair = new LinkedPair(PLENTY, standbyBytes);
        for (int i = 0; i < sessions; i++) {
            pair.write(entries.written(TOM, ++request, "s" + i));
        }
        pair.runUntilInSync();
        return pair;
    }

    private static void damage(SessionStore store, String how) {
        SessionKey key = EntryMaker.key("s3");
        SessionRecord held = new SessionRecord();
        assertThat(store.read(key, held)).isTrue();
        switch (how) {
            case "lost" -> store.remove(key);
            case "added" -> store.put(new SessionRecordBuilder(EntryMaker.key("other")).build());
            case "touched" -> store.touch(key, held.lastAccessedTimeMs() + 1);
            default -> {
                byte[] bytes = SessionRecordBuilder.bytesOf(held);
                bytes[bytes.length - 1] ^= 1;
                store.remove(key);
                store.put(new SessionRecord().wrap(new UnsafeBuffer(bytes), 0));
            }
        }
    }

    private byte[] bytesOfRemoval(String id) {
        ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        byte[] entry = new byte
                [new LogEntryPublisher().sessionRemoved(out, TOM.high(), TOM.low(), ++request, 0, EntryMaker.key(id))];
        out.getBytes(0, entry);
        return entry;
    }

    private static Map<String, String> contents(SessionStore store) {
        Map<String, String> contents = new TreeMap<>();
        StoreSnapshot all = store.openSnapshot();
        all.next(
                Integer.MAX_VALUE,
                record -> contents.put(record.key().id(), Arrays.toString(SessionRecordBuilder.bytesOf(record))));
        all.close();
        return contents;
    }
}
