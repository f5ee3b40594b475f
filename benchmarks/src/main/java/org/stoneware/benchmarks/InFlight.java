package org.stoneware.benchmarks;

import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;

/** A fixed number of requests in flight on one store, each replaced by the next when it is answered. */
final class InFlight implements StoreListener {
    private static final long NONE = -1;
    private static final long LOADING = -2;
    private static final long IDLE = -3;

    private final SessionStore store;
    private final SessionSet set;
    private final boolean isDurable;
    private final int[] numbers;
    private final boolean[] isWrite;
    private final long[] startsNs;
    /** Position a write waits for, or one of the states above. */
    private final long[] waitsFor;

    private final SessionRecord view = new SessionRecord();
    private final Histogram reads = new Histogram(3);
    private final Histogram writes = new Histogram(3);
    private long count;
    private long storedBytes;
    private int seed = 1;

    InFlight(SessionStore store, SessionSet set, int window, boolean isDurable) {
        this.store = store;
        this.set = set;
        this.isDurable = isDurable;
        numbers = new int[window];
        isWrite = new boolean[window];
        startsNs = new long[window];
        waitsFor = new long[window];
        store.listener(this);
    }

    long count() {
        return count;
    }

    long storedBytes() {
        return storedBytes;
    }

    Histogram reads() {
        return reads;
    }

    Histogram writes() {
        return writes;
    }

    void loadAll() {
        run(Source.inOrder(set.size(), true));
    }

    void readAll() {
        run(Source.inOrder(set.size(), false));
    }

    void read(int number) {
        int[] left = {1};
        run(() -> left[0]-- > 0 ? number : (int) NONE);
    }

    void mix(long millis) {
        run(random(millis, 50));
    }

    void write(long millis) {
        run(random(millis, 100));
    }

    private Source random(long millis, int writePercent) {
        long endNs = System.nanoTime() + millis * 1_000_000;
        return () -> {
            if (System.nanoTime() > endNs) {
                return (int) NONE;
            }
            int number = (int) ((next() & 0xFFFFFFFFL) * set.size() >>> 32);
            return ((next() >>> 16) % 100) < writePercent ? number | Source.WRITE : number;
        };
    }

    private int next() {
        seed = seed * 1664525 + 1013904223; // Numerical Recipes' generator: enough to defeat prefetching
        return seed;
    }

    private void run(Source source) {
        int active = 0;
        for (int slot = 0; slot < numbers.length; slot++) {
            active += begin(slot, source) ? 1 : 0;
        }
        long lastProgressNs = System.nanoTime();
        while (active > 0) {
            long before = count;
            for (int slot = 0; slot < numbers.length; slot++) {
                if (waitsFor[slot] != IDLE && waitsFor[slot] != LOADING && isAnswered(slot)) {
                    active -= begin(slot, source) ? 0 : 1;
                }
            }
            int work = store.doWork(System.nanoTime());
            if (count > before || work > 0) {
                lastProgressNs = System.nanoTime();
            } else if (System.nanoTime() - lastProgressNs > DiskStoreBenchmark.MAX_WAIT_NS) {
                throw new IllegalStateException("no progress: health=" + store.health());
            } else {
                LockSupport.parkNanos(10_000);
            }
        }
    }

    private boolean begin(int slot, Source source) {
        int next = source.next();
        waitsFor[slot] = next == (int) NONE ? IDLE : NONE;
        numbers[slot] = next & ~Source.WRITE;
        isWrite[slot] = (next & Source.WRITE) != 0;
        startsNs[slot] = System.nanoTime();
        return next != (int) NONE;
    }

    private boolean isAnswered(int slot) {
        if (waitsFor[slot] >= 0) {
            return store.durablePosition() >= waitsFor[slot] && answered(slot);
        }
        int number = numbers[slot];
        LoadResult found = store.load(set.key(number), slot);
        if (found == LoadResult.LOADING) {
            waitsFor[slot] = LOADING;
            return false;
        }
        if (found == LoadResult.BUSY) {
            return false;
        }
        if (!isWrite[slot]) {
            if (!store.read(set.key(number), view)) {
                throw new IllegalStateException("session lost: number=" + number);
            }
            view.buffer().getBytes(view.offset(), set.copyTarget(), 0, view.length());
            return answered(slot);
        }
        SessionRecord record = set.record(number);
        StoreResult result = store.put(record);
        if (result == StoreResult.NOT_RESIDENT) {
            return false;
        }
        if (result != StoreResult.STORED) {
            throw new IllegalStateException("change refused: " + result + " health=" + store.health());
        }
        storedBytes += record.length();
        if (!isDurable) {
            return answered(slot);
        }
        waitsFor[slot] = store.appendPosition();
        return false;
    }

    private boolean answered(int slot) {
        (isWrite[slot] ? writes : reads).recordValue(System.nanoTime() - startsNs[slot]);
        count++;
        return true;
    }

    @Override
    public void onLoaded(long ticket) {
        waitsFor[(int) ticket] = NONE;
    }

    @Override
    public void onDurable(long position) {}

    @Override
    public void onFailed(String reason) {
        throw new IllegalStateException("store failed: " + reason);
    }

    /** Which session comes next, with {@link #WRITE} added for a write; {@link #NONE} when there is none. */
    @FunctionalInterface
    private interface Source {
        int WRITE = 1 << 30;

        int next();

        static Source inOrder(int count, boolean isWrite) {
            int[] next = {0};
            return () -> next[0] == count ? (int) NONE : next[0]++ | (isWrite ? WRITE : 0);
        }
    }
}
