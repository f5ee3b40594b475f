package org.stoneware.spi.storage;

import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/**
 * Holds the sessions of one server as opaque records.
 * <p>
 * <b>Threading:</b> single writer: every method but {@link #close} is called on the server agent's thread and returns without waiting
 * for disk or network. Work that may wait is queued and progressed by {@link #doWork}.
 * <p>
 * <b>Determinism:</b> two stores that got the same changes hold equal records. No store reads a clock.
 * <p>
 * <b>Failure:</b> expected outcomes are values. A {@link StorageException} means the store can no longer be trusted; the server
 * gives up its role.
 */
@ConsumerType
public interface SessionStore extends AutoCloseable {
    /** Mode this store implements, as its provider names it. */
    String mode();

    /**
     * Makes sure a session can be read and changed at once.
     *
     * @param ticket given back in {@link StoreListener#onLoaded} when the answer is {@link LoadResult#LOADING}. The caller may ask for a
     *               session that is on its way as often as it likes, with the same ticket; that must cost no memory.
     */
    LoadResult load(SessionKey key, long ticket);

    /**
     * Shows the record held under a key.
     * <p>
     * <b>Ownership:</b> {@code view} stays valid until the next call on this store.
     *
     * @return false when the session is absent or not resident; {@code view} is untouched then.
     */
    boolean read(SessionKey key, SessionRecord view);

    /**
     * Stores a whole record, replacing an older version.
     * <p>
     * <b>Ownership:</b> {@code record} is a view valid until this call returns.
     * <p>
     * <b>Limits:</b> a record longer than {@link StoreContext#maxRecordLength()} is {@link StoreResult#FULL}. A change that does
     * not make the record longer is never refused as full, so that sessions can shrink and end when memory is out.
     * <p>
     * <b>Failure:</b> {@link StoreResult#FULL} leaves the older version readable, {@link StoreResult#STALE} when
     * {@code record.version()} is not greater than the version held.
     */
    StoreResult put(SessionRecord record);

