package org.stoneware.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.AttributeVisitor;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreResult;

/**
 * Opens and closes the stores of one test, and waits for a store that must fetch a session from disk first: the promises are
 * the same for stores that always answer at once.
 */
abstract class StoreFixture {
    static final String SHOP = "localhost/shop";
    static final long ROOMY_BYTES = 64L << 20;
    static final long TIGHT_BYTES = 4L << 20;
    static final int MAX_RECORD_LENGTH = 1 << 20;

    static final String NO_DISK = "this mode holds no more than memory does (holdsMoreThanMemory() is false)";
    static final String KEEPS_NOTHING =
            "this mode keeps nothing over the end of the process (keepsSessions() is false)";

    private static final int SPINS = 50;
    private static final long PAUSE_NS = 50_000;
    private static final long CYCLE_NS = 1_000_000;

    private Path directory = Path.of("");
    private final Map<SessionStore, StoreContext> opened = new IdentityHashMap<>();
    private int directories;
    private int idleCycles;
    private boolean isWorking;
    private long nowNs;
    private long index;

    /**
     * Opens the store under test; called more than once in a test, each time with a directory of its own unless the promise is about
     * opening one again.
     */
    protected abstract SessionStore open(StoreContext context);

    /**
     * What {@link org.stoneware.spi.storage.SessionStoreProvider#keepsSessions()} says. Where true, the contract kills the store at
     * many points and looks at what the next one finds.
     */
    protected boolean keepsSessions() {
        return false;
    }

    /** Whether the mode goes on with sessions for which there is no memory, on disk. Where false, it must say {@code FULL}. */
    protected boolean holdsMoreThanMemory() {
        return false;
    }

    /**
     * Leaves what a kill of the process at this moment leaves, and names the directory it lies in. Without being overridden: a copy of
     * the store's files, taken once none of them changes any more, which is one of the moments a kill can come at. A store over a disk
     * that the test controls names stricter ones.
     */
    protected Path crash(SessionStore store, Path directory) throws IOException {
        return StoreFiles.copyAtRest(directory, newDirectory());
    }

    /**
     * Makes the next write or force of this store fail with an error other than a full disk.
     *
     * @return false when this test has no means to; what a store promises then is skipped.
     */
    protected boolean failDisk(SessionStore store) {
        return false;
    }

    /** Milliseconds after which a store that is stepped on and on has stopped working; far longer than any disk takes. */
    protected long maxWaitMs() {
        return 60_000;
    }

    @BeforeEach
    void useDirectory(@TempDir Path directory) {
        this.directory = directory;
    }

    @AfterEach
    void closeStores() {
        opened.keySet().forEach(SessionStore::close);
        opened.clear();
    }

