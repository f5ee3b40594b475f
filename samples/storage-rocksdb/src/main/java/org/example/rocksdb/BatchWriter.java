package org.example.rocksdb;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.stoneware.spi.storage.StorageException;

/**
 * The thread that may wait for the disk: writes one batch after the other, and takes room back. While it writes one,
 * the agent collects the next, so the slower the disk the larger the batches.
 * <p>
 * <b>Threading:</b> {@link #submit} on the agent's thread, {@link #close} where the store is closed, the rest from any.
 */
final class BatchWriter implements Runnable {
    /** Longest time an acknowledged change waits for its force when changes are not forced one by one. */
    private static final long FORCE_MS = 10;

    private static final ChangeBatch END = new ChangeBatch();

    private final SessionDatabase database;
    private final boolean isForced;
    private final long reclaimAtBytes;
    private final BlockingQueue<ChangeBatch> batches = new ArrayBlockingQueue<>(2);
    private final Thread thread = new Thread(this, "rocksdb-writer");
    private long bytesSinceReclaim;
    private long bytesWritten;
    private volatile DiskUse diskUse;
    private volatile long writtenPosition;
    private volatile @Nullable String failure;

    /**
     * What the files took at some moment.
     *
     * @param bytes        bytes of all files.
     * @param bytesWritten bytes of all batches written until then.
     */
    record DiskUse(long bytes, long bytesWritten) {}

    /** @param reclaimAtBytes size of the files from which room is taken back; 0 leaves that to RocksDB. */
    BatchWriter(SessionDatabase database, boolean isForced, long reclaimAtBytes) {
        this.database = database;
        this.isForced = isForced;
        this.reclaimAtBytes = reclaimAtBytes;
        diskUse = new DiskUse(database.diskUsedBytes(), 0);
        thread.setDaemon(true);
        thread.start();
    }

    /** Takes a batch; only one may be under way. */
    void submit(ChangeBatch batch) {
        batches.add(batch);
    }

    /** Everything up to this position is as durable as asked for. */
    long writtenPosition() {
        return writtenPosition;
    }

    DiskUse diskUse() {
        return diskUse;
    }

    /** Why nothing is written any more, or null. */
    @Nullable String failure() {
        return failure;
    }

    @Override
    public void run() {
        try {
            boolean isForceDue = false;
            while (true) {
                ChangeBatch batch = batches.poll(FORCE_MS, TimeUnit.MILLISECONDS);
                if (batch == END) {
                    return;
                }
                if (batch != null) {
                    database.write(batch, isForced);
                    isForceDue = !isForced;
                    bytesWritten += batch.bytes();
                    bytesSinceReclaim += batch.bytes();
                    writtenPosition = batch.position();
                } else if (isForceDue) {
                    database.force();
                    isForceDue = false;
                }
                watchDisk();
            }
        } catch (RocksDBException | StorageException e) {
            // Also "no space left": what RocksDB does after that is its own affair, so the store does not go on.
            failure = "RocksDB failed to write: " + e.getMessage();
        } catch (InterruptedException e) {
            failure = "the thread that writes was interrupted";
            Thread.currentThread().interrupt();
        }
    }

    private void watchDisk() throws RocksDBException {
        long used = database.diskUsedBytes();
        if (reclaimAtBytes > 0 && used > reclaimAtBytes && bytesSinceReclaim > 0) {
            bytesSinceReclaim = 0;
            database.reclaim();
            used = database.diskUsedBytes();
        }
        diskUse = new DiskUse(used, bytesWritten);
    }

    /** Ends the thread once it has written what it was given; returns when it does not use the database any more. */
    void close() {
        boolean isAsked = batches.offer(END);
        boolean isInterrupted = false;
        while (!isAsked && thread.isAlive()) {
            try {
                isAsked = batches.offer(END, FORCE_MS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        awaitEnd(thread);
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits, interrupted or not: a thread that still runs would use native memory that is freed. */
    static void awaitEnd(Thread thread) {
        boolean isInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
