package org.example.rocksdb;

import org.rocksdb.RocksDBException;
import org.stoneware.api.session.SessionKey;

/** A database that can be told to fail every write from now on. */
final class FailingDatabase implements SessionDatabase {
    private final SessionDatabase database;
    private volatile boolean isFailing;

    FailingDatabase(SessionDatabase database) {
        this.database = database;
    }

    void fail() {
        isFailing = true;
    }

    @Override
    public void write(ChangeBatch batch, boolean isForced) throws RocksDBException {
        if (isFailing) {
            throw new RocksDBException("input/output error (made by the test)");
        }
        database.write(batch, isForced);
    }

    @Override
    public void visitSessions(SessionVisitor visitor) throws RocksDBException {
        database.visitSessions(visitor);
    }

    @Override
    public void visitNotes(NoteVisitor visitor) throws RocksDBException {
        database.visitNotes(visitor);
    }

    @Override
    public void force() throws RocksDBException {
        database.force();
    }

    @Override
    public byte[] read(SessionKey key) throws RocksDBException {
        return database.read(key);
    }

    @Override
    public long diskUsedBytes() {
        return database.diskUsedBytes();
    }

    @Override
    public void reclaim() throws RocksDBException {
        database.reclaim();
    }

    @Override
    public void close() {
        database.close();
    }
}
