package org.stoneware.server.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.replication.ReplicatedState;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.testkit.storage.SessionRecordBuilder;
import org.stoneware.wire.session.WireException;

/** A copy made of sessions and rows is the same state: it answers and goes on as its original. */
class StateCopyTest {
    private static final int SEEDS = 60;
    private static final int MAX_ROW_LENGTH = 1 << 20;
    private static final ClientId TOM = new ClientId(1, 2);

    private final SessionStore store = newStore();
    private final SessionStateMachine original = new SessionStateMachine(store);
    private final EntryMaker entries = new EntryMaker(0);

    @Test
    void shouldGoOnAsItsOriginal() {
        for (int seed = 0; seed < SEEDS; seed++) {
            EntryMaker maker = new EntryMaker(seed);
            SessionStateMachine first = new SessionStateMachine(newStore());
            for (int i = new Random(seed).nextInt(400); i > 0; i--) {
                EntryMaker.apply(maker.next(first), first, first.lastApplied() + 1);
            }
            SessionStateMachine copy = copyOf(first);
            assertSame(seed, first, copy);

            for (int i = 0; i < 300; i++) {
                byte[] entry = maker.next(first);
                long index = first.lastApplied() + 1;
                assertThat(EntryMaker.apply(entry, copy, index))
                        .as("seed=%d i=%d", seed, i)
                        .isEqualTo(EntryMaker.apply(entry, first, index));
            }

            assertSame(seed, first, copy);
        }
    }

    @Test
    void shouldAnswerRepeatedRequestAsBefore() {
        EntryMaker.apply(entries.written(TOM, 7, "a"), original, 1);
        EntryMaker.apply(entries.removed(TOM, 8, "gone"), original, 2);
        SessionStateMachine copy = copyOf(original);

        assertThat(copy.clients()).containsExactly(TOM);
        assertThat(SessionStateMachine.answeredVersion(copy.answer(TOM, 7))).isEqualTo(1);
        assertThat(EntryMaker.apply(entries.removed(TOM, 8, "a"), copy, 3)).isEqualTo("ABSENT 0");
        assertThat(copy.store().figures().sessions()).isEqualTo(1);
    }

    @Test
    void shouldKeepOldIdsAndExpiryNotices() {
        SessionRecord large = new SessionRecordBuilder(EntryMaker.key("large"))
                .attribute("cart", new byte[3 * StateRows.MAX_PIECE_LENGTH])
                .build();
        assertThat(store.put(large)).isEqualTo(StoreResult.STORED);
        EntryMaker.apply(entries.written(TOM, 1, "a"), original, 1);
        EntryMaker.apply(entries.renamed(TOM, 2, "a", "b"), original, 2);
        EntryMaker.apply(entries.expired("large", large.lastAccessedTimeMs()), original, 3);

        SessionStateMachine copy = copyOf(original);

        assertThat(copy.resolve(EntryMaker.key("a"), EntryMaker.logTimeMs(2))).isEqualTo(EntryMaker.key("b"));
        assertThat(copy.resolve(EntryMaker.key("a"), EntryMaker.logTimeMs(2) + SessionAliases.ALIAS_MS + 1))
                .isEqualTo(EntryMaker.key("a"));
        assertThat(copy.expiryJobs().pending()).singleElement().satisfies(job -> {
            assertThat(job.id()).isEqualTo(3);
            assertThat(SessionRecordBuilder.bytesOf(job.session())).isEqualTo(SessionRecordBuilder.bytesOf(large));
        });
    }

    @Test
    void shouldHandOverRowsThatStayAsTheyWereWhateverIsAppliedLater() {
        SessionRecord large = new SessionRecordBuilder(EntryMaker.key("large"))
                .attribute("cart", new byte[2 * StateRows.MAX_PIECE_LENGTH])
                .build();
        assertThat(store.put(large)).isEqualTo(StoreResult.STORED);
        EntryMaker.apply(entries.written(TOM, 1, "a"), original, 1);
        EntryMaker.apply(entries.renamed(TOM, 2, "a", "b"), original, 2);
        EntryMaker.apply(entries.expired("large", large.lastAccessedTimeMs()), original, 3);
        List<byte[]> then = rowsOf(original);
        List<ReplicatedState.RowSource> handedOver = new ArrayList<>();

        original.copyRows(handedOver::add);
        EntryMaker.apply(entries.written(new ClientId(3, 4), 1, "c"), original, 4);
        EntryMaker.apply(entries.delivered(3), original, 5);

        List<byte[]> rows = new ArrayList<>();
        ExpandableArrayBuffer into = new ExpandableArrayBuffer();
        for (ReplicatedState.RowSource each : handedOver) {
            byte[] row = new byte[each.encode(into)];
            into.getBytes(0, row);
            rows.add(row);
        }
        assertThat(original.expiryJobs().pending()).isEmpty();
        assertThat(rows).hasSameSizeAs(then);
        for (int i = 0; i < rows.size(); i++) {
            assertThat(rows.get(i)).as("row %d", i).isEqualTo(then.get(i));
        }
    }

