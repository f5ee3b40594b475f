package org.stoneware.storage.slab;

import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A piece of memory outside the heap, cut into slots of one size. Each slot knows the index entry that owns it, so that its
 * record can be moved.
 * <p>
 * After {@link #release} the buffer has no bytes: a view kept too long fails its bounds check instead of reading freed memory.
 */
final class SlabChunk {
    /** What {@link #ownerOfSlot} says of a free slot. */
    static final int NO_OWNER = -1;

    /** Objects and array headers beside the slots, rounded up. */
    private static final int OVERHEAD_BYTES = 192;

    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    private final int id;
    private final int sizeClass;
    private final int slotSize;
    /** Per slot the owner, or of a free slot {@code -2 - next}, which chains the free slots; {@code -1} ends the chain. */
    private final int[] owners;

    private final long address;
    private int firstFree;
    private int liveSlots;
    private boolean isOffered;
    private boolean isReleased;
    private int place;

    /** @throws OutOfMemoryError when the system has no memory. */
    SlabChunk(int id, int sizeClass, int slotSize, int slotCount) {
        this.id = id;
        this.sizeClass = sizeClass;
        this.slotSize = slotSize;
        owners = new int[slotCount];
        for (int slot = 0; slot < slotCount; slot++) {
            owners[slot] = slot + 1 == slotCount ? NO_OWNER : -2 - (slot + 1);
        }
        address = UnsafeApi.allocateMemory((long) slotSize * slotCount);
        buffer.wrap(address, slotSize * slotCount);
    }

    static long memoryBytes(int slotSize, int slotCount) {
        return (long) slotSize * slotCount + (long) Integer.BYTES * slotCount + OVERHEAD_BYTES;
    }

    long memoryBytes() {
        return memoryBytes(slotSize, owners.length);
    }

    int id() {
        return id;
    }

    int sizeClass() {
        return sizeClass;
    }

    int slotSize() {
        return slotSize;
    }

    int slotCount() {
        return owners.length;
    }

    int liveSlots() {
        return liveSlots;
    }

    int freeSlotCount() {
        return owners.length - liveSlots;
    }

    UnsafeBuffer buffer() {
        return buffer;
    }

    /** Whether this chunk stands in the list of its class from which slots are taken. */
    boolean isOffered() {
        return isOffered;
    }

    void isOffered(boolean isOffered) {
        this.isOffered = isOffered;
    }

    /** Where this chunk stands in the list of its class. */
    int place() {
        return place;
    }

    void place(int place) {
        this.place = place;
    }

    boolean isReleased() {
        return isReleased;
    }

    /** Gives a free slot to an owner and returns its offset. */
    int take(int owner) {
        assert owner >= 0 : "owner=" + owner;
        int slot = firstFree;
        firstFree = owners[slot] == NO_OWNER ? NO_OWNER : -2 - owners[slot];
        liveSlots++;
        owners[slot] = owner;
        return slot * slotSize;
    }

    void free(int offset) {
        int slot = offset / slotSize;
        assert owners[slot] >= 0 : "slot freed twice: slot=" + slot;
        owners[slot] = firstFree == NO_OWNER ? NO_OWNER : -2 - firstFree;
        firstFree = slot;
        liveSlots--;
    }

    void owner(int offset, int owner) {
        owners[offset / slotSize] = owner;
    }

    /** Owner of a slot by number, or {@link #NO_OWNER}. */
    int ownerOfSlot(int slot) {
        return Math.max(owners[slot], NO_OWNER);
    }

    void release() {
        if (!isReleased) {
            isReleased = true;
            buffer.wrap(0, 0);
            UnsafeApi.freeMemory(address);
        }
    }
}
