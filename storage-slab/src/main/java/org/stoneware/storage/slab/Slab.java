package org.stoneware.storage.slab;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import org.agrona.collections.IntArrayList;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps records outside the heap in slots of chunks. A location is the chunk's number in the high half and the byte offset in
 * the low half of a long; it changes when the record is moved to give a chunk back, and the owner is told.
 */
public final class Slab {
    public static final long NO_ROOM = -1;

    private static final int MAX_CHUNK_BYTES = 256 * 1024;
    /** Bounds the time one move of a whole chunk takes. */
    private static final int MAX_CHUNK_SLOTS = 512;

    private static final int MIN_CHUNK_SLOTS = 4;
    /** A class grows by this share of its slots, so that few of them are free. */
    private static final int GROWTH_SHARE = 16;

    private static final int LARGE = SizeClass.COUNT;
    private static final int LARGE_ROUNDING = 4096;
    /** A class is compacted in idle time when this share of its slots is free, ... */
    private static final int IDLE_COMPACTION_SHARE = 8;
    /** ... and they are worth the move. */
    private static final int IDLE_COMPACTION_MIN_BYTES = 64 * 1024;

    private final MemoryBudget budget;
    private final Relocation relocation;
    private final ChunkClass[] classes = new ChunkClass[SizeClass.COUNT + 1];
    private final IntArrayList freeIds = new IntArrayList();
    private @Nullable SlabChunk[] chunks = new SlabChunk[64];
    /** The bytes of {@link #chunks}: one object less on the way to a record, of thousands that no cache holds. */
    private @Nullable UnsafeBuffer[] buffers = new UnsafeBuffer[chunks.length];

    private int highestId;
    private int idleClass;
    private long freeBytes;

    public Slab(MemoryBudget budget, Relocation relocation) {
        this.budget = budget;
        this.relocation = relocation;
        Arrays.setAll(classes, i -> new ChunkClass());
    }

    /**
     * Finds room for a record. May move other records of the same owner or of others when memory is short, so locations known
     * before must be read again.
     *
     * @return the location, or {@link #NO_ROOM}.
     */
    public long allocate(int length, int owner) {
        SlabChunk chunk;
        if (length > SizeClass.MAX_SLOT_SIZE) {
            chunk = newChunk(LARGE, largeSize(length), 1);
        } else {
            int sizeClass = SizeClass.of(length);
            chunk = classes[sizeClass].offered();
            if (chunk == null) {
                chunk = newChunk(sizeClass);
            }
        }
        return chunk == null ? NO_ROOM : take(chunk, owner);
    }

    /** True when a record of this length belongs into the very slot it has. */
    public boolean isRightSize(long location, int length) {
        int slotSize = chunk(location).slotSize();
        return length > SizeClass.MAX_SLOT_SIZE
                ? largeSize(length) == slotSize
                : SizeClass.slotSize(SizeClass.of(length)) == slotSize;
    }

    public int slotSize(long location) {
        return chunk(location).slotSize();
    }

    public void free(long location) {
        SlabChunk chunk = chunk(location);
        ChunkClass chunkClass = classes[chunk.sizeClass()];
        chunk.free((int) location);
        chunkClass.freeSlots++;
        freeBytes += chunk.slotSize();
        chunkClass.liveSlots--;
        if (chunkClass.liveSlots == 0) {
            while (!chunkClass.chunks.isEmpty()) {
                release(chunkClass.chunks.get(chunkClass.chunks.size() - 1));
            }
        } else if (chunk.liveSlots() == 0 && (chunk.sizeClass() == LARGE || chunkClass.freeSlots > chunk.slotCount())) {
            release(chunk);
        } else {
            // The last chunk with free slots stays while its class is in use: sizes going back and forth cost no memory
            // call.
            chunkClass.offer(chunk);
        }
    }

    public void owner(long location, int owner) {
        chunk(location).owner((int) location, owner);
    }

    /** Bytes in slots that hold nothing at the moment. */
    public long freeBytes() {
        return freeBytes;
    }