    @Test
    void shouldRefuseCopyWithRowTooFewTwiceOrOutOfOrder() {
        EntryMaker.apply(entries.written(TOM, 1, "a"), original, 1);
        EntryMaker.apply(entries.renamed(TOM, 2, "a", "b"), original, 2);
        EntryMaker.apply(entries.written(new ClientId(3, 4), 1, "c"), original, 3);
        EntryMaker.apply(entries.renamed(TOM, 4, "b", "d"), original, 4);
        List<byte[]> rows = rowsOf(original);

        for (int i = 0; i < rows.size(); i++) {
            List<byte[]> fewer = new ArrayList<>(rows);
            fewer.remove(i);
            assertThatThrownBy(() -> install(fewer)).as("without %d", i).isInstanceOf(RuntimeException.class);
            List<byte[]> more = new ArrayList<>(rows);
            more.add(i, rows.get(i));
            assertThatThrownBy(() -> install(more)).as("twice %d", i).isInstanceOf(WireException.class);
        }
        List<byte[]> swapped = new ArrayList<>(rows);
        swapped.add(3, swapped.remove(2));
        assertThatThrownBy(() -> install(swapped)).isInstanceOf(WireException.class);
    }

    @Test
    void shouldTakeRowsOnlyBeforeItIsInUse() {
        List<byte[]> rows = rowsOf(original);
        SessionStateMachine used = new SessionStateMachine(newStore());
        EntryMaker.apply(entries.written(TOM, 1, "a"), used, 1);

        assertThatThrownBy(() -> installRow(used, rows.get(0))).isInstanceOf(IllegalStateException.class);
        SessionStateMachine half = new SessionStateMachine(newStore());
        installRow(half, rows.get(0));
        assertThatThrownBy(() -> EntryMaker.apply(entries.written(TOM, 1, "a"), half, 1))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldShowClientsAsTheyComeAndGo() {
        EntryMaker.apply(entries.registered(new ClientId(9, 9)), original, 1);
        EntryMaker.apply(entries.registered(TOM), original, 2);

        assertThat(original.clients()).containsExactly(new ClientId(9, 9), TOM);
        EntryMaker.apply(entries.forgotten(new ClientId(9, 9)), original, 3);
        assertThat(original.clients()).containsExactly(TOM);
        assertThatThrownBy(() -> original.clients().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    private static void assertSame(int seed, SessionStateMachine first, SessionStateMachine copy) {
        assertThat(contents(copy)).as("seed=%d", seed).isEqualTo(contents(first));
        assertThat(copy.lastApplied()).isEqualTo(first.lastApplied());
        for (ClientId client : first.clients()) {
            for (long request = 0; request < EntryMaker.MAX_REQUEST; request++) {
                assertThat(copy.answer(client, request)).isEqualTo(first.answer(client, request));
            }
        }
    }

    private static Map<String, Object> contents(SessionStateMachine state) {
        Map<String, Object> contents = new TreeMap<>();
        StoreSnapshot all = state.store().openSnapshot();
        all.next(
                Integer.MAX_VALUE,
                record -> contents.put(
                        "session " + record.key().id(),
                        HexFormat.of().formatHex(SessionRecordBuilder.bytesOf(record))));
        all.close();
        contents.put(
                "rows", rowsOf(state).stream().map(HexFormat.of()::formatHex).toList());
        return contents;
    }

    private static SessionStateMachine copyOf(SessionStateMachine state) {
        SessionStateMachine copy = new SessionStateMachine(newStore());
        StoreSnapshot all = state.store().openSnapshot();
        all.next(Integer.MAX_VALUE, record -> assertThat(copy.store().put(record))
                .isEqualTo(StoreResult.STORED));
        all.close();
        rowsOf(state).forEach(row -> installRow(copy, row));
        copy.completeInstall(state.lastApplied(), 0);
        return copy;
    }

    private static void install(List<byte[]> rows) {
        SessionStateMachine copy = new SessionStateMachine(newStore());
        rows.forEach(row -> installRow(copy, row));
        copy.completeInstall(4, 0);
    }

    private static void installRow(SessionStateMachine copy, byte[] row) {
        copy.installRow(new UnsafeBuffer(row), 0, row.length);
    }

    private static List<byte[]> rowsOf(SessionStateMachine state) {
        List<byte[]> rows = new ArrayList<>();
        state.exportRows((row, offset, length) -> {
            byte[] copy = new byte[length];
            row.getBytes(offset, copy);
            rows.add(copy);
            assertThat(length).isLessThanOrEqualTo(MAX_ROW_LENGTH);
        });
        return rows;
    }

    private static SessionStore newStore() {
        return new ReferenceSessionStore(new StoreContext(Path.of("unused"), 1L << 30, 1 << 24, line -> {}));
    }
}
