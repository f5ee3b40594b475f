package org.stoneware.server.replication;

/**
 * What a part of the state amounts to after an entry: equal on replicas that hold the same.
 *
 * @param index     entry after which it was taken.
 * @param slotCount slots from {@code firstSlot} on; 0: everything that is not a session.
 * @param part      only sessions whose hash, without the bits of the slot, is this modulo {@code parts}.
 * @param parts     a power of two.
 * @param count     sessions or rows.
 * @param digest    sum of the hashes of sessions, in whatever order they lie; or a hash of the rows in their order.
 */
record StateDigest(long index, int firstSlot, int slotCount, int part, int parts, long count, long digest) {
    boolean isOfRows() {
        return slotCount == 0;
    }
}
