package org.example.rocksdb;

import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/** The thread that may wait for a record from disk. <b>Threading:</b> the agent's, but {@link #run}. */
final class RecordReader implements Runnable {
    private final SessionDatabase database;
    private final BlockingQueue<Read> asked = new LinkedBlockingQueue<>();
    private final Queue<Read> loaded = new ConcurrentLinkedQueue<>();
    private final Thread thread = new Thread(this, "rocksdb-reader");
    private int loading;
    private volatile @Nullable String failure;

    /** One record asked for. */
    static final class Read {
        final SessionEntry entry;
        final long ticket;
        /** What the session's record was when it was asked for; another one since makes the answer worthless. */
        final long recordPosition;

        private final boolean isLoad;
        private byte @Nullable [] bytes;
        private volatile boolean isDone;

        private Read(SessionEntry entry, long ticket, boolean isLoad) {
            this.entry = entry;
            this.ticket = ticket;
            this.isLoad = isLoad;
            recordPosition = entry.recordPosition;
        }

        boolean isDone() {
            return isDone;
        }

        /** The record, once done; null when the disk has none. */
        byte @Nullable [] bytes() {
            return bytes;
        }
    }

    RecordReader(SessionDatabase database) {
        this.database = database;
        thread.setDaemon(true);
        thread.start();
    }

    /** Asks for a record that {@link #nextLoaded} will bring. */
    void load(SessionEntry entry, long ticket) {
        loading++;
        asked.add(new Read(entry, ticket, true));
    }

    /** Asks for a record whose {@link Read} the caller watches. */
    Read read(SessionEntry entry) {
        Read read = new Read(entry, 0, false);
        asked.add(read);
        return read;
    }

    /** Loads under way. */
    int loading() {
        return loading;
    }

    /** The next load that has ended, or null; stays until {@link #takeLoaded}. */
    @Nullable Read nextLoaded() {
        return loaded.peek();
    }

    void takeLoaded() {
        loaded.remove();
        loading--;
    }

    /** Why nothing is read any more, or null. */
    @Nullable String failure() {
        return failure;
    }

    @Override
    public void run() {
        try {
            while (true) {
                Read read = asked.take();
                read.bytes = database.read(read.entry.key);
                read.isDone = true;
                if (read.isLoad) {
                    loaded.add(read);
                }
            }
        } catch (RocksDBException e) {
            failure = "RocksDB failed to read: " + e.getMessage();
        } catch (InterruptedException e) {
            // Asked to end.
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the thread; returns when it does not use the database any more. */
    void close() {
        thread.interrupt();
        BatchWriter.awaitEnd(thread);
    }
}
