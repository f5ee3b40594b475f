package org.stoneware.testkit.storage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;

/**
 * The contract of a store that keeps sessions over the end of the process, holds more of them than memory does, and whose disk
 * takes its time: all of it played in memory and in duty cycles, so a simulation can use it. Slow and obvious.
 * <p>
 * <b>Threading:</b> as {@link SessionStore}; there is no thread behind it.
 * <p>
 * <b>Failure:</b> the {@link ReferenceDisk} decides: {@link ReferenceDisk#isFull}, {@link ReferenceDisk#fail}.
 */
public final class ReferenceDurableStore implements SessionStore {
    private static final int BYTES_PER_SESSION = 64;
    private static final int BYTES_PER_RESIDENT = 256;
    private static final StoreHealth DISK_FULL = new StoreHealth(StoreHealth.State.FULL, "the disk is full");

    private final ReferenceDisk disk;
    private final Pace pace;
    private final StoreContext context;
    private final ReferenceSessionStore truth;
    /** Sessions in memory with the duty cycle of their last use, least recently used first. */
    private final Map<SessionKey, Long> residents = new LinkedHashMap<>(16, 0.75f, true);

    private final Queue<Load> loads = new ArrayDeque<>();
    private final List<byte[]> notesOfEarlierRun = new ArrayList<>();
    private long residentBytes;
    private long notesBytes;
    private long cycle;
    private long nextForceCycle;
    private @Nullable String failure;
    private boolean isFailureTold;
    private @Nullable StoreListener listener;

    /**
     * How long things take, counted in calls of {@link #doWork}.
     *
     * @param forceCycles cycles from one force to the next; 1 forces in every cycle.
     * @param loadCycles  cycles a load takes; 1 ends it in the next.
     * @param maxLoads    loads under way at once; more are {@link LoadResult#BUSY}.
     */
    public record Pace(int forceCycles, int loadCycles, int maxLoads) {
        public static final Pace ORDINARY = new Pace(2, 2, 16);
    }

    /** Opens a store over what an earlier one left on the disk. Memory and disk are bounded as the context says. */
    public ReferenceDurableStore(StoreContext context, ReferenceDisk disk, Pace pace) {
        this.context = context;
        this.disk = disk;
        this.pace = pace;
        long maxDiskBytes = context.maxDiskBytes() == 0 ? Long.MAX_VALUE / 2 : context.maxDiskBytes();
        truth = new ReferenceSessionStore(
                new StoreContext(context.directory(), maxDiskBytes, context.maxRecordLength(), context.notices()));
        replay();
    }

    @Override
    public String mode() {
        return "reference-durable";
    }

    @Override
    public LoadResult load(SessionKey key, long ticket) {
        if (truth.load(key, ticket) == LoadResult.ABSENT) {
            return LoadResult.ABSENT;
        }
        if (residents.containsKey(key)) {
            residents.put(key, cycle);
            return LoadResult.RESIDENT;
        }
        if (loads.size() >= pace.maxLoads()) {
            return LoadResult.BUSY;
        }
        loads.add(new Load(key, ticket, cycle + pace.loadCycles()));
        return LoadResult.LOADING;
    }

    @Override
    public boolean read(SessionKey key, SessionRecord view) {
        return (residents.containsKey(key) || truth.load(key, 0) == LoadResult.ABSENT) && truth.read(key, view);
    }

    @Override
    public StoreResult put(SessionRecord record) {
        SessionKey key = record.key();
        SessionRecord held = held(key);
        boolean isApplicable = held == null || record.version() > held.version();
        return write(key, record.length(), isApplicable, () -> truth.put(record));
    }