    /**
     * Creates a session from a delta, or changes an existing one.
     * <p>
     * <b>Ownership:</b> {@code delta} is a view valid until this call returns; it never lies in memory of this store.
     * <p>
     * <b>Limits:</b> as {@link #put}, for the record that results.
     * <p>
     * <b>Failure:</b> {@link StoreResult#FULL} and {@link StoreResult#STALE} as {@link #put}, against the version of the stamp.
     * <p>
     * The last access of an existing session never moves backward. A session created by a delta that leaves the interval alone
     * never expires.
     *
     * @param create true: the session must not exist yet ({@link StoreResult#STALE} if it does), its creation time is the log
     *               time of the stamp minus {@code ageMs}; false: it must exist ({@link StoreResult#ABSENT} if it does not).
     * @param ageMs  age of the session at its creation entry, milliseconds; ignored unless {@code create}.
     */
    StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs);

    /**
     * Moves the last access forward; never backward. Does not change the version of the session, and needs no {@link #load}.
     *
     * @return {@link StoreResult#STORED} also when the time held was later; {@link StoreResult#ABSENT}, {@link StoreResult#FAILED},
     *         {@link StoreResult#NOT_RESIDENT} when it must wait for the disk.
     */
    StoreResult touch(SessionKey key, long lastAccessedTimeMs);

    /**
     * Takes a session away; needs no {@link #load}, and is never refused for lack of room.
     *
     * @return {@link StoreResult#STORED}, {@link StoreResult#ABSENT}, {@link StoreResult#FAILED}.
     */
    StoreResult remove(SessionKey key);

    /**
     * Names sessions whose last access plus max inactive interval lies before {@code nowMs}, in order of that moment, oldest
     * first. Waits for no record. One that is not resident, so that its key is not at hand, may be left out; this call begins to fetch
     * it then, and a later one names it. The store is not changed; the visitor must not change it either.
     *
     * @param nowMs log time.
     * @param limit most sessions to name.
     * @return sessions named.
     */
    int visitExpired(long nowMs, int limit, ExpiryVisitor visitor);

    /**
     * True when the last {@link #visitExpired} left sessions out that are not resident: it is worth asking again as soon as some may have
     * come to memory, some milliseconds later. A store that always says false is asked at the regular interval, half a second.
     */
    default boolean isFetchingExpired() {
        return false;
    }

    /**
     * Shows every session of a slot that is resident, in an order the store chooses; {@link #openSnapshot} shows the others too. The
     * visitor must not change the store.
     *
     * @param slot 0 to {@link SessionKey#SLOT_COUNT} - 1.
     */
    void visitSlot(int slot, RecordVisitor visitor);

    /**
     * Shows a digest of every session of a slot, resident or not, so that two copies can be compared without reading a disk: {@link
     * SessionRecord#digest} of its {@link SessionRecord#contentHash} and its last access. A store that keeps sessions out of memory
     * remembers the content hash of those; this default is for stores that never do. The visitor must not change the store.
     */
    default void visitDigests(int slot, DigestVisitor visitor) {
        visitSlot(
                slot,
                record -> visitor.onDigest(
                        record.keyHash64(), SessionRecord.digest(record.contentHash(), record.lastAccessedTimeMs())));
    }

    /**
     * Begins a fuzzy snapshot: the store may change while it is read, and each record says by its own index how new it is. A
     * session held from begin to end is seen at least once; one created or removed meanwhile may or may not be.
     */
    StoreSnapshot openSnapshot();

    /**
     * Position, counted by the store over its own changes and notes, up to which everything is as durable as the mode promises. What
     * the next run finds, where the mode keeps sessions, is what a prefix of them left, one that reaches this position or goes beyond.
     */
    long durablePosition();

    /** Position after the last change accepted. In a mode that promises no durability equal to {@link #durablePosition()}. */
    long appendPosition();

    StoreFigures figures();

    /**
     * Whether changes are taken at the moment, and if not, why; never older than a second. Asked once more after {@link #close}: {@link
     * StoreHealth.State#FAILED} says then that something may be missing that was durable, where the mode keeps it; what was accepted and
     * found no room before it was durable is {@link StoreHealth.State#FULL}.
     */
    default StoreHealth health() {
        return StoreHealth.OK;
    }

    /**
     * Whether what was stored was damaged, so that something that had been made durable may be missing; empty when all is there, as far as
     * is known. It is known after opening and reading the notes as far as the store looks by then, and changes when more is found while
     * sessions are read; it is never empty again. The next run does not say it again.
     *
     * @return one readable line for people.
     */
    default String damage() {
        return "";
    }

    /**
     * Why sessions that are held can't be read at the moment, though nothing says that they are damaged: the device does not give them. They
     * are kept; {@link #load} answers {@link LoadResult#BUSY}, and the store itself tries until they can be read. One it gives up in the end
     * is {@link #damage}. Asked in every duty cycle.
     *
     * @return one readable line for people; empty when all can be read, as far as is known.
     */
    default String readProblem() {
        return "";
    }

    /**
     * True while changes may answer {@link StoreResult#NOT_RESIDENT} whatever they change, because the disk is behind: the caller asks again
     * on a later duty cycle. {@link #load} answers {@link LoadResult#BUSY} meanwhile.
     */
    default boolean isBehind() {
        return false;
    }

    /** Shows figures of this kind of store beside {@link #figures()}: names dotted, lower case, unit last where there is one. */
    default void visitCounters(CounterVisitor visitor) {}

    /**
     * Keeps a note of the server's, opaque to the store, in order with the changes before and after it: where the mode keeps sessions
     * over the end of the process it keeps the notes as well, under the same {@link #durablePosition() positions}. No effect in other
     * modes.
     * <p>
     * <b>Limits:</b> at most {@link #MAX_NOTE_LENGTH} bytes. Notes stay until a checkpoint that came after them is complete; the server
     * makes one when {@link #notesBytes()} tells it to.
     */
    default void note(DirectBuffer note, int offset, int length) {}

    /**
     * Begins a checkpoint: the notes until {@link #endCheckpoint()} say all that the notes before it said. An end of the process in
     * between leaves the notes before the checkpoint in force.
     */
    default void beginCheckpoint() {}

    /** Ends a checkpoint; notes older than its begin are not kept any more. */
    default void endCheckpoint() {}

    /** Bytes of notes since the last complete checkpoint ended; 0 where none are kept. */
    default long notesBytes() {
        return 0;
    }

    /**
     * Shows the notes an earlier run left, oldest first, from the begin of the last complete checkpoint. Called once, before the first
     * change.
     */
    default void visitNotes(NoteVisitor visitor) {}

    /** Takes all sessions away; positions go on rising. */
    void clear();

    /** Who hears of loads, durability and failure; at most one. */
    void listener(@Nullable StoreListener listener);

    /**
     * Progresses queued work.
     *
     * @return amount of work done; 0 when idle.
     */
    int doWork(long nowNs);

    /**
     * Frees all resources; what the mode promises to keep is kept. Idempotent. Whatever reads or changes
     * sessions afterwards throws a {@link StorageException}.
     * <p>
     * <b>Threading:</b> the agent's thread when the server stops, another one when the store is out of use, or only tried; nothing else is
     * called meanwhile. May wait for the disk, and must wait for the store's own threads before it frees what they use, also when the
     * thread it is called on is interrupted.
     */
    @Override
    void close();

    int MAX_NOTE_LENGTH = 64 * 1024;

    /** Sees digests of sessions. */
    @FunctionalInterface
    interface DigestVisitor {
        /** @param keyHash64 hash of the session's key, as {@link SessionRecord#keyHash64}. */
        void onDigest(long keyHash64, long digest);
    }

    /** Sees notes. <b>Ownership:</b> the buffer is a view valid until the call returns. */
    @FunctionalInterface
    interface NoteVisitor {
        void onNote(DirectBuffer note, int offset, int length);
    }

    /** Sees named figures. */
    @FunctionalInterface
    interface CounterVisitor {
        void onCounter(String name, long value);
    }

    /** Sees candidates for expiry. */
    @FunctionalInterface
    interface ExpiryVisitor {
        void onExpired(SessionKey key, long lastAccessedTimeMs);
    }

    /** Sees whole records. <b>Ownership:</b> the record is a view valid until the call returns. */
    @FunctionalInterface
    interface RecordVisitor {
        void onRecord(SessionRecord record);
    }
}
