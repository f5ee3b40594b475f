package org.stoneware.server.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.testkit.storage.ReferenceDisk;
import org.stoneware.testkit.storage.ReferenceDurableStore;
import org.stoneware.testkit.storage.ReferenceSessionStore;

/** Whatever point an end of the process leaves the disk at, the state is as it was after some entry, and after every durable one. */
class StateRecoveryTest {
    private static final int SEEDS = 25;
    private static final int ENTRIES = 90;
    /** A few sessions fit, so that others are on disk only. */
    private static final long MEMORY = 1_800;

    private static final ClientId TOM = new ClientId(1, 2);
    /** Forces once, so that everything written later may or may not be there. */
    private static final ReferenceDurableStore.Pace NEVER_AGAIN =
            new ReferenceDurableStore.Pace(Integer.MAX_VALUE, 1, 16);

    private final EntryMaker entries = new EntryMaker(0);

    /** A state over a disk, and what it was after each entry. */
    private static final class Run {
        final ReferenceDisk disk;
        final SessionStateMachine state;
        final TreeMap<Long, Map<String, String>> after = new TreeMap<>();
        final TreeMap<Long, Integer> lengthAfter = new TreeMap<>();

        Run(ReferenceDisk disk) {
            this.disk = disk;
            this.state = new SessionStateMachine(new ReferenceDurableStore(context(), disk, NEVER_AGAIN), true);
            state.checkpoint();
            state.store().doWork(0);
            note();
        }

        void apply(byte[] entry) {
            state.store().doWork(0);
            while (!state.isReady(new UnsafeBuffer(entry), 0, entry.length)) {
                state.store().doWork(0);
            }
            EntryMaker.apply(entry, state, state.lastApplied() + 1);
            note();
        }

        private void note() {
            after.put(state.lastApplied(), contents(state));
            lengthAfter.put(state.lastApplied(), disk.length());
        }
    }

