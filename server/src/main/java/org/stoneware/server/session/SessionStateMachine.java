package org.stoneware.server.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.replication.LogHistory;
import org.stoneware.server.replication.ReplicatedState;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.wire.log.LogEntryAdapter;
import org.stoneware.wire.log.LogEntryListener;
import org.stoneware.wire.log.LogProtocol;
import org.stoneware.wire.session.WriteStatus;

/**
 * The replicated state of a shard: sessions, answers given to clients, expiry notices not delivered yet, old ids of renamed
 * sessions. Fed by the log; knows nothing of ownership, connections or clocks.
 * <p>
 * The version of a session is the index of the entry that changed it last, so a version never comes again, not even for an id that
 * was removed and created anew.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class SessionStateMachine implements ReplicatedState {
    /** Result bytes: status (int32), version (int64), little endian. */
    public static final int RESULT_LENGTH = 12;

    /** {@link #durableIndex} before anything is durable. */
    private static final long NOTHING_DURABLE = -1;

    private final LogEntryAdapter adapter = new LogEntryAdapter();
    private final EntryApplier applier = new EntryApplier();
    /** In order of registration. */
    private final Map<ClientId, ReplyWindow> windows = new LinkedHashMap<>();

    private final Set<ClientId> clients = Collections.unmodifiableSet(windows.keySet());
    private final SessionAliases aliases = new SessionAliases();
    private final ExpiryJobs expiryJobs = new ExpiryJobs();
    private final SessionRecord view = new SessionRecord();
    private ExpandableArrayBuffer renameBuffer = new ExpandableArrayBuffer(4096);
    private final SessionDelta noChange;
    private final UnsafeBuffer result = new UnsafeBuffer(new byte[RESULT_LENGTH]);
    private final SessionStore store;
    private final PatientChanges changes;
    private final LogHistory history = new LogHistory();
    private final DurableIndex durable = new DurableIndex();
    private final RenameWatches renames = new RenameWatches();
    private final LastWriters writers = new LastWriters();
    private final ReadinessCheck readiness = new ReadinessCheck();
    /** Null where the store keeps nothing over the end of the process. */
    private @Nullable StateNotes notes;

    private long lastApplied;
    /** Nothing counts as durable: a restart would not open this store. */
    private boolean isHeldBack;
    /** Where rows go while this is a copy not yet whole. */
    private @Nullable StateRows install;

    private boolean isInUse;

    /** What a recovery fills. */
    record Parts(
            SessionStore store,
            Map<ClientId, ReplyWindow> windows,
            SessionAliases aliases,
            ExpiryJobs expiryJobs,
            LogHistory history) {}

    public SessionStateMachine(SessionStore store) {
        this(store, false);
    }

    /** @param keepsNotes the store keeps sessions over the end of the process, so the rest is to be kept as well. */
    public SessionStateMachine(SessionStore store, boolean keepsNotes) {
        this(store, keepsNotes, (waitedFor, attempt) -> false);
    }

    /** @param wait what an entry does while the store can't take its change. */
    public SessionStateMachine(SessionStore store, boolean keepsNotes, StoreWait wait) {
        this.store = store;
        this.changes = new PatientChanges(store, wait);
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer(64));
        builder.finish();
        this.noChange = new SessionDelta().wrap(builder.buffer(), 0);
        keepNotes(keepsNotes);
    }

    /**
     * The store has begun or ceased to keep sessions over the end of the process. Notes are worth something from the next checkpoint on.
     */
    public void keepNotes(boolean isKept) {
        if (isKept != (notes != null)) {
            notes = isKept ? new StateNotes(store, noChange) : null;
        }
    }

    /**
     * Becomes what an earlier process left in the store and its notes. Called once, before anything else.
     *
     * @param storeWork lets the store work while something is on its way to memory.
     * @return true when that was a whole state; false when there was none.
     * @throws org.stoneware.spi.storage.StorageException when it can't be read.
     */
    public boolean recover(Runnable storeWork) {
        StateRecovery recovery = new StateRecovery(new Parts(store, windows, aliases, expiryJobs, history));
        recovery.read();
        while (!recovery.settle()) {
            storeWork.run();
        }
        lastApplied = recovery.lastApplied();
        durable.restart(lastApplied);
        if (recovery.isComplete()) {
            isInUse = true;
            // What was in doubt is not any more, and that is written down.
            StateNotes present = notes;
            if (present != null) {
                present.outcome(recovery.settledStatus(), recovery.settledVersion());
            }
            checkpoint();
        }
        return recovery.isComplete();
    }

    @Override
    public void checkpoint() {
        StateNotes present = notes;
        if (present != null) {
            present.checkpoint(new StateRows(windows, aliases, expiryJobs), history, lastApplied);
        }
    }

    /** From now on nothing counts as durable, until it is let go: a restart would open another store. */
    public void holdBack(boolean isHeldBack) {
        this.isHeldBack = isHeldBack;
    }

    @Override
    public long durableIndex() {
        return isHeldBack ? NOTHING_DURABLE : durable.upTo(store.durablePosition());
    }

    @Override
    public boolean isReadOnly() {
        return store.health().state() == StoreHealth.State.FAILED;
    }

    @Override
    public boolean isReady(DirectBuffer entry, int offset, int length) {
        return readiness.isReady(store, entry, offset, length);
    }

    @Override
    public void apply(
            long index, long epoch, long logTimeMs, DirectBuffer entry, int offset, int length, ResultSink out) {
        if (index <= lastApplied) {
            return;
        }
        if (install != null) {
            throw new IllegalStateException("entry before the copy is whole: index=" + index);
        }
        isInUse = true;
        applier.begin(index, epoch, logTimeMs);
        applier.entry.wrap(entry, offset, length);
        adapter.onEntry(entry, offset, length, applier);
        lastApplied = index;
        history.onApplied(index, epoch, logTimeMs);
        StateNotes present = notes;
        if (present != null) {
            present.outcome(applier.status, applier.version);
            if (present.isCheckpointDue()) {
                checkpoint();
            }
        }
        durable.onApplied(index, store.appendPosition(), store.durablePosition());
        show(applier.status, applier.version, out);
    }

    @Override
    public void applyFull(
            long index, long epoch, long logTimeMs, DirectBuffer entry, int offset, int length, ResultSink out) {
        applier.isFull = true;
        try {
            apply(index, epoch, logTimeMs, entry, offset, length, out);
        } finally {
            applier.isFull = false;
        }
    }

    @Override
    public void showFullResult(ResultSink out) {
        show(WriteStatus.FULL, 0, out);
    }

    private void show(WriteStatus status, long version, ResultSink out) {
        result.putInt(0, status.code(), LITTLE_ENDIAN);
        result.putLong(4, version, LITTLE_ENDIAN);
        out.onResult(result, 0, RESULT_LENGTH);
    }

    @Override
    public long lastApplied() {
        return lastApplied;
    }

    @Override
    public SessionStore store() {
        return store;
    }

    @Override
    public LogHistory history() {
        return history;
    }

    /**
     * {@inheritDoc}
     * <p>
     * Rows are those of {@code StateRowPublisher}: clients in order of registration, aliases and expiry jobs oldest first, totals.
     */
    @Override
    public void exportRows(RowVisitor visitor) {
        new StateRows(windows, aliases, expiryJobs).export(visitor);
    }

    @Override
    public void copyRows(Consumer<RowSource> rows) {
        new StateRows(windows, aliases, expiryJobs).copy(rows);
    }

    @Override
    public void installRow(DirectBuffer row, int offset, int length) {
        if (isInUse) {
            throw new IllegalStateException("row for a state in use: lastApplied=" + lastApplied);
        }
        StateRows rows = install;
        if (rows == null) {
            rows = new StateRows(windows, aliases, expiryJobs);
            install = rows;
        }
        rows.install(row, offset, length);
    }

    /**
     * {@inheritDoc}
     *
     * @throws org.stoneware.wire.session.WireException when rows are missing.
     */
    @Override
    public void completeInstall(long lastIndex, long logTimeMs) {
        StateRows rows = install;
        if (rows == null) {
            throw new IllegalStateException("no row was installed: lastIndex=" + lastIndex);
        }
        rows.complete();
        install = null;
        isInUse = true;
        lastApplied = lastIndex;
        durable.restart(lastIndex);
    }

    /** Who wants to know of sessions that get another id. */
    public RenameWatches renames() {
        return renames;
    }

    /** Lets the next entry follow a higher index, because the log it continues is not continued by anybody else. */
    public void skipTo(long index) {
        if (index < lastApplied) {
            throw new IllegalArgumentException("back from " + lastApplied + " to " + index);
        }
        lastApplied = index;
        isInUse = true;
        durable.restart(index);
    }

    /**
     * Looks up what a request was answered.
     *
     * @return packed answer for {@link #answeredStatus} and {@link #answeredVersion}, or a negative number when it has none.
     */
    public long answer(ClientId client, long requestId) {
        @Nullable ReplyWindow window = windows.get(client);
        if (window == null) {
            return ReplyWindow.NONE;
        }
        return window.isForgotten(requestId) ? WriteStatus.FORGOTTEN.code() : window.answer(requestId);
    }

    public static WriteStatus answeredStatus(long answer) {
        return ReplyWindow.status(answer);
    }

    public static long answeredVersion(long answer) {
        return ReplyWindow.version(answer);
    }

    /** Which Tomcat changed a session last; null when that is not remembered. For people. */
    public @Nullable ClientId writerOf(SessionKey key) {
        return writers.of(key);
    }

    /** Clients registered and not forgotten, in order of registration; a view that changes as entries are applied. */
    public Set<ClientId> clients() {
        return clients;
    }

    public boolean knowsClient(ClientId client) {
        return windows.containsKey(client);
    }

    /** The key a session has now, when {@code key} is an old one of it; else {@code key}. */
    public SessionKey resolve(SessionKey key, long logTimeMs) {
        return aliases.resolve(key, logTimeMs);
    }

    public ExpiryJobs expiryJobs() {
        return expiryJobs;
    }

    static WriteStatus toStatus(StoreResult result) {
        return switch (result) {
            case STORED -> WriteStatus.COMMITTED;
            case ABSENT -> WriteStatus.ABSENT;
            case STALE -> WriteStatus.EXISTS;
            case FULL -> WriteStatus.FULL;
            // NOT_RESIDENT: a store that can't be waited for; nothing changed.
            case NOT_RESIDENT, FAILED -> WriteStatus.FAILED;
        };
    }

    /** Applies one decoded entry; holds what {@link #apply} knows about it. */
    private final class EntryApplier implements LogEntryListener {
        private long index;
        private long epoch;
        private long logTimeMs;
        private WriteStatus status = WriteStatus.COMMITTED;
        private long version;
        private final UnsafeBuffer entry = new UnsafeBuffer(new byte[0]);
        /** The active's store had no room, so nothing is stored here. */
        private boolean isFull;

        void begin(long index, long epoch, long logTimeMs) {
            this.index = index;
            this.epoch = epoch;
            this.logTimeMs = logTimeMs;
            this.status = WriteStatus.COMMITTED;
            this.version = 0;
        }

        /** Comes before the change itself, so that a change without a note is never found. */
        private void noteEntry() {
            StateNotes present = notes;
            if (present != null) {
                present.entry(index, epoch, logTimeMs, entry, 0, entry.capacity());
            }
        }

        private void noteRemoval(SessionKey key) {
            StateNotes present = notes;
            if (present != null) {
                present.removal(key, index, epoch, logTimeMs, entry, entry.capacity());
            }
        }

        @Override
        public void onClientRegistered(long clientIdHigh, long clientIdLow, long incarnation) {
            noteEntry();
            windows.computeIfAbsent(new ClientId(clientIdHigh, clientIdLow), id -> new ReplyWindow());
        }

        @Override
        public void onClientForgotten(long clientIdHigh, long clientIdLow) {
            noteEntry();
            windows.remove(new ClientId(clientIdHigh, clientIdLow));
        }

        @Override
        public void onSessionWritten(
                long clientIdHigh,
                long clientIdLow,
                long requestId,
                long answeredBelow,
                long lastAccessedTimeMs,
                int flags,
                SessionKey key,
                SessionDelta delta) {
            StateNotes present = notes;
            if (present != null) {
                ClientId client = new ClientId(clientIdHigh, clientIdLow);
                present.written(
                        index, epoch, logTimeMs, client, requestId, answeredBelow, lastAccessedTimeMs, flags, key);
            }
            ReplyWindow window = window(clientIdHigh, clientIdLow);
            if (isAnswered(window, requestId)) {
                return;
            }
            boolean create = (flags & LogProtocol.WRITTEN_CREATE) != 0;
            RecordStamp stamp = new RecordStamp(index, epoch, index, logTimeMs, lastAccessedTimeMs);
            status = isFull
                    ? WriteStatus.FULL
                    : toStatus(changes.merge(key, delta, stamp, create, logTimeMs - lastAccessedTimeMs));
            version = status == WriteStatus.COMMITTED ? index : 0;
            if (create && status == WriteStatus.COMMITTED) {
                aliases.taken(key);
            }
            if (status == WriteStatus.COMMITTED) {
                writers.written(key, new ClientId(clientIdHigh, clientIdLow));
            }
            window.put(requestId, status, version, answeredBelow);
        }

        @Override
        public void onSessionRemoved(
                long clientIdHigh, long clientIdLow, long requestId, long answeredBelow, SessionKey key) {
            noteRemoval(key);
            ReplyWindow window = window(clientIdHigh, clientIdLow);
            if (isAnswered(window, requestId)) {
                return;
            }
            status = isFull ? WriteStatus.FULL : remove(key, false);
            window.put(requestId, status, 0, answeredBelow);
        }

        @Override
        public void onSessionRenamed(
                long clientIdHigh,
                long clientIdLow,
                long requestId,
                long answeredBelow,
                SessionKey from,
                SessionKey to) {
            noteEntry();
            ReplyWindow window = window(clientIdHigh, clientIdLow);
            if (isAnswered(window, requestId)) {
                return;
            }
            status = isFull ? WriteStatus.FULL : rename(from, to);
            version = status == WriteStatus.COMMITTED ? index : 0;
            if (status == WriteStatus.COMMITTED) {
                writers.written(to, new ClientId(clientIdHigh, clientIdLow));
            }
            window.put(requestId, status, version, answeredBelow);
        }

        private WriteStatus rename(SessionKey from, SessionKey to) {
            if (changes.read(to, view)) {
                return WriteStatus.EXISTS;
            }
            if (!changes.read(from, view)) {
                return WriteStatus.ABSENT;
            }
            RecordStamp stamp = new RecordStamp(index, epoch, index, logTimeMs, view.lastAccessedTimeMs());
            WriteStatus stored = putAs(to, view, stamp);
            if (stored == WriteStatus.COMMITTED) {
                changes.remove(from);
                renames.onRenamed(to);
                aliases.renamed(from, to, logTimeMs);
                history.ended().renamed(from, to, index);
            }
            return stored;
        }

        private WriteStatus putAs(SessionKey key, SessionRecord record, RecordStamp stamp) {
            SessionRecord.write(renameBuffer, 0, key, record, noChange, stamp, logTimeMs);
            WriteStatus stored = toStatus(changes.put(new SessionRecord().wrap(renameBuffer, 0)));
            renameBuffer = GrownBuffer.afterUse(renameBuffer);
            return stored;
        }

        private WriteStatus remove(SessionKey key, boolean isExpired) {
            WriteStatus removed = toStatus(changes.remove(key));
            writers.forget(key);
            if (removed == WriteStatus.COMMITTED) {
                history.ended().removed(key, index, isExpired);
            }
            return removed;
        }

        @Override
        public void onSessionAdopted(@Nullable SessionKey origin, SessionRecord record) {
            StateNotes present = notes;
            if (present != null) {
                present.adopted(index, epoch, logTimeMs, origin, record.key());
            }
            if (isFull) {
                status = WriteStatus.FULL;
                return;
            }
            SessionKey key = record.key();
            RecordStamp stamp = new RecordStamp(index, epoch, index, logTimeMs, record.lastAccessedTimeMs());
            status = putAs(key, record, stamp);
            if (status != WriteStatus.COMMITTED) {
                return;
            }
            version = index;
            writers.forget(key);
            aliases.taken(key);
            if (origin != null && changes.remove(origin) == StoreResult.STORED) {
                renames.onRenamed(key);
                aliases.renamed(origin, key, logTimeMs);
                history.ended().renamed(origin, key, index);
            }
        }

        @Override
        public void onSessionWithdrawn(SessionKey key) {
            noteRemoval(key);
            status = isFull ? WriteStatus.FULL : remove(key, false);
        }

        @Override
        public void onSessionTouched(long lastAccessedTimeMs, SessionKey key) {
            noteEntry();
            status = isFull ? WriteStatus.FULL : toStatus(changes.touch(key, lastAccessedTimeMs));
        }

        @Override
        public void onSessionExpired(long lastAccessedTimeMs, SessionKey key) {
            noteEntry();
            if (isFull) {
                status = WriteStatus.FULL;
                return;
            }
            if (!changes.read(key, view) || view.lastAccessedTimeMs() != lastAccessedTimeMs) {
                status = WriteStatus.ABSENT;
                return;
            }
            StateNotes present = notes;
            if (present != null) {
                present.record(index, view);
            }
            ExpiryJobs.Job job = ExpiryJobs.Job.of(index, view, logTimeMs);
            status = remove(key, true);
            if (status == WriteStatus.COMMITTED) {
                expiryJobs.add(job);
            }
        }

        @Override
        public void onExpiryDelivered(long jobId) {
            noteEntry();
            expiryJobs.remove(jobId);
        }

        private ReplyWindow window(long clientIdHigh, long clientIdLow) {
            return windows.computeIfAbsent(new ClientId(clientIdHigh, clientIdLow), id -> new ReplyWindow());
        }

        private boolean isAnswered(ReplyWindow window, long requestId) {
            if (window.isForgotten(requestId)) {
                status = WriteStatus.FORGOTTEN;
                return true;
            }
            long answer = window.answer(requestId);
            if (answer == ReplyWindow.NONE) {
                return false;
            }
            status = ReplyWindow.status(answer);
            version = ReplyWindow.version(answer);
            return true;
        }
    }
}
