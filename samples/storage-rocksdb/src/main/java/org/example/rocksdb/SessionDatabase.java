package org.example.rocksdb;

import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.stoneware.api.session.SessionKey;

/**
 * The disk below the store: what blocks.
 * <p>
 * <b>Threading:</b> {@link #write}, {@link #diskUsedBytes} and {@link #reclaim} from the writer's thread, {@link #read} from the
 * reader's, the rest while neither runs.
 */
interface SessionDatabase extends AutoCloseable {
    /** Shows what is known of every session, without its record. */
    void visitSessions(SessionVisitor visitor) throws RocksDBException;

    /** Shows the notes kept, oldest first. */
    void visitNotes(NoteVisitor visitor) throws RocksDBException;

    /**
     * Writes all changes of a batch or none.
     *
     * @param isForced whether they are on the device when this returns.
     */
    void write(ChangeBatch batch, boolean isForced) throws RocksDBException;

    /** Forces what was written without. */
    void force() throws RocksDBException;

    /** The record of a session, or null when there is none. */
    byte @Nullable [] read(SessionKey key) throws RocksDBException;

    /** Bytes the files take now. */
    long diskUsedBytes();

    /** Rewrites the files without what was removed or replaced; may take long. */
    void reclaim() throws RocksDBException;

    @Override
    void close();

    /** Sees sessions. */
    interface SessionVisitor {
        void onSession(SessionKey key, SessionFacts facts);
    }

    /** Sees notes. */
    interface NoteVisitor {
        void onNote(long number, byte[] note);
    }
}
