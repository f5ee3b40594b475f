package org.stoneware.server.storage;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.testkit.storage.ReferenceSessionStore;

/**
 * A store under another name that reads ahead in its walks, as one with a disk would, and does one thing wrong from one of its changes on,
 * if it is told to.
 */
public final class FaultyStore implements SessionStore {
    /** What a broken bundle may do. */
    public enum Fault {
        NONE,
        THROWS,
        LACKS_A_CLASS,
        FULL,
        FAILED,
        LOSES_A_CHANGE,
        CORRUPTS,
        DIGESTS_WRONG,
        READS_THROW,
        NEVER_DURABLE,
        /** Each of its changes takes {@link FaultyStore#delay}. */
        SLOW
    }

    private static final int READ_AHEAD = 24;

    private final String mode;
    private final SessionStore store =
            new ReferenceSessionStore(new StoreContext(Path.of(""), 64 << 20, 64 * 1024, line -> {}));
    private Fault fault = Fault.NONE;
    private long faultAtChange = Long.MAX_VALUE;
    private long changes;
    private long works;
    private final List<Long> loading = new ArrayList<>();
    public volatile boolean isClosed;
    /** Its device does not read one session, for which its walks wait. */
    public boolean isUnreadable;
    /** It does not show what it holds when it is compared. */
    public boolean isComparingThrowing;
    /** What it does when it is {@link Fault#SLOW}; a clock goes on. */
    public Runnable delay = () -> {};
    /** It takes nothing for now, because its disk is behind. */
    public boolean isStuck;
    /** What is not in its memory is read only as it works. */
    public boolean isReadingAsItWorks;
    /** It does not say how far it is. */
    public boolean isPositionThrowing;
    /** It does not even do its work. */
    public boolean isWorkThrowing;
    /** It finds out as it works that it takes no changes any more. */
    public boolean isFailingAsItWorks;
    /** It says that it takes no changes any more when it is asked, and only then. */
    public boolean isHealthFailed;
    /** It does not say how it is. */
    public boolean isHealthThrowing;
    /** It takes no notes. */
    public boolean isNoteThrowing;
    /** It does not say how far it is durable. */
    public boolean isDurabilityThrowing;
    /** What it says it has lost. */
    public String damage = "";
    /** Called when it is given somebody to hear it. */
    public Runnable onListener = () -> {};
    /** Called when a walk over it begins. */
    public Runnable onWalk = () -> {};
    /** Called when a walk over it is asked what it could not show. */
    public Runnable onUnread = () -> {};
    /** Called before it is closed, on the thread that closes it; a disk may hang there. */
    public Runnable onClose = () -> {};

    /** Calls of its work that have not returned. */
    int working;

    @Nullable
    StoreListener listener;

    private boolean hasLost;

    public FaultyStore(String mode) {
        this.mode = mode;
    }

    public FaultyStore failing(Fault planted, long atChange) {
        this.fault = planted;
        this.faultAtChange = changes + atChange;
        return this;
    }

    /** It has begun to do what it is told to do wrong. */
    public boolean isBroken() {
        return changes >= faultAtChange;
    }

    OpenedStore opened() {
        return new OpenedStore(this, mode, GenerationPlace.temporary(() -> {}));
    }

    private boolean does(Fault asked) {
        return fault == asked && isBroken();
    }

    private void change() {
        changes++;
        if (does(Fault.THROWS)) {
            throw new IllegalStateException("planted");
        }
        if (does(Fault.LACKS_A_CLASS)) {
            throw new NoClassDefFoundError("planted");
        }
        if (does(Fault.SLOW)) {
            delay.run();
        }
    }

    /** True once. */
    private boolean losesThis() {
        boolean isLost = does(Fault.LOSES_A_CHANGE) && !hasLost;
        hasLost |= isLost;
        return isLost;
    }

    private StoreResult result(StoreResult result) {
        return does(Fault.FULL) ? StoreResult.FULL : does(Fault.FAILED) ? StoreResult.FAILED : result;
    }

    private boolean isRefused() {
        return does(Fault.FULL) || does(Fault.FAILED);
    }

    @Override
    public String mode() {
        return mode;
    }

    @Override
    public LoadResult load(SessionKey key, long ticket) {
        if (isReadingAsItWorks) {
            loading.add(ticket);
            return LoadResult.LOADING;
        }
        return store.load(key, ticket);
    }

    @Override
    public boolean read(SessionKey key, SessionRecord view) {
        if (does(Fault.READS_THROW)) {
            throw new IllegalStateException("planted");
        }
        return store.read(key, view);
    }

    @Override
    public StoreResult put(SessionRecord record) {
        change();
        if (isStuck) {
            return StoreResult.NOT_RESIDENT;
        }
        if (isRefused()) {
            return result(StoreResult.STORED);
        }
        if (losesThis()) {
            return StoreResult.STORED;
        }
        if (does(Fault.CORRUPTS)) {
            ExpandableArrayBuffer bytes = new ExpandableArrayBuffer(record.length());
            bytes.putBytes(0, record.buffer(), record.offset(), record.length());
            int last = record.length() - 1;
            bytes.putByte(last, (byte) (bytes.getByte(last) + 1));
            return store.put(new SessionRecord().wrap(bytes, 0));
        }
        return store.put(record);
    }

