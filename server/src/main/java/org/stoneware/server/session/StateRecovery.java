package org.stoneware.server.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.wire.log.LogEntryAdapter;
import org.stoneware.wire.log.LogEntryListener;
import org.stoneware.wire.log.LogProtocol;
import org.stoneware.wire.session.WireException;
import org.stoneware.wire.session.WriteStatus;

/**
 * Makes the state that is no session from the notes an earlier process left, see {@link StateNotes}. What became of an entry stands in the
 * note after it; of the last one only the sessions show it, and what it had half done is done now.
 * <p>
 * <b>Threading:</b> the agent thread, before anything else is asked of the state.
 * <p>
 * <b>Failure:</b> a note that can't be read throws {@link StorageException}: what was answered to Tomcats is not known then.
 */
final class StateRecovery {
    private static final long LOAD_TICKET = 0;

    private final SessionStateMachine.Parts parts;
    private final LogEntryAdapter adapter = new LogEntryAdapter();
    private final SessionRecord view = new SessionRecord();
    private final ExpandableArrayBuffer piece = new ExpandableArrayBuffer(4096);
    private int pieceLength;

    private @Nullable Queue<byte[]> rows;
    private final List<byte[]> ended = new ArrayList<>();
    private @Nullable Doubt doubt;
    private byte @Nullable [] record;
    private boolean isThere;
    private long index;
    private long epoch;
    private long logTimeMs;
    private long lastApplied;
    private boolean isComplete;
    private long notes;
    private WriteStatus settledStatus = WriteStatus.COMMITTED;
    private long settledVersion;

    /** An entry of which it is not known yet what it led to. */
    private abstract static class Doubt {
        final long index;
        final long epoch;
        final long logTimeMs;

        Doubt(StateRecovery of) {
            this.index = of.index;
            this.epoch = of.epoch;
            this.logTimeMs = of.logTimeMs;
        }

        /** Session that shows what became of it; null when nothing has to be looked at. */
        @Nullable
        SessionKey key() {
            return null;
        }

        /** Whether it takes effect whatever is there. */
        boolean isCertain() {
            return false;
        }

        /** What became of it, by the sessions; null when it did nothing. Finishes what was begun. */
        abstract @Nullable WriteStatus look();

        abstract void settle(WriteStatus status, long version);
    }

    StateRecovery(SessionStateMachine.Parts parts) {
        this.parts = parts;
    }

    /** Reads all notes. */
    void read() {
        parts.store().visitNotes(this::onNote);
    }

    /**
     * Settles the entry in doubt.
     *
     * @return false when a session it needs is still on its way to memory; ask again after the store has worked.
     */
    boolean settle() {
        Doubt last = doubt;
        if (last == null) {
            return true;
        }
        SessionKey key = last.key();
        if (key != null) {
            LoadResult found = parts.store().load(key, LOAD_TICKET);
            if (found == LoadResult.LOADING || found == LoadResult.BUSY) {
                return false;
            }
        }
        doubt = null;
        WriteStatus status = last.look();
        if (status != null) {
            settledStatus = status;
            settledVersion = status == WriteStatus.COMMITTED ? last.index : 0;
            last.settle(status, settledVersion);
            applied(last);
        }
        return true;
    }

    /** True when the notes tell of a whole state; false: there is none, or it was never whole. */
    boolean isComplete() {
        return isComplete;
    }

    long lastApplied() {
        return lastApplied;
    }

    /** What became of the entry in doubt, for the note that comes next. */
    WriteStatus settledStatus() {
        return settledStatus;
    }

    long settledVersion() {
        return settledVersion;
    }

    /** Notes read. */
    long notes() {
        return notes;
    }

