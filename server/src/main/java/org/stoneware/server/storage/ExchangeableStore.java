package org.stoneware.server.storage;

import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;

/**
 * The store the rest of the server sees, whatever store is behind it at the moment. While stores are exchanged a {@link StoreTwin} gets
 * every change behind the store in use; see {@link StoreSwitch}.
 *
 * <pre>
 *  in use   twin     when
 *  old      -        nothing is exchanged
 *  old      new      the new one is filled and compared
 *  new      old      the new one is on probation: should it fail, the old one, which has every change, is in use again
 *  new      -        the old one is closed, as soon as no walk over it is open
 * </pre>
 *
 * Positions go on rising over an exchange, and {@link #durablePosition} covers nothing the store in use has not made durable itself.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Failure:</b> code of a store that throws is answered as {@link StoreResult#FAILED} from then on, after an attempt to fall back to
 * the twin; so a broken bundle is an outcome like a broken disk.
 */
public final class ExchangeableStore implements SessionStore {
    private final AwaitedLoads loading = new AwaitedLoads();
    private final Stores stores = new Stores();
    private final VisitGuard visits = new VisitGuard(stores);
    private final RetiredStores retired = new RetiredStores();
    private final StoreQuestions questions = new StoreQuestions(stores);
    private final NotedChanges notes = new NotedChanges(stores, this::twin);
    private SharedStore current;
    private @Nullable StoreTwin twin;
    private @Nullable SharedStore twinStore;
    private boolean isProving;
    private String failure = "";
    private @Nullable ProbationEnd ended;
    private @Nullable StoreListener listener;
    private final ContinuedPositions positions = new ContinuedPositions();
    private boolean areLoadsDue;
    private final CopyTrust trust;
    private final ChangePace pace = new ChangePace();
    /** Why the store before can't stand in for the one in use; empty where none was asked to. */
    private String withoutSpare = "";

    public ExchangeableStore(OpenedStore first) {
        this.current = new SharedStore(first, stores);
        current.listen();
        this.trust = new CopyTrust(damage());
    }

    /** The store in use. */
    public OpenedStore inUse() {
        return current.opened();
    }

    /** Lets a twin get every change from now on, unless its store can't be told who hears it; see {@link StoreTwin#problem}. */
    void beginTwin(StoreTwin filled) {
        SharedStore next = new SharedStore(filled.opened(), stores);
        twin = filled;
        twinStore = next;
        isProving = false;
        filled.guarded("take a listener", next::listen);
    }

    /** Lets the twin go and frees it. */
    void endTwin() {
        SharedStore store = twinStore;
        twin = null;
        twinStore = null;
        isProving = false;
        positions.release();
        if (store != null) {
            retired.add(store);
        }
    }

    @Nullable
    StoreTwin twin() {
        return twin;
    }

    /** {@link #durablePosition} stays where it is until the stores change places; code of the store in use, which may throw, says where. */
    void holdDurable() {
        positions.hold(current.store());
    }

    /**
     * The twin comes into use, and what was in use becomes its twin.
     *
     * @param nanoClock measures its changes.
     * @return false when a restart could not be told of it: then nothing has changed.
     */
    boolean exchange(LongSupplier nanoClock) {
        SharedStore next = twinStore;
        if (next == null) {
            throw new IllegalStateException("no store to change places with");
        }
        SharedStore before = current;
        if (!takeOver(next, trust.carryOver(before.opened().place(), damage()))) {
            return false;
        }
        trust.onExchanged(damage());
        pace.restart(nanoClock);
        twin = new StoreTwin(before.opened(), true);
        twinStore = before;
        isProving = true;
        return true;
    }

    /**
     * Once a restart is told of the next store nothing of its code may fail any more before it is in use. Nobody reads positions in between:
     * stores tell theirs on this thread, as they work, and other threads are shown pictures that are made between two cycles.
     *
     * @param isSuspect what was acknowledged may not be durable in it yet.
     */
    private boolean takeOver(SharedStore next, boolean isSuspect) {
        long appended = next.store().appendPosition();
        if (!next.opened().place().publish(isSuspect)) {
            return false;
        }
        positions.follow(current.store(), appended);
        current = next;
        areLoadsDue = true;
        failure = "";
        withoutSpare = "";
        return true;
    }

