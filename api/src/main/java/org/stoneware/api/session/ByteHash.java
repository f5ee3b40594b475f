package org.stoneware.api.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;

/**
 * A 64-bit hash of bytes, fast and the same on every machine; no protection against somebody who wants two contents to have the
 * same. Every step can be undone, so contents that differ in one word only never have the same hash.
 */
public final class ByteHash {
    private static final long WORD_FACTOR = 0x9e3779b97f4a7c15L;
    private static final long STATE_FACTOR = 0xd6e8feb86659fd93L;

    private ByteHash() {}

    public static long of(DirectBuffer buffer, int offset, int length) {
        long hash = length * STATE_FACTOR;
        int end = offset + length;
        int at = offset;
        for (; at <= end - Long.BYTES; at += Long.BYTES) {
            hash = step(hash, buffer.getLong(at, LITTLE_ENDIAN));
        }
        long rest = 0;
        for (int shift = 0; at < end; at++, shift += Byte.SIZE) {
            rest |= (buffer.getByte(at) & 0xFFL) << shift;
        }
        hash = step(hash, rest);
        hash = (hash ^ (hash >>> 32)) * STATE_FACTOR;
        return hash ^ (hash >>> 29);
    }

    /** Hash of two hashes, in this order. */
    public static long of(long first, long second) {
        return step(step(STATE_FACTOR, first), second);
    }

    private static long step(long hash, long word) {
        return Long.rotateLeft(hash ^ (word * WORD_FACTOR), 29) * STATE_FACTOR;
    }
}
