package org.stoneware.benchmarks;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB with a synchronous write-ahead log, in the two ways in which writes can share a force: a thread per write, whose writes RocksDB
 * puts together, and one batch of all that is in flight. Set for these writes: values in blob files, so that compaction does not move
 * them, log files used again, no compression, as the values can't be compressed.
 */
public final class RocksDbEngines implements DurableEngine.Family {
    @Override
    public Map<String, DurableEngine> open(Path directory, int records, int value) throws RocksDBException {
        RocksDB.loadLibrary();
        Database database = new Database(directory, records, value);
        database.fill();
        Map<String, DurableEngine> engines = new LinkedHashMap<>();
        engines.put("RocksDB, a thread per write", new Threads(database));
        engines.put("RocksDB, one batch", new Batches(database));
        return engines;
    }

    private static final class Database {
        final WriteOptions synced = new WriteOptions().setSync(true);
        final int records;
        final byte[] content;
        final RocksDB db;
        private final Options options = new Options()
                .setCreateIfMissing(true)
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setWriteBufferSize(64L << 20)
                .setMaxWriteBufferNumber(4)
                .setMaxBackgroundJobs(2)
                .setRecycleLogFileNum(4)
                .setEnableBlobFiles(true)
                .setMinBlobSize(256)
                .setBlobFileSize(64L << 20)
                .setEnableBlobGarbageCollection(true);

        Database(Path directory, int records, int value) throws RocksDBException {
            this.records = records;
            content = new byte[value];
            new Random(1).nextBytes(content);
            db = RocksDB.open(options, directory.toString());
        }

        void fill() throws RocksDBException {
            try (WriteOptions unsynced = new WriteOptions()) {
                for (int i = 0; i < records; i++) {
                    db.put(unsynced, key(i), content);
                }
            }
            db.syncWal();
        }

        byte[] randomKey() {
            return key(ThreadLocalRandom.current().nextInt(records));
        }

        private static byte[] key(int number) {
            return ByteBuffer.allocate(16)
                    .putLong(number * 0x9E3779B97F4A7C15L)
                    .putLong(number)
                    .array();
        }

        void close() {
            db.close();
            options.close();
            synced.close();
        }
    }

    private record Threads(Database database) implements DurableEngine {
        @Override
        public double writesPerSecond(int inFlight, long millis) throws Exception {
            ExecutorService executor = Executors.newFixedThreadPool(inFlight);
            try {
                long startNs = System.nanoTime();
                long endNs = startNs + TimeUnit.MILLISECONDS.toNanos(millis);
                List<Future<Long>> counts = new ArrayList<>();
                for (int i = 0; i < inFlight; i++) {
                    counts.add(executor.submit(() -> writeUntil(endNs)));
                }
                long writes = 0;
                for (Future<Long> count : counts) {
                    writes += count.get();
                }
                return writes * 1e9 / (System.nanoTime() - startNs);
            } finally {
                executor.shutdown();
            }
        }

        private long writeUntil(long endNs) throws RocksDBException {
            long writes = 0;
            while (System.nanoTime() < endNs) {
                database.db.put(database.synced, database.randomKey(), database.content);
                writes++;
            }
            return writes;
        }

        @Override
        public void close() {}
    }

    /** Closes the database: opened after the other, closed last. */
    private record Batches(Database database) implements DurableEngine {
        @Override
        public double writesPerSecond(int inFlight, long millis) throws RocksDBException {
            long writes = 0;
            long startNs = System.nanoTime();
            long endNs = startNs + TimeUnit.MILLISECONDS.toNanos(millis);
            try (WriteBatch batch = new WriteBatch()) {
                while (System.nanoTime() < endNs) {
                    batch.clear();
                    for (int i = 0; i < inFlight; i++) {
                        batch.put(database.randomKey(), database.content);
                    }
                    database.db.write(database.synced, batch);
                    writes += inFlight;
                }
            }
            return writes * 1e9 / (System.nanoTime() - startNs);
        }

        @Override
        public void close() {
            database.close();
        }
    }
}
