package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.spi.storage.SessionStore;

/** What a store promises about the notes of the server. */
abstract class StoreNotePromises extends StoreDurabilityPromises {
    @Test
    void shouldHaveNoNotesWhenModeKeepsNothing() {
        assumeFalse(keepsSessions(), "this mode keeps notes");
        SessionStore store = openStore();
        note(store, "a");
        store.beginCheckpoint();
        note(store, "b");
        store.endCheckpoint();

        assertThat(store.notesBytes()).isZero();
        SessionStore next = reopen(store);
        assertThat(notes(next)).isEmpty();
    }

    @Test
    void shouldShowNotesOfEarlierRunOldestFirst() {
        SessionStore store = openKeepingStore();
        note(store, "one");
        put(store, record(1));
        note(store, "");
        byte[] longest = bytes(SessionStore.MAX_NOTE_LENGTH);
        UnsafeBuffer callers = new UnsafeBuffer(new byte[longest.length + 5]);
        callers.putBytes(5, longest);
        store.note(callers, 5, longest.length);
        callers.setMemory(0, callers.capacity(), (byte) 0x55);
        note(store, "last");
        workUntilDurable(store);

        SessionStore next = reopenAfterCrash(store);

        assertThat(notes(next))
                .containsExactly("one", "", "bytes " + longest.length + ":" + Arrays.hashCode(longest), "last");
        assertThat(held(next, key(1))).isNotNull();
    }

    @Test
    void shouldCountNotesAsChanges() {
        SessionStore store = openKeepingStore();
        long before = store.appendPosition();

        note(store, "a");

        assertThat(store.appendPosition()).isGreaterThan(before);
        workUntilDurable(store);
    }

    @Test
    void shouldShowNotesFromTheBeginOfTheLastCompleteCheckpoint() {
        SessionStore store = openKeepingStore();
        note(store, "old");
        store.beginCheckpoint();
        note(store, "first sum");
        store.endCheckpoint();
        note(store, "after first");
        store.beginCheckpoint();
        note(store, "second sum, part 1");
        put(store, record(1));
        note(store, "second sum, part 2");
        store.endCheckpoint();
        note(store, "after second");
        workUntilDurable(store);

        SessionStore next = reopenAfterCrash(store);

        assertThat(notes(next)).containsExactly("second sum, part 1", "second sum, part 2", "after second");
    }

    @Test
    void shouldKeepOlderNotesInForceWhenEndCameWithinACheckpoint() {
        SessionStore store = openKeepingStore();
        note(store, "old");
        store.beginCheckpoint();
        note(store, "half of a sum");
        workUntilDurable(store);

        SessionStore second = reopenAfterCrash(store);
        List<String> found = notes(second);
        // The begin of the earlier run must not be taken for the begin of this checkpoint.
        second.beginCheckpoint();
        note(second, "sum");
        second.endCheckpoint();
        workUntilDurable(second);
        SessionStore third = reopenAfterCrash(second);

        assertThat(found).containsExactly("old", "half of a sum");
        assertThat(notes(third)).containsExactly("sum");
    }

    @Test
    void shouldSayHowManyBytesOfNotesCameSinceTheLastCheckpoint() {
        SessionStore store = openKeepingStore();
        note(store, "x".repeat(1000));
        long afterOne = store.notesBytes();
        note(store, "x".repeat(1000));
        long afterTwo = store.notesBytes();
        store.beginCheckpoint();
        note(store, "sum");
        store.endCheckpoint();
        long afterCheckpoint = store.notesBytes();

        assertThat(afterOne).isGreaterThanOrEqualTo(1000);
        assertThat(afterTwo).isGreaterThanOrEqualTo(afterOne + 1000);
        assertThat(afterCheckpoint).isLessThan(1000);
    }

    @Test
    void shouldKeepNotesThoughSessionsAreCleared() {
        SessionStore store = openKeepingStore();
        note(store, "of the server");
        put(store, record(1));
        store.clear();
        workUntilDurable(store);

        SessionStore next = reopenAfterCrash(store);

        assertThat(notes(next)).containsExactly("of the server");
        assertThat(next.figures().sessions()).isZero();
    }

    @Test
    void shouldGiveDiskBackThatOldNotesTook() {
        SessionStore store = openKeepingStore();
        String longNote = "n".repeat(60_000);
        for (int i = 0; i < 6000; i++) {
            note(store, longNote);
            if (i % 20 == 19) {
                store.beginCheckpoint();
                note(store, "sum " + i);
                store.endCheckpoint();
            }
            work(store);
            if (i % 100 == 99) {
                workUntilDurable(store);
            }
        }

        workUntil(
                store,
                "disk is given back of 360 MB of notes that no longer count",
                () -> store.figures().diskUsedBytes() < 300L << 20);
    }

    @ParameterizedTest
    @ValueSource(longs = {41, 42, 43})
    void shouldKeepNotesInOrderWithTheChangesAroundThem(long seed) {
        SessionStore store = openKeepingStore();
        Random random = new Random(seed);
        List<String> written = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            int changes = 1 + random.nextInt(60);
            for (int i = 0; i < changes; i++) {
                int number = written.size();
                put(store, record(number).attribute("a", bytes(random.nextInt(3000))));
                note(store, "session " + number + " is there");
                written.add("session " + number + " is there");
                for (int cycle = random.nextInt(3); cycle > 0; cycle--) {
                    work(store);
                }
            }
            SessionStore next = reopenAfterCrash(store);

            String where = "seed=" + seed + " round=" + round;
            List<String> found = notes(next);
            assertThat(found).as(where).isEqualTo(written.subList(0, found.size()));
            long sessions = next.figures().sessions();
            assertThat(sessions)
                    .as(where + ": a session is written before its note, and the note before the next session")
                    .isBetween((long) found.size(), found.size() + 1L);
            store = next;
            // Whatever was cut is written anew by the next rounds under the same numbers.
            written = new ArrayList<>(found);
            if (sessions > found.size()) {
                remove(store, key(found.size()));
            }
        }
    }

    private SessionStore openKeepingStore() {
        assumeTrue(keepsSessions(), KEEPS_NOTHING);
        return openStore();
    }

    private static void note(SessionStore store, String text) {
        byte[] bytes = text(text);
        store.note(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    private static List<String> notes(SessionStore store) {
        List<String> notes = new ArrayList<>();
        store.visitNotes((buffer, offset, length) -> {
            byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            notes.add(
                    length > 1000
                            ? "bytes " + length + ":" + Arrays.hashCode(bytes)
                            : new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
        });
        return notes;
    }
}