    /** That the store that came into use last has failed on probation, said once; null when it has not. */
    @Nullable
    ProbationEnd probationEnd() {
        current.tellFailure();
        ProbationEnd said = ended;
        ended = null;
        return said;
    }

    /** Why the store in use takes no changes any more; empty when it does. */
    public String failure() {
        return failure;
    }

    /**
     * A store that was in use when it was asked failed.
     *
     * @return true when another one is in use now, and the call can be made again.
     */
    private boolean failed(SharedStore asked, String reason) {
        if (asked != current || fallBack(reason)) {
            return true;
        }
        if (failure.isEmpty()) {
            failure = reason + withoutSpare;
            StoreListener hears = listener;
            if (hears != null) {
                hears.onFailed(failure);
            }
        }
        return false;
    }

    /** @return true when the store before is in use again; one that can't be, since a restart could not be told of it, is let go. */
    boolean fallBack(String reason) {
        SharedStore broken = current;
        SharedStore spareStore = twinStore;
        if (spareStore == null || !isSpareWhole()) {
            return false;
        }
        twin = null;
        twinStore = null;
        isProving = false;
        String lost = trust.lostBy(spareStore);
        String unusable = StoreGuard.failure(() -> takeOver(spareStore, true));
        boolean isBack = current == spareStore;
        withoutSpare = isBack ? "" : ProbationEnd.withoutSpare(unusable);
        if (isBack) {
            pace.end();
            trust.onFellBack(appendPosition(), lost);
        }
        ended = new ProbationEnd(isBack, reason + withoutSpare, lost);
        // A call of it may be on its way still.
        retired.addLater(isBack ? broken : spareStore);
        return isBack;
    }

    /** Slow is no failure, nor is a full disk: where there is no way back, or one only to a store that has lost something since, it goes on. */
    boolean giveWay(String reason) {
        return lostBySpare().isEmpty() && fallBack(reason);
    }

    /** What the store before has found damaged since it stands by; empty when nothing. */
    String lostBySpare() {
        return trust.lostBy(twinStore);
    }

    /** How long the changes of the store in use take. */
    public ChangePace pace() {
        return pace;
    }

    /** One that has not taken every change yet would be older than what was acknowledged. */
    private boolean isSpareWhole() {
        StoreTwin spare = twin;
        return isProving && spare != null && spare.isSound() && !spare.isBehind();
    }

    private StoreResult failed(SharedStore asked, Throwable e) {
        return failed(asked, StoreGuard.inWords(e)) ? StoreResult.NOT_RESIDENT : StoreResult.FAILED;
    }

    /** The outcome of a call that failed, or of one too many that was slow: made again when the store before this one is in use again. */
    private boolean hasFallenBack(StoreResult result, SharedStore asked) {
        boolean isSlow = asked == current && pace.isOneTooMany() && isSpareWhole();
        if (asked == current && isProving && result == StoreResult.FAILED) {
            boolean isBack = failed(asked, isSlow ? pace.slowness() : "it refused a change");
            StoreTwin spare = twin;
            if (!isBack && spare != null) {
                spare.onRefused();
            }
            return isBack;
        }
        return asked != current || isSlow && giveWay(pace.slowness());
    }

    /** The store to ask for a change that begins now. */
    private SharedStore changing() {
        pace.changeBegins();
        return current;
    }

    /** The outcome of a change of what a session holds, which the twin follows. */
    private StoreResult stored(StoreResult result, SharedStore asked, SessionKey key) {
        boolean isStored = !hasFallenBack(result, asked) && result == StoreResult.STORED;
        return isStored && isLost(key) ? StoreResult.FAILED : result;
    }

    /** Lets the twin follow. @return true when the store in use does not show what it has just stored on probation: it is in none, or has to be made again. */
    private boolean isLost(SessionKey key) {
        StoreTwin second = twin;
        if (second == null || !second.isSound()) {
            return false;
        }
        String problem = second.follow(current.store(), key, isProving);
        if (problem.isEmpty()) {
            return false;
        }
        if (!isProving) {
            second.sourceProblem("the store in use can't be followed: " + problem);
            return false;
        }
        if (!failed(current, problem)) {
            second.onRefused();
        }
        return true;
    }