    private void onNote(DirectBuffer note, int offset, int length) {
        notes++;
        if (length < StateNotes.HEADER_LENGTH || note.getByte(offset + 1) != StateNotes.VERSION) {
            throw new StorageException("note of the session store can't be read: length=" + length
                    + "; it was written by a newer version, or is damaged. Start this server with an empty data"
                    + " directory beside another one that is up to date, or restore a backup");
        }
        int content = offset + StateNotes.HEADER_LENGTH;
        int contentLength = length - StateNotes.HEADER_LENGTH;
        boolean isLast = (note.getByte(offset + 2) & StateNotes.LAST_PIECE) != 0;
        try {
            switch (note.getByte(offset)) {
                case StateNotes.ENTRY -> {
                    settleBefore(note, offset);
                    onEntry(note, offset, content, contentLength);
                }
                case StateNotes.CHECKPOINT_BEGINS -> {
                    settleAtCheckpoint(note, offset);
                    rows = new ArrayDeque<>();
                    ended.clear();
                }
                case StateNotes.ROW -> {
                    byte[] row = onPiece(note, content, contentLength, isLast);
                    if (row != null && rows != null) {
                        rows.add(row);
                    }
                }
                case StateNotes.ENDED -> {
                    byte[] portion = onPiece(note, content, contentLength, isLast);
                    if (portion != null) {
                        ended.add(portion);
                    }
                }
                case StateNotes.CHECKPOINT_IS_WHOLE ->
                    onCheckpoint(note, content, note.getLong(offset + 12, LITTLE_ENDIAN));
                case StateNotes.RECORD -> record = onPiece(note, content, contentLength, isLast);
                default -> throw new WireException("unknown note: type=" + note.getByte(offset));
            }
        } catch (WireException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new StorageException(
                    "note of the session store can't be read: number=" + notes + " cause=" + e.getMessage()
                            + "; start this server with an empty data directory beside another one that is up to date,"
                            + " or restore a backup",
                    e);
        }
    }

    private byte @Nullable [] onPiece(DirectBuffer note, int offset, int length, boolean isLast) {
        piece.putBytes(pieceLength, note, offset, length);
        pieceLength += length;
        if (!isLast) {
            return null;
        }
        byte[] whole = new byte[pieceLength];
        piece.getBytes(0, whole);
        pieceLength = 0;
        return whole;
    }

    private void onCheckpoint(DirectBuffer note, int offset, long upTo) {
        Queue<byte[]> all = rows;
        if (all == null) {
            throw new WireException("end of a checkpoint without its begin");
        }
        rows = null;
        parts.windows().clear();
        parts.aliases().clear();
        parts.expiryJobs().clear();
        StateRows into = new StateRows(parts.windows(), parts.aliases(), parts.expiryJobs());
        // Each row goes as it is installed: the whole state is not held twice.
        for (byte[] row = all.poll(); row != null; row = all.poll()) {
            into.install(new UnsafeBuffer(row), 0, row.length);
        }
        into.complete();
        parts.history().read(note, offset);
        parts.history().ended().restoreAll(ended);
        ended.clear();
        doubt = null;
        record = null;
        lastApplied = upTo;
        isComplete = true;
    }

    /** An entry says what became of the one before it. */
    private void settleBefore(DirectBuffer note, int offset) {
        Doubt last = doubt;
        long next = note.getLong(offset + 12, LITTLE_ENDIAN);
        if (last != null && next == last.index + 1) {
            settle(last, note, offset);
        } else if (last != null && next > last.index && last.isCertain()) {
            last.settle(WriteStatus.COMMITTED, 0);
            applied(last);
        }
        // Of any other the note that said it is missing; or it came to nothing, and its index was used again.
        doubt = null;
        record = null;
        pieceLength = 0;
    }

    /**
     * A checkpoint says it of the entry applied last. One that came to nothing at a recovery stays in doubt until the checkpoint is whole, and
     * is looked at again when it never was.
     */
    private void settleAtCheckpoint(DirectBuffer note, int offset) {
        Doubt last = doubt;
        if (last != null && note.getLong(offset + 12, LITTLE_ENDIAN) == last.index) {
            settle(last, note, offset);
            doubt = null;
            record = null;
        }
        pieceLength = 0;
    }

    private void settle(Doubt entry, DirectBuffer note, int offset) {
        entry.settle(WriteStatus.ofCode(note.getByte(offset + 3)), note.getLong(offset + 4, LITTLE_ENDIAN));
        applied(entry);
    }

    private void applied(Doubt entry) {
        lastApplied = entry.index;
        parts.history().onRecovered(entry.index, entry.epoch, entry.logTimeMs);
    }