    @Test
    void shouldBeAsAfterSomeEntryWhereverTheDiskEnds() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            EntryMaker maker = new EntryMaker(seed);
            Run run = new Run(new ReferenceDisk());
            SessionStateMachine model = new SessionStateMachine(
                    new ReferenceSessionStore(new StoreContext(Path.of(""), 16 << 20, 1 << 20, line -> {})));
            for (int i = 0; i < ENTRIES; i++) {
                byte[] entry = maker.next(model);
                EntryMaker.apply(entry, model, model.lastApplied() + 1);
                run.apply(entry);
                if (random.nextInt(30) == 0) {
                    run.state.checkpoint();
                }
            }
            assertThat(contents(run.state)).isEqualTo(contents(model));
            for (int length = run.lengthAfter.firstEntry().getValue(); length <= run.disk.length(); length++) {
                assertIsAsAfterSomeEntry(seed, run, length);
            }
        }
    }

    private static void assertIsAsAfterSomeEntry(int seed, Run run, int length) {
        ReferenceDisk left = prefix(run.disk, length);
        SessionStateMachine recovered = new SessionStateMachine(store(left), true);

        boolean isComplete = recovered.recover(() -> recovered.store().doWork(0));

        assertThat(isComplete).as("seed=%d length=%d", seed, length).isTrue();
        long certain = 0;
        for (Map.Entry<Long, Integer> each : run.lengthAfter.entrySet()) {
            certain = each.getValue() <= length ? each.getKey() : certain;
        }
        // An entry that came to nothing leaves nothing but its note.
        assertThat(contents(recovered))
                .as("seed=%d length=%d certain=%d recovered=%d", seed, length, certain, recovered.lastApplied())
                .isEqualTo(run.after.get(recovered.lastApplied()));
        assertThat(recovered.lastApplied()).isBetween(certain - 1, certain + 1);
    }

    @Test
    void shouldRecoverFromWhatItRecovered() {
        EntryMaker maker = new EntryMaker(3);
        Run run = new Run(new ReferenceDisk());
        for (int i = 0; i < ENTRIES; i++) {
            run.apply(maker.next(run.state));
        }
        ReferenceDisk once = prefix(run.disk, run.disk.length());
        SessionStateMachine first = new SessionStateMachine(store(once), true);
        first.recover(() -> first.store().doWork(0));
        SessionStateMachine second = new SessionStateMachine(store(prefix(once, once.length())), true);

        second.recover(() -> second.store().doWork(0));

        assertThat(contents(second)).isEqualTo(contents(first));
        assertThat(second.lastApplied()).isEqualTo(first.lastApplied());
    }

    /** A store that takes each change only when it is asked for the third time. */
    private static SessionStore reluctant(SessionStore store) {
        Set<String> changes = Set.of("merge", "put", "touch", "remove");
        int[] calls = new int[1];
        return (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(),
                new Class<?>[] {SessionStore.class},
                (proxy, method, arguments) -> changes.contains(method.getName()) && ++calls[0] % 3 != 0
                        ? StoreResult.NOT_RESIDENT
                        : method.invoke(store, arguments));
    }

    @Test
    void shouldComeToTheSameWhereTheStoreMakesEveryChangeWait() {
        for (int seed = 0; seed < SEEDS; seed++) {
            EntryMaker maker = new EntryMaker(seed);
            StoreContext context = new StoreContext(Path.of(""), 16 << 20, 1 << 20, line -> {});
            SessionStateMachine model = new SessionStateMachine(new ReferenceSessionStore(context));
            List<Integer> attempts = new ArrayList<>();
            SessionStateMachine waiting = new SessionStateMachine(
                    reluctant(new ReferenceSessionStore(context)), false, (store, attempt) -> attempts.add(attempt));
            for (int i = 0; i < ENTRIES; i++) {
                byte[] entry = maker.next(model);
                long index = model.lastApplied() + 1;

                String result = EntryMaker.apply(entry, waiting, index);

                assertThat(result).as("seed=%d entry=%d", seed, i).isEqualTo(EntryMaker.apply(entry, model, index));
            }
            assertThat(attempts).as("seed=%d", seed).contains(1, 2).doesNotContain(3);
            assertThat(contents(waiting)).isEqualTo(contents(model));
        }
    }

    @Test
    void shouldAnswerRepeatedRequestAsBeforeTheCrash() {
        Run run = new Run(new ReferenceDisk());
        run.apply(entries.written(TOM, 7, "a"));
        run.apply(entries.removed(TOM, 8, "gone"));

        SessionStateMachine recovered = new SessionStateMachine(store(prefix(run.disk, run.disk.length())), true);
        recovered.recover(() -> recovered.store().doWork(0));

        assertThat(SessionStateMachine.answeredVersion(recovered.answer(TOM, 7)))
                .isEqualTo(1);
        assertThat(EntryMaker.apply(entries.written(TOM, 7, "a"), recovered, 3)).isEqualTo("COMMITTED 1");
    }

    @Test
    void shouldNotGiveAnEntryTheOutcomeOfOneWhoseNoteIsMissing() {
        Run run = new Run(new ReferenceDisk());
        run.apply(entries.written(TOM, 1, "a"));
        run.apply(entries.written(TOM, 2, "b"));
        run.apply(entries.removed(TOM, 3, "nobody"));
        run.apply(entries.written(TOM, 4, "c"));
        SessionStore damaged = withoutNote(store(prefix(run.disk, run.disk.length())), 3);
        SessionStateMachine recovered = new SessionStateMachine(damaged, true);

        recovered.recover(() -> recovered.store().doWork(0));

        assertThat(SessionStateMachine.answeredVersion(recovered.answer(TOM, 1)))
                .isEqualTo(1);
        assertThat(recovered.answer(TOM, 2)).isEqualTo(ReplyWindow.NONE);
        assertThat(SessionStateMachine.answeredVersion(recovered.answer(TOM, 4)))
                .isEqualTo(4);
    }

    /** A store that has lost the note of one entry. */
    private static SessionStore withoutNote(SessionStore store, long entry) {
        return (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(),
                new Class<?>[] {SessionStore.class},
                (proxy, method, arguments) -> {
                    if (!method.getName().equals("visitNotes")) {
                        return method.invoke(store, arguments);
                    }
                    SessionStore.NoteVisitor visitor = (SessionStore.NoteVisitor) arguments[0];
                    store.visitNotes((note, offset, length) -> {
                        boolean isLost = note.getByte(offset) == StateNotes.ENTRY
                                && note.getLong(offset + 12, java.nio.ByteOrder.LITTLE_ENDIAN) == entry;
                        if (!isLost) {
                            visitor.onNote(note, offset, length);
                        }
                    });
                    return null;
                });
    }

    @Test
    void shouldRecoverTheSameWhereverTheCheckpointOfARecoveryEnds() {
        for (int seed = 0; seed < SEEDS; seed++) {
            EntryMaker maker = new EntryMaker(seed);
            Run run = new Run(new ReferenceDisk());
            for (int i = 0; i < ENTRIES / 3; i++) {
                run.apply(maker.next(run.state));
            }
            int from = run.lengthAfter.get(run.state.lastApplied() - 1);
            for (int length = from; length <= run.disk.length(); length++) {
                ReferenceDisk once = prefix(run.disk, length);
                SessionStateMachine first =
                        new SessionStateMachine(new ReferenceDurableStore(context(), once, NEVER_AGAIN), true);
                first.recover(() -> first.store().doWork(0));
                for (int second = length; second <= once.length(); second++) {
                    SessionStateMachine again = new SessionStateMachine(store(prefix(once, second)), true);
                    again.recover(() -> again.store().doWork(0));
                    assertThat(contents(again))
                            .as("seed=%d length=%d second=%d", seed, length, second)
                            .isEqualTo(contents(first));
                    assertThat(again.lastApplied()).isEqualTo(first.lastApplied());
                }
            }
        }
    }

    @Test
    void shouldKeepExpiredSessionForWhoeverHearsOfItsEnd() {
        Run run = new Run(new ReferenceDisk());
        run.apply(entries.written(TOM, 1, "a"));
        run.apply(entries.expired("a", 900_000));

        SessionStateMachine recovered = new SessionStateMachine(store(prefix(run.disk, run.disk.length())), true);
        recovered.recover(() -> recovered.store().doWork(0));

        assertThat(recovered.expiryJobs().pending()).hasSize(1);
        assertThat(recovered.expiryJobs().pending().iterator().next().session().key())
                .isEqualTo(EntryMaker.key("a"));
    }

    @Test
    void shouldHoldNothingBeforeTheFirstCheckpoint() {
        ReferenceDisk disk = new ReferenceDisk();
        SessionStateMachine state = new SessionStateMachine(store(disk), true);

        assertThat(state.recover(() -> state.store().doWork(0))).isFalse();
        assertThat(state.lastApplied()).isZero();
    }

    @Test
    void shouldSayWhatItAcknowledgedAsActiveBeforeTheCrash() {
        Run run = new Run(new ReferenceDisk());
        run.apply(entries.written(TOM, 1, "a"));
        run.state.history().onActivated(1, 1, new LogClock(EntryMaker.logTimeMs(1), 0));
        run.state.checkpoint();
        run.apply(entries.written(TOM, 2, "b"));

        SessionStateMachine recovered = new SessionStateMachine(store(prefix(run.disk, run.disk.length())), true);
        recovered.recover(() -> recovered.store().doWork(0));

        assertThat(recovered.history().lastEpoch()).isEqualTo(1);
        UnsafeBuffer written = new UnsafeBuffer(new byte[4096]);
        recovered.history().write(written, 0);
        assertThat(written.getLong(16)).isEqualTo(2);
    }

    @Test
    void shouldRefuseNoteItDoesNotKnow() {
        ReferenceDisk disk = new ReferenceDisk();
        SessionStore store = store(disk);
        store.note(new UnsafeBuffer(new byte[] {9, 1, 0, 0}), 0, 4);
        SessionStateMachine state = new SessionStateMachine(store(prefix(disk, disk.length())), true);

        assertThatThrownBy(() -> state.recover(() -> {}))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("newer version");
    }

    @Test
    void shouldNameNothingDurableBeforeTheDiskHasIt() {
        ReferenceDisk disk = new ReferenceDisk();
        SessionStateMachine state = new SessionStateMachine(store(disk), true);

        EntryMaker.apply(entries.written(TOM, 1, "a"), state, 1);

        assertThat(state.durableIndex()).isZero();
        for (int cycle = 0; cycle < 4; cycle++) {
            state.store().doWork(0);
        }
        assertThat(state.durableIndex()).isEqualTo(1);
    }

    @Test
    void shouldMakeItsNotesShortAgain() {
        Run run = new Run(new ReferenceDisk());
        byte[] touch = entries.touched("nobody", 1);
        long most = 0;

        for (long index = 1; index < 3 * StateNotes.MIN_BYTES / StateNotes.HEADER_LENGTH; index++) {
            EntryMaker.apply(touch, run.state, index);
            most = Math.max(most, run.state.store().notesBytes());
        }

        assertThat(most).isLessThan(StateNotes.MIN_BYTES + 4096);
    }

    /** The disk as an end of the process leaves it when so much of what was written is there. */
    private static ReferenceDisk prefix(ReferenceDisk disk, int length) {
        return disk.afterCrash(length - disk.forced());
    }

    private static StoreContext context() {
        return new StoreContext(Path.of(""), MEMORY, 1 << 20, line -> {});
    }

    private static SessionStore store(ReferenceDisk disk) {
        return new ReferenceDurableStore(context(), disk, ReferenceDurableStore.Pace.ORDINARY);
    }

    private static Map<String, String> contents(SessionStateMachine state) {
        Map<String, String> all = new TreeMap<>();
        try (StoreSnapshot walk = state.store().openSnapshot()) {
            int shown;
            do {
                shown = walk.next(64, record -> all.put("session " + record.key(), text(record)));
            } while (shown != StoreSnapshot.END);
        }
        List<String> rows = new ArrayList<>();
        state.exportRows((row, offset, length) -> {
            byte[] bytes = new byte[length];
            row.getBytes(offset, bytes);
            rows.add(HexFormat.of().formatHex(bytes));
        });
        all.put("rows", rows.toString());
        List<String> ended = new ArrayList<>();
        state.history().ended().export(1 << 20, (bytes, length) -> {
            byte[] copy = new byte[length];
            bytes.getBytes(0, copy);
            ended.add(HexFormat.of().formatHex(copy));
        });
        all.put("ended", ended.toString());
        return all;
    }

    private static String text(SessionRecord record) {
        ExpandableArrayBuffer bytes = new ExpandableArrayBuffer();
        bytes.putBytes(0, record.buffer(), record.offset(), record.length());
        return HexFormat.of().formatHex(bytes.byteArray(), 0, record.length());
    }
}
