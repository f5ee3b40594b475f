package org.stoneware.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.testkit.storage.SessionRecordBuilder;

final class MemorySessionStoreTest {
    private static final long MAX_BYTES = 16L << 20;

    private final List<String> notices = new ArrayList<>();
    private final SessionStore store = open(MAX_BYTES);

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void shouldTakeLessThan200BytesOverPayloadForAnOrdinarySession() {
        SessionStore roomy = open(1L << 30);
        for (int i = 0; i < 20_000; i++) {
            roomy.put(record(i, 1, 1500 + i % 1000));
        }
        StoreFigures figures = roomy.figures();

        roomy.close();

        assertThat((figures.memoryUsedBytes() - figures.payloadBytes()) / figures.sessions())
                .isLessThan(200);
    }

    @Test
    void shouldBeFullWhenTheHeapHasNoRoomForTheIndex() {
        SessionStore small = new MemorySessionStore(context(MAX_BYTES), 300 << 10);
        int sessions = 0;
        while (small.put(record(sessions, 1, 100)) == StoreResult.STORED) {
            sessions++;
        }

        assertThat(sessions).isBetween(1_000, 6_000);
        assertThat(small.figures().memoryUsedBytes()).isLessThan(MAX_BYTES / 4);
        assertThat(notices)
                .singleElement()
                .asString()
                .contains("maxIndexBytes=307200")
                .contains("raise -Xmx");
        assertThat(small.put(record(0, 2, 100))).isEqualTo(StoreResult.STORED);
        for (int i = 0; i < sessions / 2; i++) {
            small.remove(key(i));
        }
        assertThat(notices).hasSize(2).last().asString().startsWith("storage has room again");
        assertThat(small.put(record(sessions, 1, 100))).isEqualTo(StoreResult.STORED);
        small.close();
    }

    @Test
    void shouldGiveMemoryBackWhenSessionsEnd() {
        int sessions = 0;
        while (store.put(record(sessions, 1, 2000)) == StoreResult.STORED) {
            sessions++;
        }
        for (int i = 0; i < sessions; i++) {
            if (i % 20 != 0) {
                store.remove(key(i));
            }
        }
        for (int i = 0; i < 100_000; i++) {
            store.doWork(i);
        }

        assertThat(store.figures().memoryUsedBytes()).isLessThan(MAX_BYTES / 5);
        assertThat(store.read(key(20), new SessionRecord())).isTrue();
    }

    @Test
    void shouldBeAsNewWhenAllSessionsAreGone() {
        long emptyBytes = store.figures().memoryUsedBytes();
        for (int i = 0; i < 3000; i++) {
            store.put(record(i, 1, i));
        }
        for (int i = 0; i < 3000; i++) {
            store.remove(key(i));
        }

        assertThat(store.figures()).isEqualTo(new StoreFigures(0, 0, emptyBytes, MAX_BYTES, 0, 0));
    }

    @Test
    void shouldTellOperatorOnceWhenFullAndOnceWhenThereIsRoomAgain() {
        int sessions = 0;
        while (store.put(record(sessions, 1, 2000)) == StoreResult.STORED) {
            sessions++;
        }
        store.put(record(-1, 1, 2000));
        store.put(record(-2, 1, 2000));
        for (int i = 0; i < sessions; i++) {
            store.remove(key(i));
        }

        assertThat(notices).hasSize(2);
        assertThat(notices.get(0)).contains("storage is full", "sessions=" + sessions, "maxBytes=" + MAX_BYTES);
        assertThat(notices.get(1)).contains("room again");
    }

    @Test
    void shouldRefuseChangesFromVisitors() {
        store.put(record(1, 1, 100));
        SessionRecord later = record(1, 2, 100);

        assertThatIllegalStateException()
                .isThrownBy(() -> store.visitSlot(key(1).slot(), record -> store.remove(key(1))));
        assertThatIllegalStateException()
                .isThrownBy(() -> store.visitExpired(Long.MAX_VALUE, 10, (key, timeMs) -> store.put(later)));
        assertThatIllegalStateException().isThrownBy(() -> store.openSnapshot().next(1, record -> store.clear()));
        assertThat(store.put(later)).as("the store serves on").isEqualTo(StoreResult.STORED);
    }

    @Test
    void shouldNotReadFreedMemoryThroughViewKeptTooLong() {
        store.put(record(1, 1, 100_000));
        SessionRecord view = new SessionRecord();
        store.read(key(1), view);

        store.close();

        assertThatThrownBy(view::version).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void shouldRefuseToOpenWithTooLittleMemory() {
        assertThatThrownBy(() -> open(1000))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("bytes=1000")
                .hasMessageContaining("maxDataSize");
    }

    @Test
    void shouldNameItsMode() {
        SessionStoreProvider provider = new MemorySessionStoreProvider();

        assertThat(provider.mode()).isEqualTo("memory").isEqualTo(store.mode());
    }

    private SessionStore open(long maxBytes) {
        return new MemorySessionStoreProvider().open(context(maxBytes));
    }

    private StoreContext context(long maxBytes) {
        return new StoreContext(Path.of(""), maxBytes, 1 << 20, notices::add);
    }

    private static SessionKey key(int number) {
        return SessionKey.of("localhost/shop", "0123456789ABCDEF0123456789" + number);
    }

    private static SessionRecord record(int number, long version, int length) {
        return new SessionRecordBuilder(key(number))
                .version(version)
                .attribute("a", new byte[length])
                .build();
    }
}