    private void onEntry(DirectBuffer note, int offset, int content, int contentLength) {
        index = note.getLong(offset + 12, LITTLE_ENDIAN);
        epoch = note.getLong(offset + 20, LITTLE_ENDIAN);
        logTimeMs = note.getLong(offset + 28, LITTLE_ENDIAN);
        isThere = (note.getByte(offset + 2) & StateNotes.IS_THERE) != 0;
        adapter.onEntry(note, content, contentLength, new Entries());
    }

    /** Session as it is in the store, when it was changed last by this entry. */
    private boolean isChangedBy(SessionKey key, long entry) {
        return parts.store().read(key, view) && view.lastIndex() == entry;
    }

    /** A session that was there when the entry in doubt was noted, and is no more. */
    private boolean isRemoved(SessionKey key) {
        return isThere && parts.store().load(key, LOAD_TICKET) == LoadResult.ABSENT;
    }

    /** An entry that changes no session, or does so that it can be done again. */
    private final class Certain extends Doubt {
        private final Runnable effect;

        Certain(Runnable effect) {
            super(StateRecovery.this);
            this.effect = effect;
        }

        @Override
        boolean isCertain() {
            return true;
        }

        @Override
        WriteStatus look() {
            return WriteStatus.COMMITTED;
        }

        @Override
        void settle(WriteStatus status, long version) {
            effect.run();
        }
    }

    /** A request of a Tomcat. */
    private abstract class Request extends Doubt {
        final ClientId client;
        final long requestId;
        final long answeredBelow;

        Request(ClientId client, long requestId, long answeredBelow) {
            super(StateRecovery.this);
            this.client = client;
            this.requestId = requestId;
            this.answeredBelow = answeredBelow;
        }

        @Override
        final void settle(WriteStatus status, long version) {
            ReplyWindow window = parts.windows().computeIfAbsent(client, id -> new ReplyWindow());
            if (window.isForgotten(requestId) || window.answer(requestId) != ReplyWindow.NONE) {
                return;
            }
            if (status == WriteStatus.COMMITTED) {
                committed();
            }
            window.put(requestId, status, versionOf(status, version), answeredBelow);
        }

        /** Version in the answer. */
        long versionOf(WriteStatus status, long version) {
            return version;
        }

        abstract void committed();
    }

    private final class Written extends Request {
        private final SessionKey key;
        private final boolean isCreate;

        Written(ClientId client, long requestId, long answeredBelow, SessionKey key, boolean isCreate) {
            super(client, requestId, answeredBelow);
            this.key = key;
            this.isCreate = isCreate;
        }

        @Override
        SessionKey key() {
            return key;
        }

        @Override
        @Nullable
        WriteStatus look() {
            return isChangedBy(key, index) ? WriteStatus.COMMITTED : null;
        }

        @Override
        void committed() {
            if (isCreate) {
                parts.aliases().taken(key);
            }
        }
    }

    private final class Removed extends Request {
        private final SessionKey key;

        Removed(ClientId client, long requestId, long answeredBelow, SessionKey key) {
            super(client, requestId, answeredBelow);
            this.key = key;
        }

        @Override
        @Nullable
        WriteStatus look() {
            return isRemoved(key) ? WriteStatus.COMMITTED : null;
        }

        @Override
        long versionOf(WriteStatus status, long version) {
            return 0;
        }

        @Override
        void committed() {
            parts.history().ended().removed(key, index, false);
        }
    }

    private final class Renamed extends Request {
        private final SessionKey from;
        private final SessionKey to;

        Renamed(ClientId client, long requestId, long answeredBelow, SessionKey from, SessionKey to) {
            super(client, requestId, answeredBelow);
            this.from = from;
            this.to = to;
        }

        @Override
        SessionKey key() {
            return to;
        }

        @Override
        @Nullable
        WriteStatus look() {
            if (!isChangedBy(to, index)) {
                return null;
            }
            parts.store().remove(from);
            return WriteStatus.COMMITTED;
        }

        @Override
        void committed() {
            parts.aliases().renamed(from, to, logTimeMs);
            parts.history().ended().renamed(from, to, index);
        }
    }

    private final class Adopted extends Doubt {
        private final SessionKey key;
        private final @Nullable SessionKey origin;

        Adopted(SessionKey key, @Nullable SessionKey origin) {
            super(StateRecovery.this);
            this.key = key;
            this.origin = origin;
        }

        @Override
        SessionKey key() {
            return key;
        }