    public UnsafeBuffer buffer(long location) {
        UnsafeBuffer buffer = buffers[id(location)];
        assert buffer != null : "location=" + location;
        return buffer;
    }

    public static int offset(long location) {
        return (int) location;
    }

    /**
     * Looks at one class and gives one of its chunks back if many slots are free.
     *
     * @return whether anything was done.
     */
    public boolean compactIdle() {
        idleClass = idleClass + 1 == LARGE ? 0 : idleClass + 1;
        ChunkClass chunkClass = classes[idleClass];
        int wantedFree = chunkClass.liveSlots / IDLE_COMPACTION_SHARE;
        if (chunkClass.freeSlots <= wantedFree
                || (long) chunkClass.freeSlots * SizeClass.slotSize(idleClass) < IDLE_COMPACTION_MIN_BYTES) {
            return false;
        }
        SlabChunk sparsest = chunkClass.sparsest();
        if (chunkClass.freeSlots - sparsest.slotCount() < wantedFree / 2 || !chunkClass.canEmpty(sparsest)) {
            return false;
        }
        empty(sparsest, chunkClass);
        return true;
    }

    /** Gives one chunk back if any class can do with one less. */
    public boolean compactUnderPressure() {
        for (int i = 0; i < LARGE; i++) {
            ChunkClass chunkClass = classes[i];
            if (chunkClass.freeSlots > 0) {
                SlabChunk sparsest = chunkClass.sparsest();
                if (chunkClass.canEmpty(sparsest)) {
                    empty(sparsest, chunkClass);
                    return true;
                }
            }
        }
        return false;
    }

    public void clear() {
        for (int i = 0; i < highestId; i++) {
            SlabChunk chunk = chunks[i];
            if (chunk != null) {
                budget.give(chunk.memoryBytes());
                chunk.release();
            }
        }
        Arrays.fill(chunks, null);
        Arrays.fill(buffers, null);
        Arrays.setAll(classes, i -> new ChunkClass());
        freeIds.clear();
        freeBytes = 0;
        highestId = 0;
    }

    private long take(SlabChunk chunk, int owner) {
        ChunkClass chunkClass = classes[chunk.sizeClass()];
        chunkClass.freeSlots--;
        freeBytes -= chunk.slotSize();
        chunkClass.liveSlots++;
        return ((long) chunk.id() << 32) | chunk.take(owner);
    }

    private void empty(SlabChunk source, ChunkClass chunkClass) {
        chunkClass.emptying = source;
        int slotSize = source.slotSize();
        for (int slot = 0; slot < source.slotCount(); slot++) {
            int owner = source.ownerOfSlot(slot);
            if (owner == SlabChunk.NO_OWNER) {
                continue;
            }
            SlabChunk target = chunkClass.offered();
            if (target == null) {
                throw new IllegalStateException("free slots miscounted: freeSlots=" + chunkClass.freeSlots);
            }
            long location = take(target, owner);
            target.buffer().putBytes(offset(location), source.buffer(), slot * slotSize, slotSize);
            source.free(slot * slotSize);
            chunkClass.freeSlots++;
            freeBytes += slotSize;
            chunkClass.liveSlots--;
            relocation.onMoved(owner, location);
        }
        chunkClass.emptying = null;
        release(source);
    }

    /** A chunk that grows with its class, down to a single slot when memory is short. */
    private @Nullable SlabChunk newChunk(int sizeClass) {
        int slotSize = SizeClass.slotSize(sizeClass);
        int most = Math.min(MAX_CHUNK_SLOTS, MAX_CHUNK_BYTES / slotSize);
        int slotCount = Math.min(most, Math.max(MIN_CHUNK_SLOTS, classes[sizeClass].liveSlots / GROWTH_SHARE));
        SlabChunk chunk = newChunk(sizeClass, slotSize, slotCount);
        while (chunk == null && slotCount > 1) {
            slotCount /= 2;
            chunk = newChunk(sizeClass, slotSize, slotCount);
        }
        return chunk;
    }

