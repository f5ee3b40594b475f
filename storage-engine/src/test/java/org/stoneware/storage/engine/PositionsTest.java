package org.stoneware.storage.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.storage.Durability;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreResult;

/** What a store says is durable, the next run finds. */
final class PositionsTest extends EngineFixture {
    private static final long DISK_BYTES = 10L << 20;

    @Test
    void shouldNotCallNotesDurableThatWaitWhileTheLogMovesRecords() {
        SegmentSessionStore store = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, DISK_BYTES);
        int sessions = fill(store);
        awaitDurable(store);
        for (int i = 0; i < sessions; i += 6) {
            assertThat(store.remove(key(i))).isEqualTo(StoreResult.STORED);
        }
        // The room kept back for what ends sessions is used up, so what follows waits until a segment is given back.
        byte[] large = new byte[30_000];
        while (!store.isBehind()) {
            store.note(new UnsafeBuffer(large), 0, large.length);
        }

        store.beginCheckpoint();
        note(store, "all that was");
        store.endCheckpoint();
        long position = store.appendPosition();
        long movedBefore = counter(store, "disk.moved.bytes");
        long[] last = {store.durablePosition()};
        await(store, "the checkpoint is durable", () -> {
            assertThat(store.durablePosition()).isGreaterThanOrEqualTo(last[0]);
            assertThat(store.appendPosition()).isGreaterThanOrEqualTo(position);
            last[0] = store.durablePosition();
            return last[0] >= position;
        });
        files.endProcess();

        assertThat(counter(store, "disk.moved.bytes")).isGreaterThan(movedBefore);
        SessionStore again = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 2 * DISK_BYTES);
        List<String> found = new ArrayList<>();
        again.visitNotes((buffer, offset, length) -> found.add(buffer.getStringWithoutLengthUtf8(offset, length)));
        assertThat(found).containsExactly("all that was");
    }

    @Test
    void shouldSayAfterItIsClosedWhetherEverythingWasWritten() {
        SegmentSessionStore whole = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        put(whole, record(1, 1, 2000));
        whole.close();
        SegmentSessionStore broken = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        put(broken, record(2, 1, 2000));
        awaitDurable(broken);
        put(broken, record(3, 1, 2000));
        files.failWrites(true);

        broken.close();

        assertThat(whole.health().state()).isEqualTo(StoreHealth.State.OK);
        assertThat(broken.health().state()).isEqualTo(StoreHealth.State.FAILED);
    }

    /** What found no room was not durable, so nobody was told that it is kept. */
    @Test
    void shouldNotSayThatItHasFailedWhenItIsClosedOnAFullDiskAndAllThatWasDurableIsForced() {
        durability = Durability.REPLICATED;
        SegmentSessionStore store = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        put(store, record(1, 1, 2000));
        awaitDurable(store);
        files.budget(files.usedBytes());
        assertThat(put(store, record(2, 1, 2000))).isEqualTo(StoreResult.STORED);

        store.close();

        assertThat(store.health().state()).isEqualTo(StoreHealth.State.FULL);
        assertThat(store.health().reason()).contains("not everything was written", "No space left");
        files.losePower(new Random(1));
        files.budget(Long.MAX_VALUE);
        SegmentSessionStore next = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        assertThat(next.damage()).isEmpty();
        assertThat(held(next, key(1))).isNotNull();
    }

    private int fill(SegmentSessionStore store) {
        int sessions = 0;
        while (put(store, record(sessions, 1, 2000)) == StoreResult.STORED) {
            sessions++;
        }
        return sessions;
    }

    private static void note(SessionStore store, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        store.note(new UnsafeBuffer(bytes), 0, bytes.length);
    }
}
