package org.stoneware.server.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.replication.EndedSessions;
import org.stoneware.server.replication.LogHistory;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.wire.log.LogEntryPublisher;
import org.stoneware.wire.session.WriteStatus;

/**
 * Keeps in the store's notes what is no session, so that it comes back with the sessions: every entry goes into a note before it changes
 * anything, without the bytes that reach the store as the record anyway, and what became of it goes into the note of the next entry. An
 * end of the process leaves notes and changes up to some point, so at most one entry is in doubt, and the sessions show what became of it;
 * {@link StateRecovery} reads them. See docs/adr/0160.
 *
 * <pre>
 *  offset length field
 *       0      1 type: 1 entry, 2 checkpoint begins, 3 row, 4 ended sessions, 5 checkpoint is whole, 6 piece of a session
 *       1      1 version, 1
 *       2      1 flags: 1 last piece, 2 the session to be removed is there
 *       3      1 status the entry before had
 *       4      8 version the entry before had
 *      12      8 index
 *      20      8 epoch
 *      28      8 log time
 *      36      … content: log entry; piece of a row; {@link EndedSessions}; {@link LogHistory}; piece of a record
 * </pre>
 *
 * Little endian. <b>Threading:</b> the agent thread. <b>Limits:</b> a note holds {@link #MAX_PIECE} bytes of content at most.
 */
final class StateNotes {
    static final int ENTRY = 1;
    static final int CHECKPOINT_BEGINS = 2;
    static final int ROW = 3;
    static final int ENDED = 4;
    static final int CHECKPOINT_IS_WHOLE = 5;
    static final int RECORD = 6;

    static final int VERSION = 1;
    static final int LAST_PIECE = 1;
    static final int IS_THERE = 2;
    static final int HEADER_LENGTH = 36;
    static final int MAX_PIECE = 32 * 1024;

    /** Notes may grow to this size before a checkpoint makes them small again, or to this many times the size of the last one. */
    static final long MIN_BYTES = 4L << 20;

    private static final int TIMES_CHECKPOINT = 4;
    /** Nobody waits for the load. */
    private static final long LOAD_TICKET = 0;

    private final SessionStore store;
    private final LogEntryPublisher entries = new LogEntryPublisher();
    private final ExpandableArrayBuffer entry = new ExpandableArrayBuffer(1024);
    private final ExpandableArrayBuffer note = new ExpandableArrayBuffer(HEADER_LENGTH + MAX_PIECE);
    private final SessionDelta noChange;
    private final SessionRecord bare = new SessionRecord();
    private final ExpandableArrayBuffer bareBytes = new ExpandableArrayBuffer(1024);
    private WriteStatus previousStatus = WriteStatus.COMMITTED;
    private long previousVersion;
    private long checkpointBytes;
    private long checkpoints;

    StateNotes(SessionStore store, SessionDelta noChange) {
        this.store = store;
        this.noChange = noChange;
    }

    /** What became of the entry noted last. */
    void outcome(WriteStatus status, long version) {
        previousStatus = status;
        previousVersion = version;
    }

    /** Notes an entry as it is. */
    void entry(long index, long epoch, long logTimeMs, DirectBuffer bytes, int offset, int length) {
        entry(0, index, epoch, logTimeMs, bytes, offset, length);
    }

    /** Notes an entry that removes a session. */
    void removal(SessionKey key, long index, long epoch, long logTimeMs, DirectBuffer bytes, int length) {
        boolean isThere = store.load(key, LOAD_TICKET) != LoadResult.ABSENT;
        entry(isThere ? IS_THERE : 0, index, epoch, logTimeMs, bytes, 0, length);
    }

    private void entry(int flags, long index, long epoch, long logTimeMs, DirectBuffer bytes, int offset, int length) {
        header(ENTRY, flags, index, epoch, logTimeMs);
        note.putBytes(HEADER_LENGTH, bytes, offset, length);
        store.note(note, 0, HEADER_LENGTH + length);
    }

    /** Notes a change of a session, without what is changed. */
    void written(
            long index,
            long epoch,
            long logTimeMs,
            ClientId client,
            long requestId,
            long answeredBelow,
            long lastAccessedTimeMs,
            int flags,
            SessionKey key) {
        int length = entries.sessionWritten(
                entry, client.high(), client.low(), requestId, answeredBelow, lastAccessedTimeMs, flags, key, noChange);
        entry(index, epoch, logTimeMs, entry, 0, length);
    }

    /** Notes that a session was taken over from another server, without the session. */
    void adopted(long index, long epoch, long logTimeMs, @Nullable SessionKey origin, SessionKey key) {
        RecordStamp stamp = new RecordStamp(index, epoch, index, logTimeMs, logTimeMs);
        SessionRecord.write(bareBytes, 0, key, null, noChange, stamp, logTimeMs);
        int length = entries.sessionAdopted(entry, origin, bare.wrap(bareBytes, 0));
        entry(index, epoch, logTimeMs, entry, 0, length);
    }

    /** Notes a session that is about to end, in pieces: whoever hears of its end is shown it. */
    void record(long index, SessionRecord record) {
        pieces(RECORD, index, record.buffer(), record.offset(), record.length());
    }

    /** True when what the notes say is to be said anew, shorter. */
    boolean isCheckpointDue() {
        return store.notesBytes() > Math.max(MIN_BYTES, TIMES_CHECKPOINT * checkpointBytes);
    }

    /** Says everything there is to say; the notes before are not needed any more. */
    void checkpoint(StateRows rows, LogHistory history, long lastApplied) {
        store.beginCheckpoint();
        checkpointBytes = 0;
        header(CHECKPOINT_BEGINS, 0, lastApplied, history.lastEpoch(), history.lastTimeMs());
        store.note(note, 0, HEADER_LENGTH);
        rows.export((row, offset, length) -> pieces(ROW, lastApplied, row, offset, length));
        history.ended().export(MAX_PIECE, (bytes, length) -> pieces(ENDED, lastApplied, bytes, 0, length));
        header(CHECKPOINT_IS_WHOLE, LAST_PIECE, lastApplied, history.lastEpoch(), history.lastTimeMs());
        int length = history.write(note, HEADER_LENGTH);
        store.note(note, 0, HEADER_LENGTH + length);
        store.endCheckpoint();
        checkpoints++;
    }

    /** Checkpoints made. */
    long checkpoints() {
        return checkpoints;
    }

    private void pieces(int type, long index, DirectBuffer bytes, int offset, int length) {
        int done = 0;
        do {
            int piece = Math.min(MAX_PIECE, length - done);
            header(type, done + piece == length ? LAST_PIECE : 0, index, 0, 0);
            note.putBytes(HEADER_LENGTH, bytes, offset + done, piece);
            store.note(note, 0, HEADER_LENGTH + piece);
            checkpointBytes += type == RECORD ? 0 : HEADER_LENGTH + piece;
            done += piece;
        } while (done < length);
    }

    private void header(int type, int flags, long index, long epoch, long logTimeMs) {
        note.putByte(0, (byte) type);
        note.putByte(1, (byte) VERSION);
        note.putByte(2, (byte) flags);
        note.putByte(3, (byte) previousStatus.code());
        note.putLong(4, previousVersion, LITTLE_ENDIAN);
        note.putLong(12, index, LITTLE_ENDIAN);
        note.putLong(20, epoch, LITTLE_ENDIAN);
        note.putLong(28, logTimeMs, LITTLE_ENDIAN);
    }
}
