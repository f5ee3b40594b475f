package org.stoneware.api.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The changes one request made to a session, as a flyweight over a buffer.
 * <pre>
 * offset  length  field
 *      0       4  length of the delta, these 16 bytes included
 *      4       1  layout version, {@value #LAYOUT_VERSION}
 *      5       1  flags: 1 = take all attributes away before the entries are applied
 *      6       2  reserved, 0
 *      8       4  max inactive interval in seconds, or {@link #UNCHANGED}
 *     12       4  number of entries
 *     16       …  entries, see {@code AttributeEntries}
 * </pre>
 * All numbers little endian. <b>Threading:</b> one thread at a time. <b>Ownership:</b> never copies; valid as long as the
 * wrapped buffer is.
 */
public final class SessionDelta {
    public static final int LAYOUT_VERSION = 1;
    public static final int HEADER_LENGTH = 16;
    /** Value of {@link #maxInactiveIntervalSec()} when the request left it alone. */
    public static final int UNCHANGED = Integer.MIN_VALUE;

    static final int FLAG_CLEAR = 1;

    private DirectBuffer buffer = new ExpandableArrayBuffer(HEADER_LENGTH);
    private int offset;

    /** Points this flyweight at a delta known to be well formed. */
    public SessionDelta wrap(DirectBuffer buffer, int offset) {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** Says what is wrong with bytes from outside, or null when they are a well formed delta of exactly this length. */
    public static @Nullable String problem(DirectBuffer buffer, int offset, int length) {
        if (offset < 0
                || length < HEADER_LENGTH
                || length > buffer.capacity() - offset
                || buffer.getInt(offset, LITTLE_ENDIAN) != length) {
            return "delta length does not match: length=" + length;
        }
        if (buffer.getByte(offset + 4) != LAYOUT_VERSION) {
            return "unknown delta layout: version=" + buffer.getByte(offset + 4);
        }
        if ((buffer.getByte(offset + 5) & ~FLAG_CLEAR) != 0 || buffer.getShort(offset + 6, LITTLE_ENDIAN) != 0) {
            return "unknown delta flags: flags=" + buffer.getByte(offset + 5);
        }
        int count = buffer.getInt(offset + 12, LITTLE_ENDIAN);
        return count < 0
                ? "negative entry count"
                : AttributeEntries.problem(buffer, offset + HEADER_LENGTH, length - HEADER_LENGTH, count, true);
    }

    public DirectBuffer buffer() {
        return buffer;
    }

    public int offset() {
        return offset;
    }

    public int length() {
        return buffer.getInt(offset, LITTLE_ENDIAN);
    }

    public boolean clearsAttributes() {
        return (buffer.getByte(offset + 5) & FLAG_CLEAR) != 0;
    }

    public int maxInactiveIntervalSec() {
        return buffer.getInt(offset + 8, LITTLE_ENDIAN);
    }

    public int entryCount() {
        return buffer.getInt(offset + 12, LITTLE_ENDIAN);
    }

    public void forEach(AttributeVisitor visitor) {
        AttributeEntries.visit(buffer, offset + HEADER_LENGTH, entryCount(), visitor);
    }

    /**
     * Writes a delta into a growing buffer that can be used again.
     * <p>
     * <b>Threading:</b> one thread at a time.
     */
    public static final class Builder {
        private final MutableDirectBuffer buffer;
        private int limit;
        private int count;

        /** @param buffer grows as needed when it is expandable; written from offset 0. */
        public Builder(MutableDirectBuffer buffer) {
            this.buffer = buffer;
            reset();
        }

        public Builder reset() {
            limit = HEADER_LENGTH;
            count = 0;
            buffer.putByte(4, (byte) LAYOUT_VERSION);
            buffer.putByte(5, (byte) 0);
            buffer.putShort(6, (short) 0, LITTLE_ENDIAN);
            buffer.putInt(8, UNCHANGED, LITTLE_ENDIAN);
            return this;
        }

        public Builder clearAttributes() {
            buffer.putByte(5, (byte) FLAG_CLEAR);
            return this;
        }

        public Builder maxInactiveIntervalSec(int seconds) {
            buffer.putInt(8, seconds, LITTLE_ENDIAN);
            return this;
        }

        /**
         * Sets an attribute; of several entries for one attribute the last counts.
         *
         * @throws IllegalArgumentException when the name is over 65,535 bytes of UTF-8 or holds half a surrogate pair; the
         *     delta stays as it was.
         */
        public Builder put(AttributeKind kind, String name, DirectBuffer value, int valueOffset, int valueLength) {
            return entry(kind, AttributeEntries.OP_PUT, name, value, valueOffset, valueLength);
        }

        /**
         * Takes an attribute away.
         *
         * @throws IllegalArgumentException as {@link #put}.
         */
        public Builder remove(AttributeKind kind, String name) {
            return entry(kind, AttributeEntries.OP_REMOVE, name, buffer, 0, 0);
        }

        private Builder entry(
                AttributeKind kind, int operation, String name, DirectBuffer value, int valueOffset, int valueLength) {
            byte[] bytes = Utf8.encode(name, "attribute name");
            limit += AttributeEntries.write(buffer, limit, kind, operation, bytes, value, valueOffset, valueLength);
            count++;
            return this;
        }

        public boolean isEmpty() {
            return count == 0 && buffer.getByte(5) == 0 && buffer.getInt(8, LITTLE_ENDIAN) == UNCHANGED;
        }

        /** Finishes the delta and returns its length in bytes. */
        public int finish() {
            buffer.putInt(0, limit, LITTLE_ENDIAN);
            buffer.putInt(12, count, LITTLE_ENDIAN);
            return limit;
        }

        public DirectBuffer buffer() {
            return buffer;
        }
    }
}