    @Override
    public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
        SessionRecord base = held(key);
        int length = SessionRecord.write(
                new UnsafeBuffer(new byte[SessionRecord.maxLength(key, base, delta)]), 0, key, base, delta, stamp, 0);
        boolean isApplicable = base == null ? create : !create && stamp.version() > base.version();
        return write(key, length, isApplicable, () -> truth.merge(key, delta, stamp, create, ageMs));
    }

    @Override
    public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
        if (failure != null) {
            return StoreResult.FAILED;
        }
        StoreResult result = truth.touch(key, lastAccessedTimeMs);
        if (result == StoreResult.STORED) {
            disk.append(new ReferenceDisk.Entry.Touch(key, lastAccessedTimeMs));
        }
        return result;
    }

    @Override
    public StoreResult remove(SessionKey key) {
        if (failure != null) {
            return StoreResult.FAILED;
        }
        SessionRecord held = held(key);
        StoreResult result = truth.remove(key);
        if (result == StoreResult.STORED && held != null) {
            leaveMemory(key, held.length());
            disk.append(new ReferenceDisk.Entry.Remove(key));
        }
        return result;
    }

    @Override
    public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
        return truth.visitExpired(nowMs, limit, visitor);
    }

    @Override
    public void visitSlot(int slot, RecordVisitor visitor) {
        truth.visitSlot(slot, record -> {
            if (residents.containsKey(record.key())) {
                visitor.onRecord(record);
            }
        });
    }

    @Override
    public void visitDigests(int slot, DigestVisitor visitor) {
        truth.visitDigests(slot, visitor);
    }

    @Override
    public StoreSnapshot openSnapshot() {
        return truth.openSnapshot();
    }

    @Override
    public long durablePosition() {
        return disk.forced();
    }

    @Override
    public long appendPosition() {
        return disk.length();
    }

    @Override
    public StoreFigures figures() {
        StoreFigures all = truth.figures();
        return new StoreFigures(
                all.sessions(),
                all.payloadBytes(),
                memoryBytes(),
                context.maxMemoryBytes(),
                all.memoryUsedBytes() + disk.notesBytes(),
                context.maxDiskBytes());
    }

    @Override
    public StoreHealth health() {
        if (failure != null) {
            return new StoreHealth(StoreHealth.State.FAILED, failure);
        }
        return disk.isFull() ? DISK_FULL : truth.health();
    }

    @Override
    public void visitCounters(CounterVisitor visitor) {
        visitor.onCounter("resident.sessions", residents.size());
        visitor.onCounter("loads.under-way", loads.size());
    }

    @Override
    public void note(DirectBuffer note, int offset, int length) {
        if (failure != null) {
            return;
        }
        byte[] bytes = new byte[length];
        note.getBytes(offset, bytes);
        disk.append(new ReferenceDisk.Entry.Note(bytes));
        notesBytes += length;
    }

    @Override
    public void beginCheckpoint() {
        disk.append(new ReferenceDisk.Entry.CheckpointBegun());
    }

    @Override
    public void endCheckpoint() {
        disk.append(new ReferenceDisk.Entry.CheckpointEnded());
        notesBytes = 0;
    }

    @Override
    public long notesBytes() {
        return notesBytes;
    }

    @Override
    public void visitNotes(NoteVisitor visitor) {
        notesOfEarlierRun.forEach(note -> visitor.onNote(new UnsafeBuffer(note), 0, note.length));
        notesOfEarlierRun.clear();
    }

    @Override
    public void clear() {
        truth.clear();
        residents.clear();
        residentBytes = 0;
        if (failure == null) {
            disk.append(new ReferenceDisk.Entry.Clear());
        }
    }

    @Override
    public void listener(@Nullable StoreListener listener) {
        this.listener = listener;
    }

    @Override
    public int doWork(long nowNs) {
        truth.doWork(nowNs);
        cycle++;
        return force() + endLoads() + tellFailure();
    }

    @Override
    public void close() {
        truth.close();
        loads.clear();
    }

    private StoreResult write(SessionKey key, int newLength, boolean isApplicable, Supplier<StoreResult> change) {
        if (failure != null) {
            return StoreResult.FAILED;
        }
        SessionRecord held = held(key);
        if (held != null && !residents.containsKey(key)) {
            return StoreResult.NOT_RESIDENT;
        }
        int oldLength = held == null ? 0 : held.length();
        int more = newLength - oldLength + (held == null ? BYTES_PER_SESSION + BYTES_PER_RESIDENT : 0);
        if (isApplicable && more > 0 && (disk.isFull() || !makeRoom(more, key))) {
            return StoreResult.FULL;
        }
        StoreResult result = change.get();
        if (result == StoreResult.STORED) {
            leaveMemory(key, oldLength);
            enterMemory(key);
            disk.append(new ReferenceDisk.Entry.Put(SessionRecordBuilder.bytesOf(heldRecord(key))));
        }
        return result;
    }

    private int force() {
        if (failure != null || disk.forced() == disk.length() || cycle < nextForceCycle) {
            return 0;
        }
        nextForceCycle = cycle + pace.forceCycles();
        if (disk.isBroken()) {
            failure = "the disk of the reference store was told to fail";
            return 1;
        }
        disk.force();
        if (listener != null) {
            listener.onDurable(disk.forced());
        }
        return 1;
    }

    private int endLoads() {
        int ended = 0;
        Load load = loads.peek();
        while (load != null && load.dueCycle() <= cycle) {
            loads.remove();
            SessionRecord held = held(load.key());
            if (held != null && !residents.containsKey(load.key())) {
                makeRoom(held.length() + BYTES_PER_RESIDENT, load.key());
                enterMemory(load.key());
            }
            if (listener != null) {
                listener.onLoaded(load.ticket());
            }
            ended++;
            load = loads.peek();
        }
        // A load under way is work, so that nobody takes the store for idle.
        return ended + loads.size();
    }

    private int tellFailure() {
        if (failure == null || isFailureTold || listener == null) {
            return 0;
        }
        isFailureTold = true;
        listener.onFailed(failure);
        return 1;
    }

    /** Sends sessions to disk that this duty cycle has not asked for, least recently used first, until so much more fits. */
    private boolean makeRoom(int bytes, SessionKey except) {
        Iterator<Map.Entry<SessionKey, Long>> coldest = residents.entrySet().iterator();
        while (memoryBytes() + bytes > context.maxMemoryBytes() && coldest.hasNext()) {
            Map.Entry<SessionKey, Long> entry = coldest.next();
            if (entry.getValue() < cycle && !entry.getKey().equals(except)) {
                residentBytes -= heldRecord(entry.getKey()).length();
                coldest.remove();
            }
        }
        return memoryBytes() + bytes <= context.maxMemoryBytes();
    }

    private void enterMemory(SessionKey key) {
        residents.put(key, cycle);
        residentBytes += heldRecord(key).length();
    }

    private void leaveMemory(SessionKey key, int length) {
        if (residents.remove(key) != null) {
            residentBytes -= length;
        }
    }

    private @Nullable SessionRecord held(SessionKey key) {
        SessionRecord view = new SessionRecord();
        return truth.read(key, view) ? view : null;
    }

    private SessionRecord heldRecord(SessionKey key) {
        return Objects.requireNonNull(held(key));
    }

    private long memoryBytes() {
        return residentBytes
                + (long) residents.size() * BYTES_PER_RESIDENT
                + truth.figures().sessions() * BYTES_PER_SESSION;
    }

    private void replay() {
        List<byte[]> sinceCheckpoint = new ArrayList<>();
        int begun = 0;
        for (ReferenceDisk.Entry entry : disk.entries()) {
            if (entry instanceof ReferenceDisk.Entry.Put put) {
                truth.put(new SessionRecord().wrap(new UnsafeBuffer(put.bytes()), 0));
            } else if (entry instanceof ReferenceDisk.Entry.Touch touch) {
                truth.touch(touch.key(), touch.lastAccessedTimeMs());
            } else if (entry instanceof ReferenceDisk.Entry.Remove remove) {
                truth.remove(remove.key());
            } else if (entry instanceof ReferenceDisk.Entry.Clear) {
                truth.clear();
            } else if (entry instanceof ReferenceDisk.Entry.Note note) {
                sinceCheckpoint.add(note.bytes());
            } else if (entry instanceof ReferenceDisk.Entry.CheckpointBegun) {
                begun = sinceCheckpoint.size();
            } else if (entry instanceof ReferenceDisk.Entry.CheckpointEnded) {
                sinceCheckpoint.subList(0, begun).clear();
                begun = 0;
            }
        }
        notesOfEarlierRun.addAll(sinceCheckpoint);
        notesBytes = sinceCheckpoint.stream().mapToLong(note -> note.length).sum();
    }

    private record Load(SessionKey key, long ticket, long dueCycle) {}
}