    /** A directory no other store has. */
    protected final Path newDirectory() {
        try {
            return Files.createDirectories(directory.resolve("store-" + directories++));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    final SessionStore openStore() {
        return openStore(ROOMY_BYTES, MAX_RECORD_LENGTH);
    }

    final SessionStore openStore(long maxMemoryBytes, int maxRecordLength) {
        return openStore(new StoreContext(newDirectory(), maxMemoryBytes, maxRecordLength, notice -> {}));
    }

    final SessionStore openStore(StoreContext context) {
        SessionStore store = open(context);
        opened.put(store, context);
        return store;
    }

    final StoreContext contextOf(SessionStore store) {
        return Objects.requireNonNull(opened.get(store));
    }

    /** Closes a store in good order and opens the next one over its directory. */
    final SessionStore reopen(SessionStore store) {
        StoreContext context = contextOf(store);
        store.close();
        return openStore(context);
    }

    /** Opens a store over what a kill of this one's process leaves. */
    final SessionStore reopenAfterCrash(SessionStore store) {
        StoreContext context = contextOf(store);
        Path left;
        try {
            left = crash(store, context.directory());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        store.close();
        return openStore(new StoreContext(
                left,
                context.maxMemoryBytes(),
                context.maxDiskBytes(),
                context.maxRecordLength(),
                context.durability(),
                context.notices()));
    }

    /** What the contract says, to compare with. */
    final SessionStore reference() {
        return new ReferenceSessionStore(new StoreContext(directory, ROOMY_BYTES, MAX_RECORD_LENGTH, notice -> {}));
    }

    static SessionKey key(int number) {
        return SessionKey.of(SHOP, "session-" + number);
    }

    static SessionRecordBuilder record(int number) {
        return new SessionRecordBuilder(key(number));
    }

    static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static SessionDelta.Builder delta() {
        return new SessionDelta.Builder(new ExpandableArrayBuffer());
    }

    static SessionDelta.Builder delta(String name, byte[] value) {
        return delta().put(AttributeKind.APPLICATION, name, new UnsafeBuffer(value), 0, value.length);
    }

    /** A stamp as the server makes them: every one with the next log index. */
    final RecordStamp stamp(long version, long logTimeMs) {
        return new RecordStamp(version, 1, ++index, logTimeMs, logTimeMs);
    }

    final StoreResult put(SessionStore store, SessionRecordBuilder record) {
        return put(store, record.build());
    }

    final StoreResult put(SessionStore store, SessionRecord record) {
        return whenResident(store, record.key(), () -> store.put(record));
    }

    final StoreResult create(SessionStore store, SessionKey key, SessionDelta.Builder delta, RecordStamp stamp) {
        return merge(store, key, delta, stamp, true, 0);
    }

    final StoreResult change(SessionStore store, SessionKey key, SessionDelta.Builder delta, RecordStamp stamp) {
        return merge(store, key, delta, stamp, false, 0);
    }

    final StoreResult merge(
            SessionStore store,
            SessionKey key,
            SessionDelta.Builder delta,
            RecordStamp stamp,
            boolean create,
            long ageMs) {
        delta.finish();
        SessionDelta changes = new SessionDelta().wrap(delta.buffer(), 0);
        return whenResident(store, key, () -> store.merge(key, changes, stamp, create, ageMs));
    }

    final StoreResult touch(SessionStore store, SessionKey key, long lastAccessedTimeMs) {
        return whenResident(store, key, () -> store.touch(key, lastAccessedTimeMs));
    }

    final StoreResult remove(SessionStore store, SessionKey key) {
        return whenResident(store, key, () -> store.remove(key));
    }

    /** Copy of the record held, or null when the session is absent. */
    final byte @Nullable [] held(SessionStore store, SessionKey key) {
        if (loaded(store, key) == LoadResult.ABSENT) {
            return null;
        }
        SessionRecord view = new SessionRecord();
        assertThat(store.read(key, view))
                .as("session is resident, so it can be read")
                .isTrue();
        return SessionRecordBuilder.bytesOf(view);
    }

    /** The record held, in memory of the test. */
    final SessionRecord heldRecord(SessionStore store, SessionKey key) {
        byte[] bytes = held(store, key);
        assertThat(bytes).as("record of " + key).isNotNull();
        return new SessionRecord().wrap(new UnsafeBuffer(bytes), 0);
    }

    /** Attributes of the record held, one line each, as {@code KIND name=length:hash}. */
    final List<String> attributes(SessionStore store, SessionKey key) {
        List<String> lines = new ArrayList<>();
        AttributeVisitor visitor = (kind, name, removed, buffer, offset, length) -> {
            byte[] value = new byte[length];
            buffer.getBytes(offset, value);
            lines.add(line(kind, name, value));
        };
        heldRecord(store, key).forEach(visitor);
        return lines;
    }

    static String line(AttributeKind kind, String name, byte[] value) {
        return kind + " " + name + "=" + value.length + ":" + java.util.Arrays.hashCode(value);
    }

    static String line(String name, byte[] value) {
        return line(AttributeKind.APPLICATION, name, value);
    }

    /** Loads a session if that takes time, and says whether it is there. */
    final LoadResult loaded(SessionStore store, SessionKey key) {
        long ticket = 0;
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(maxWaitMs());
        while (System.nanoTime() - deadlineNs < 0) {
            LoadResult result = store.load(key, ticket++);
            if (result == LoadResult.RESIDENT || result == LoadResult.ABSENT) {
                return result;
            }
            work(store);
        }
        return fail("load did not end: key=" + key);
    }

    /** Steps a store until something is true. */
    final void workUntil(SessionStore store, String what, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(maxWaitMs());
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadlineNs).as(what).isNegative();
            work(store);
        }
    }

    final void workUntilDurable(SessionStore store) {
        workUntil(store, "all is durable", () -> store.durablePosition() >= store.appendPosition());
    }

    /** Steps a store until it has nothing to do. */
    final void workUntilIdle(SessionStore store) {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(maxWaitMs());
        int idle = 0;
        while (idle < 300) {
            assertThat(System.nanoTime() - deadlineNs)
                    .as("doWork comes to rest")
                    .isNegative();
            idle = work(store) == 0 ? idle + 1 : 0;
        }
    }

    /** Puts a record into a store that sends others to disk, once it has done so. */
    final void putPatiently(SessionStore store, SessionRecord record) {
        StoreResult[] result = {put(store, record)};
        workUntil(store, "room for " + record.key(), () -> {
            if (result[0] == StoreResult.FULL) {
                result[0] = put(store, record);
            }
            return result[0] != StoreResult.FULL;
        });
        assertThat(result[0]).as("put of " + record.key()).isEqualTo(StoreResult.STORED);
    }

    /** One duty cycle. A store whose disk works on another thread gets a chance to see it done. */
    final int work(SessionStore store) {
        nowNs += CYCLE_NS;
        isWorking = true;
        int workDone = store.doWork(nowNs);
        isWorking = false;
        idleCycles = workDone == 0 ? idleCycles + 1 : 0;
        if (idleCycles > SPINS && (holdsMoreThanMemory() || keepsSessions())) {
            // Nothing to synchronise on: the store tells its end of a wait only when it is stepped.
            LockSupport.parkNanos(PAUSE_NS);
        }
        return workDone;
    }

    /** Whether a duty cycle of a store is under way. */
    final boolean isWorking() {
        return isWorking;
    }

    private StoreResult whenResident(SessionStore store, SessionKey key, Supplier<StoreResult> call) {
        StoreResult result = call.get();
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(maxWaitMs());
        while (result == StoreResult.NOT_RESIDENT) {
            assertThat(System.nanoTime() - deadlineNs)
                    .as("a session that was loaded can be changed: " + key)
                    .isNegative();
            loaded(store, key);
            result = call.get();
        }
        return result;
    }
}