    private @Nullable SlabChunk newChunk(int sizeClass, int slotSize, int slotCount) {
        long bytes = SlabChunk.memoryBytes(slotSize, slotCount);
        if (!budget.tryTake(bytes)) {
            return null;
        }
        SlabChunk chunk;
        try {
            chunk = new SlabChunk(
                    freeIds.isEmpty() ? highestId : freeIds.getInt(freeIds.size() - 1), sizeClass, slotSize, slotCount);
        } catch (OutOfMemoryError e) {
            // The system has less memory than the configuration promised; for a session that is the same as a full
            // store.
            budget.give(bytes);
            return null;
        }
        if (freeIds.isEmpty()) {
            highestId++;
            if (highestId > chunks.length) {
                chunks = Arrays.copyOf(chunks, chunks.length * 2);
                buffers = Arrays.copyOf(buffers, chunks.length);
            }
        } else {
            freeIds.removeAt(freeIds.size() - 1);
        }
        chunks[chunk.id()] = chunk;
        buffers[chunk.id()] = chunk.buffer();
        ChunkClass chunkClass = classes[sizeClass];
        chunkClass.add(chunk);
        chunkClass.freeSlots += slotCount;
        freeBytes += (long) slotSize * slotCount;
        if (sizeClass != LARGE) {
            chunkClass.offer(chunk);
        }
        return chunk;
    }

    private void release(SlabChunk chunk) {
        ChunkClass chunkClass = classes[chunk.sizeClass()];
        chunkClass.remove(chunk);
        chunkClass.freeSlots -= chunk.slotCount();
        freeBytes -= (long) chunk.slotSize() * chunk.slotCount();
        chunks[chunk.id()] = null;
        buffers[chunk.id()] = null;
        freeIds.addInt(chunk.id());
        budget.give(chunk.memoryBytes());
        chunk.release();
    }

    private SlabChunk chunk(long location) {
        SlabChunk chunk = chunks[id(location)];
        assert chunk != null : "location=" + location;
        return chunk;
    }

    private static int id(long location) {
        return (int) (location >>> 32);
    }

    // Costs at most 6 % of a large record; one that grows a little stays in place.
    private static int largeSize(int length) {
        return (int) Math.min(
                Integer.MAX_VALUE - 8L, ((long) length + LARGE_ROUNDING - 1) / LARGE_ROUNDING * LARGE_ROUNDING);
    }

    /** The chunks of one slot size. */
    private static final class ChunkClass {
        private final ArrayList<SlabChunk> chunks = new ArrayList<>();
        private final ArrayDeque<SlabChunk> offered = new ArrayDeque<>();
        private int freeSlots;
        private int liveSlots;
        private @Nullable SlabChunk emptying;

        void add(SlabChunk chunk) {
            chunk.place(chunks.size());
            chunks.add(chunk);
        }

        void remove(SlabChunk chunk) {
            SlabChunk last = chunks.remove(chunks.size() - 1);
            if (last != chunk) {
                chunks.set(chunk.place(), last);
                last.place(chunk.place());
            }
        }

        void offer(SlabChunk chunk) {
            if (!chunk.isOffered()) {
                chunk.isOffered(true);
                // In front: the memory just freed is what caches and TLB still know.
                offered.addFirst(chunk);
            }
        }

        /** A chunk with a free slot, or null. Chunks that became full or were released leave the list here. */
        @Nullable
        SlabChunk offered() {
            SlabChunk first = offered.peekFirst();
            while (first != null && (first.isReleased() || first == emptying || first.freeSlotCount() == 0)) {
                first.isOffered(false);
                offered.removeFirst();
                first = offered.peekFirst();
            }
            return first;
        }

        SlabChunk sparsest() {
            SlabChunk sparsest = chunks.get(0);
            for (int i = 1; i < chunks.size(); i++) {
                if (chunks.get(i).liveSlots() < sparsest.liveSlots()) {
                    sparsest = chunks.get(i);
                }
            }
            return sparsest;
        }

        boolean canEmpty(SlabChunk chunk) {
            return freeSlots - chunk.freeSlotCount() >= chunk.liveSlots();
        }
    }

    /** Learns that a record has moved. */
    @FunctionalInterface
    public interface Relocation {
        void onMoved(int owner, long location);
    }
}