        @Override
        @Nullable
        WriteStatus look() {
            if (!isChangedBy(key, index)) {
                return null;
            }
            if (origin != null) {
                parts.store().remove(origin);
            }
            return WriteStatus.COMMITTED;
        }

        @Override
        void settle(WriteStatus status, long version) {
            if (status != WriteStatus.COMMITTED) {
                return;
            }
            parts.aliases().taken(key);
            if (origin != null) {
                parts.aliases().renamed(origin, key, logTimeMs);
                parts.history().ended().renamed(origin, key, index);
            }
        }
    }

    /** A session that ended without a request. */
    private final class Ended extends Doubt {
        private final SessionKey key;
        private final boolean isExpired;

        Ended(SessionKey key, boolean isExpired) {
            super(StateRecovery.this);
            this.key = key;
            this.isExpired = isExpired;
        }

        @Override
        @Nullable
        WriteStatus look() {
            boolean isGone = isExpired
                    ? record != null && parts.store().load(key, LOAD_TICKET) == LoadResult.ABSENT
                    : isRemoved(key);
            return isGone ? WriteStatus.COMMITTED : null;
        }

        @Override
        void settle(WriteStatus status, long version) {
            if (status != WriteStatus.COMMITTED) {
                return;
            }
            byte[] bytes = record;
            if (isExpired && bytes != null) {
                parts.expiryJobs().add(new ExpiryJobs.Job(index, key.application(), bytes, logTimeMs));
            }
            parts.history().ended().removed(key, index, isExpired);
        }
    }

    /** Makes of each entry something to settle. */
    private final class Entries implements LogEntryListener {
        @Override
        public void onClientRegistered(long clientIdHigh, long clientIdLow, long incarnation) {
            ClientId client = new ClientId(clientIdHigh, clientIdLow);
            doubt = new Certain(() -> parts.windows().computeIfAbsent(client, id -> new ReplyWindow()));
        }

        @Override
        public void onClientForgotten(long clientIdHigh, long clientIdLow) {
            doubt = new Certain(() -> parts.windows().remove(new ClientId(clientIdHigh, clientIdLow)));
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
            boolean isCreate = (flags & LogProtocol.WRITTEN_CREATE) != 0;
            doubt = new Written(new ClientId(clientIdHigh, clientIdLow), requestId, answeredBelow, key, isCreate);
        }

        @Override
        public void onSessionRemoved(
                long clientIdHigh, long clientIdLow, long requestId, long answeredBelow, SessionKey key) {
            doubt = new Removed(new ClientId(clientIdHigh, clientIdLow), requestId, answeredBelow, key);
        }

        @Override
        public void onSessionRenamed(
                long clientIdHigh,
                long clientIdLow,
                long requestId,
                long answeredBelow,
                SessionKey from,
                SessionKey to) {
            doubt = new Renamed(new ClientId(clientIdHigh, clientIdLow), requestId, answeredBelow, from, to);
        }

        @Override
        public void onSessionTouched(long lastAccessedTimeMs, SessionKey key) {
            doubt = new Touched(key, lastAccessedTimeMs);
        }

        @Override
        public void onSessionExpired(long lastAccessedTimeMs, SessionKey key) {
            doubt = new Ended(key, true);
        }

        @Override
        public void onExpiryDelivered(long jobId) {
            doubt = new Certain(() -> parts.expiryJobs().remove(jobId));
        }

        @Override
        public void onSessionAdopted(@Nullable SessionKey origin, SessionRecord adopted) {
            doubt = new Adopted(adopted.key(), origin);
        }

        @Override
        public void onSessionWithdrawn(SessionKey key) {
            doubt = new Ended(key, false);
        }
    }

    private final class Touched extends Doubt {
        private final SessionKey key;
        private final long lastAccessedTimeMs;

        Touched(SessionKey key, long lastAccessedTimeMs) {
            super(StateRecovery.this);
            this.key = key;
            this.lastAccessedTimeMs = lastAccessedTimeMs;
        }

        @Override
        WriteStatus look() {
            // Never back, so once more does no harm.
            parts.store().touch(key, lastAccessedTimeMs);
            return WriteStatus.COMMITTED;
        }

        @Override
        void settle(WriteStatus status, long version) {}
    }
}
