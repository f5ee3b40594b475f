package org.stoneware.benchmarks;

import java.nio.file.Path;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.storage.memory.MemorySessionStoreProvider;

/** The store that ships. */
final class StoreEngine implements SessionEngine, AutoCloseable {
    private final SessionSet set;
    private final SessionStore store;
    private final SessionRecord view = new SessionRecord();
    private long named;

    StoreEngine(SessionSet set) {
        this.set = set;
        store = new MemorySessionStoreProvider()
                .open(new StoreContext(Path.of(""), 1L << 40, 1 << 24, System.err::println));
    }

    @Override
    public String name() {
        return "stoneware";
    }

    @Override
    public void load(int number) {
        check(store.put(set.record(number)));
    }

    @Override
    public void read(int number) {
        if (!store.read(set.key(number), view)) {
            throw new IllegalStateException("session lost: number=" + number);
        }
        view.buffer().getBytes(view.offset(), set.copyTarget(), 0, view.length());
    }

    @Override
    public void put(int number) {
        check(store.put(set.record(number)));
    }

    @Override
    public void merge(int number) {
        check(store.merge(set.key(number), set.smallDelta(), set.stamp(number), false, 0));
    }

    @Override
    public void touch(int number) {
        check(store.touch(set.key(number), set.lastAccessedTimeMs(number)));
    }

    @Override
    public void sweep() {
        store.visitExpired(SessionSet.NOW_MS, Integer.MAX_VALUE, (key, lastAccessedTimeMs) -> named++);
    }

    StoreFigures figures() {
        return store.figures();
    }

    @Override
    public void close() {
        store.close();
    }

    private static void check(StoreResult result) {
        if (result != StoreResult.STORED) {
            throw new IllegalStateException("change refused: " + result);
        }
    }
}