    @Override
    public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
        change();
        return isRefused() || losesThis() ? result(StoreResult.STORED) : store.merge(key, delta, stamp, create, ageMs);
    }

    @Override
    public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
        change();
        return isRefused() ? result(StoreResult.STORED) : store.touch(key, lastAccessedTimeMs);
    }

    @Override
    public StoreResult remove(SessionKey key) {
        change();
        return isRefused() ? result(StoreResult.STORED) : store.remove(key);
    }

    @Override
    public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
        return store.visitExpired(nowMs, limit, visitor);
    }

    @Override
    public boolean isFetchingExpired() {
        return store.isFetchingExpired();
    }

    @Override
    public void visitSlot(int slot, RecordVisitor visitor) {
        store.visitSlot(slot, visitor);
    }

    @Override
    public void visitDigests(int slot, DigestVisitor visitor) {
        if (isComparingThrowing) {
            throw new IllegalStateException("planted");
        }
        store.visitDigests(
                slot,
                (keyHash64, digest) -> visitor.onDigest(keyHash64, does(Fault.DIGESTS_WRONG) ? digest + 1 : digest));
    }

    @Override
    public StoreSnapshot openSnapshot() {
        onWalk.run();
        return new ReadAheadWalk(store.openSnapshot());
    }

    @Override
    public boolean isBehind() {
        return isStuck;
    }

    @Override
    public String damage() {
        return damage;
    }

    /** A record that was damaged on disk is given up. */
    void lose(SessionKey key) {
        damage = "damaged: records=1";
        store.remove(key);
    }

    @Override
    public String readProblem() {
        return isUnreadable ? "the device does not read what is stored: sessions=1" : "";
    }

    @Override
    public long durablePosition() {
        if (isDurabilityThrowing) {
            throw new IllegalStateException("planted");
        }
        return does(Fault.NEVER_DURABLE) ? 0 : store.durablePosition();
    }

    @Override
    public long appendPosition() {
        if (isPositionThrowing) {
            throw new IllegalStateException("planted");
        }
        return store.appendPosition();
    }

    @Override
    public void note(DirectBuffer note, int offset, int length) {
        if (isNoteThrowing) {
            throw new IllegalStateException("planted");
        }
        store.note(note, offset, length);
    }

    @Override
    public StoreHealth health() {
        if (isHealthThrowing) {
            throw new IllegalStateException("planted");
        }
        return isHealthFailed ? new StoreHealth(StoreHealth.State.FAILED, "planted") : store.health();
    }

    @Override
    public StoreFigures figures() {
        return store.figures();
    }

    @Override
    public void clear() {
        store.clear();
    }

    @Override
    public void listener(@Nullable StoreListener hears) {
        if (hears != null) {
            onListener.run();
        }
        this.listener = hears;
    }

    @Override
    public int doWork(long nowNs) {
        working++;
        try {
            return work(nowNs);
        } finally {
            working--;
        }
    }

    private int work(long nowNs) {
        StoreListener told = listener;
        if (isFailingAsItWorks && told != null) {
            told.onFailed("a force failed");
        }
        if (isWorkThrowing) {
            throw new IllegalStateException("planted");
        }
        works++;
        StoreListener hears = listener;
        if (hears != null) {
            loading.forEach(hears::onLoaded);
        }
        loading.clear();
        return store.doWork(nowNs);
    }

    @Override
    public void close() {
        onClose.run();
        isClosed = true;
        store.close();
    }

    /** Shows records as they were a few calls ago. */
    private final class ReadAheadWalk implements StoreSnapshot {
        private final StoreSnapshot walk;
        private final List<byte[]> ahead = new ArrayList<>();
        private final long inMemory = store.figures().sessions() / 2;
        private final long worksAtOpen = works;
        private long shownBefore;
        private boolean isOver;

        ReadAheadWalk(StoreSnapshot walk) {
            this.walk = walk;
        }

        @Override
        public int next(int limit, RecordVisitor visitor) {
            if (isReadingAsItWorks && works == worksAtOpen && shownBefore >= inMemory) {
                return 0;
            }
            while (!isOver && ahead.size() < READ_AHEAD) {
                isOver = walk.next(READ_AHEAD, record -> {
                            byte[] bytes = new byte[record.length()];
                            record.buffer().getBytes(record.offset(), bytes);
                            ahead.add(bytes);
                        })
                        == END;
            }
            int shown = 0;
            while (shown < limit && !ahead.isEmpty()) {
                visitor.onRecord(new SessionRecord().wrap(new UnsafeBuffer(ahead.remove(0)), 0));
                shown++;
            }
            shownBefore += shown;
            return shown > 0 ? shown : isUnreadable ? 0 : END;
        }

        @Override
        public long unread() {
            onUnread.run();
            return walk.unread();
        }

        @Override
        public void close() {
            walk.close();
        }
    }
}
