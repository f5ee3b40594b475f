package org.example.rocksdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.RocksObject;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreContext;

/**
 * Three column families: {@code default} holds key to record, {@code facts} key to {@link SessionFacts}, so that opening reads no records
 * and a touch writes none, {@code notes} the server's notes by number. Keys are as {@link SessionKey#encode} writes them.
 */
final class RocksSessionDatabase implements SessionDatabase {
    private static final byte[] FACTS = {'f', 'a', 'c', 't', 's'};
    private static final byte[] NOTES = {'n', 'o', 't', 'e', 's'};
    /** Comes after every key: none is longer, none begins with as high a byte twice. */
    private static final byte[] AFTER_ALL_KEYS = new byte[1024];

    private static final long MAX_LOG_FILE_BYTES = 1 << 20;

    static {
        Arrays.fill(AFTER_ALL_KEYS, (byte) 0xFF);
    }

    private final Path directory;
    /** Freed last to first. */
    private final List<RocksObject> handles = new ArrayList<>();

    private final RocksDB database;
    private final ColumnFamilyHandle records;
    private final ColumnFamilyHandle facts;
    private final ColumnFamilyHandle notes;
    private final WriteOptions forced;
    private final WriteOptions unforced;

    private RocksSessionDatabase(StoreContext context) throws RocksDBException {
        RocksDB.loadLibrary();
        directory = context.directory();
        ColumnFamilyOptions options = columnOptions(context.maxMemoryBytes());
        DBOptions databaseOptions = keep(new DBOptions()
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(2)
                .setMaxLogFileSize(MAX_LOG_FILE_BYTES)
                .setMaxTotalWalSize(nativeBytes(context.maxMemoryBytes()))
                .setMaxBackgroundJobs(2));
        List<ColumnFamilyHandle> columns = new ArrayList<>();
        database = RocksDB.open(
                databaseOptions,
                directory.toString(),
                List.of(
                        new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, options),
                        new ColumnFamilyDescriptor(FACTS, options),
                        new ColumnFamilyDescriptor(NOTES, options)),
                columns);
        keep(database);
        records = keep(columns.get(0));
        facts = keep(columns.get(1));
        notes = keep(columns.get(2));
        forced = keep(new WriteOptions().setSync(true));
        unforced = keep(new WriteOptions().setSync(false));
    }

    /** Opens the database in the directory of the context; an earlier run's is recovered. */
    static SessionDatabase open(StoreContext context) {
        try {
            return new RocksSessionDatabase(context);
        } catch (RocksDBException e) {
            throw new StorageException(
                    "RocksDB can't open " + context.directory() + ": " + e.getMessage()
                            + "; if another process has it open, stop that; if files are damaged, move the directory away"
                            + " and let the server be copied to anew",
                    e);
        }
    }

    /** Bytes RocksDB takes outside the heap for its write buffers and its cache, of what the store may take in all. */
    static long nativeBytes(long maxMemoryBytes) {
        return Math.min(256L << 20, maxMemoryBytes / 4);
    }

    private ColumnFamilyOptions columnOptions(long maxMemoryBytes) {
        long nativeBytes = nativeBytes(maxMemoryBytes);
        // Two write buffers of each of three families, and a cache for blocks.
        long writeBufferBytes = nativeBytes / 8;
        LRUCache cache = keep(new LRUCache(nativeBytes / 4));
        return keep(new ColumnFamilyOptions()
                .setWriteBufferSize(writeBufferBytes)
                .setMaxWriteBufferNumber(2)
                .setTargetFileSizeBase(Math.max(1 << 20, writeBufferBytes))
                .setMaxBytesForLevelBase(Math.max(4 << 20, writeBufferBytes * 4))
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setTableFormatConfig(new BlockBasedTableConfig().setBlockCache(cache)));
    }

    private <T extends RocksObject> T keep(T handle) {
        handles.add(handle);
        return handle;
    }

    @Override
    public void visitSessions(SessionVisitor visitor) throws RocksDBException {
        try (RocksIterator all = database.newIterator(facts)) {
            for (all.seekToFirst(); all.isValid(); all.next()) {
                byte[] key = all.key();
                visitor.onSession(
                        SessionKey.decode(new UnsafeBuffer(key), 0, key.length), SessionFacts.decode(all.value()));
            }
            all.status();
        }
    }

    @Override
    public void visitNotes(NoteVisitor visitor) throws RocksDBException {
        try (RocksIterator all = database.newIterator(notes)) {
            for (all.seekToFirst(); all.isValid(); all.next()) {
                visitor.onNote(ByteBuffer.wrap(all.key()).getLong(), all.value());
            }
            all.status();
        }
    }

    @Override
    public void write(ChangeBatch batch, boolean isForced) throws RocksDBException {
        try (WriteBatch out = new WriteBatch()) {
            if (batch.isClear()) {
                out.deleteRange(records, new byte[0], AFTER_ALL_KEYS);
                out.deleteRange(facts, new byte[0], AFTER_ALL_KEYS);
            }
            for (Map.Entry<SessionKey, ChangeBatch.Change> entry : batch.changes().entrySet()) {
                add(out, encode(entry.getKey()), entry.getValue());
            }
            for (ChangeBatch.Note note : batch.notes()) {
                out.put(notes, number(note.number()), note.bytes());
            }
            if (batch.firstNoteKept() > 0) {
                out.deleteRange(notes, number(0), number(batch.firstNoteKept()));
            }
            database.write(isForced ? forced : unforced, out);
        }
    }

    private void add(WriteBatch out, byte[] key, ChangeBatch.Change change) throws RocksDBException {
        SessionFacts known = change.facts();
        byte[] record = change.record();
        if (known == null) {
            out.delete(records, key);
            out.delete(facts, key);
            return;
        }
        if (record != null) {
            out.put(records, key, record);
        }
        out.put(facts, key, known.encode());
    }

    @Override
    public void force() throws RocksDBException {
        database.syncWal();
    }

    @Override
    public byte @Nullable [] read(SessionKey key) throws RocksDBException {
        return database.get(records, encode(key));
    }

    @Override
    public long diskUsedBytes() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException e) {
            throw new StorageException("can't list " + directory + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void reclaim() throws RocksDBException {
        for (ColumnFamilyHandle column : List.of(records, facts, notes)) {
            database.compactRange(column);
        }
    }

    @Override
    public void close() {
        for (int i = handles.size() - 1; i >= 0; i--) {
            handles.get(i).close();
        }
        handles.clear();
    }

    private static byte[] encode(SessionKey key) {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(key.encodedLength());
        key.encode(buffer, 0);
        return Arrays.copyOf(buffer.byteArray(), key.encodedLength());
    }

    private static byte[] number(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }
}