    @Override
    public StoreResult put(SessionRecord record) {
        SharedStore asked = changing();
        StoreResult result;
        try {
            result = failure.isEmpty() ? asked.store().put(record) : StoreResult.FAILED;
        } catch (RuntimeException | LinkageError e) {
            result = failed(asked, e);
        }
        result = stored(result, asked, record.key());
        return asked == current ? result : put(record);
    }

    @Override
    public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
        SharedStore asked = changing();
        StoreResult result;
        try {
            result = failure.isEmpty() ? asked.store().merge(key, delta, stamp, create, ageMs) : StoreResult.FAILED;
        } catch (RuntimeException | LinkageError e) {
            result = failed(asked, e);
        }
        result = stored(result, asked, key);
        return asked == current ? result : merge(key, delta, stamp, create, ageMs);
    }

    @Override
    public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
        SharedStore asked = changing();
        StoreResult result;
        try {
            result = failure.isEmpty() ? asked.store().touch(key, lastAccessedTimeMs) : StoreResult.FAILED;
        } catch (RuntimeException | LinkageError e) {
            result = failed(asked, e);
        }
        if (hasFallenBack(result, asked)) {
            return touch(key, lastAccessedTimeMs);
        }
        StoreTwin second = twin;
        if (second != null && result == StoreResult.STORED) {
            second.onTouched(key, lastAccessedTimeMs);
        }
        return result;
    }

    @Override
    public StoreResult remove(SessionKey key) {
        SharedStore asked = changing();
        StoreResult result;
        try {
            result = failure.isEmpty() ? asked.store().remove(key) : StoreResult.FAILED;
        } catch (RuntimeException | LinkageError e) {
            result = failed(asked, e);
        }
        if (hasFallenBack(result, asked)) {
            return remove(key);
        }
        StoreTwin second = twin;
        if (second != null && result == StoreResult.STORED) {
            second.onRemoved(key);
        }
        return result;
    }

    @Override
    public void clear() {
        endTwin();
        current.store().clear();
    }

    @Override
    public void note(DirectBuffer note, int offset, int length) {
        notes.tell(store -> store.note(note, offset, length));
    }

    @Override
    public void beginCheckpoint() {
        notes.tell(SessionStore::beginCheckpoint);
    }

    @Override
    public void endCheckpoint() {
        notes.tell(SessionStore::endCheckpoint);
    }

    @Override
    public String mode() {
        return questions.mode();
    }

    @Override
    public LoadResult load(SessionKey key, long ticket) {
        SharedStore asked = current;
        StoreTwin second = twin;
        if (second != null && second.isBehind()) {
            return LoadResult.BUSY;
        }
        LoadResult result;
        try {
            result = asked.store().load(key, ticket);
        } catch (RuntimeException | LinkageError e) {
            return failed(asked, StoreGuard.inWords(e)) ? load(key, ticket) : LoadResult.BUSY;
        }
        if (result == LoadResult.LOADING) {
            loading.add(ticket);
            if (second != null) {
                second.fetch(key);
            }
        }
        return result;
    }

    /** Nobody changes anything while the twin can't follow. */
    @Override
    public boolean isBehind() {
        boolean isBehind = questions.isBehind();
        StoreTwin second = twin;
        return isBehind || second != null && second.isBehind();
    }

    @Override
    public boolean read(SessionKey key, SessionRecord view) {
        SharedStore asked = current;
        try {
            return asked.store().read(key, view);
        } catch (RuntimeException | LinkageError e) {
            return failed(asked, StoreGuard.inWords(e)) && read(key, view);
        }
    }

    @Override
    public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
        return visits.ask(store -> store.visitExpired(nowMs, limit, visits.expired(visitor)));
    }

    @Override
    public boolean isFetchingExpired() {
        return visits.ask(store -> store.isFetchingExpired() ? 1 : 0) == 1;
    }

    @Override
    public void visitSlot(int slot, RecordVisitor visitor) {
        visits.run(store -> store.visitSlot(slot, visits.records(visitor)));
    }

    @Override
    public void visitDigests(int slot, DigestVisitor visitor) {
        visits.run(store -> store.visitDigests(slot, visits.digests(visitor)));
    }

    @Override
    public StoreSnapshot openSnapshot() {
        return new LastingWalk(stores);
    }

    @Override
    public long durablePosition() {
        questions.ask(positions::durable);
        return positions.lastDurable();
    }

    @Override
    public long appendPosition() {
        questions.ask(positions::append);
        return positions.lastAppend();
    }

    @Override
    public StoreFigures figures() {
        return questions.figures();
    }

    /** One on probation that failed, or only says so here, gives way at once: whoever asks may draw conclusions for the whole server. */
    @Override
    public StoreHealth health() {
        SharedStore asked = current;
        StoreHealth said = failure.isEmpty() ? questions.health() : broken();
        if (asked == current && said.state() == StoreHealth.State.FAILED) {
            fallBack(failure.isEmpty() ? said.reason() : failure);
        }
        return asked != current ? health() : failure.isEmpty() ? said : broken();
    }

    private StoreHealth broken() {
        return new StoreHealth(StoreHealth.State.FAILED, failure);
    }

    @Override
    public String damage() {
        return questions.damage();
    }

    @Override
    public String readProblem() {
        return questions.readProblem();
    }

    @Override
    public void visitCounters(CounterVisitor visitor) {
        questions.ask(store -> store.visitCounters(visitor));
    }

    @Override
    public long notesBytes() {
        return questions.notesBytes();
    }

    @Override
    public void visitNotes(NoteVisitor visitor) {
        current.store().visitNotes(visitor);
    }

    @Override
    public void listener(@Nullable StoreListener listener) {
        this.listener = listener;
    }

    private void tellDurable() {
        StoreListener hears = listener;
        if (hears != null && !positions.isHeld()) {
            hears.onDurable(durablePosition());
        }
    }

    @Override
    public int doWork(long nowNs) {
        int work = current.doWork(nowNs);
        StoreTwin second = twin;
        if (second != null) {
            work += second.doWork(nowNs);
        }
        work += retired.doWork(nowNs);
        if (trust.isUnsettled() && trust.isSettled(durablePosition())) {
            place().trust();
            work++;
        }
        if (areLoadsDue) {
            areLoadsDue = false;
            loading.tell(listener);
            tellDurable();
            work++;
        }
        return work;
    }

    /** Closes all stores behind this one. What they leave behind is freed, but for that of the store in use. */
    @Override
    public void close() {
        endTwin();
        retired.close();
        current.store().close();
    }

    /** Nobody asks for sessions here any more: frees all that is behind this, beside the agent where it can't call a store any more. */
    public void retire() {
        boolean mayBeCalled = current.isWalked() || twin != null;
        endTwin();
        retired.close();
        current.close(mayBeCalled);
    }

    /** What is held counts in full: this server serves it. */
    public void trust() {
        trust.trust(damage());
        place().trust();
    }

    /** Where the store in use lies. */
    public GenerationPlace place() {
        return current.opened().place();
    }

    /** True when a store that gets notes keeps them over the end of the process. */
    public boolean isNoting() {
        StoreTwin second = twin;
        return place().keepsSessions()
                || second != null && second.isNoted() && second.opened().place().keepsSessions();
    }

    /** What the stores tell. */
    private final class Stores implements SharedStore.Owner {
        @Override
        public SharedStore current() {
            return current;
        }

        @Override
        public void onLoaded(long ticket) {
            StoreListener hears = listener;
            loading.remove(ticket);
            if (hears != null) {
                hears.onLoaded(ticket);
            }
        }

        @Override
        public void onDurable(SharedStore store) {
            if (store == current) {
                tellDurable();
            }
        }

        @Override
        public void onFailed(SharedStore store, String reason) {
            StoreTwin present = twin;
            if (store == current) {
                ExchangeableStore.this.failed(store, reason);
            } else if (present != null && store == twinStore) {
                present.problem("it failed: " + reason);
            }
        }

        @Override
        public boolean failed(SharedStore asked, String reason) {
            return ExchangeableStore.this.failed(asked, reason);
        }
    }
}
