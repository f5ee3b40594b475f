package org.stoneware.api.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The run of attribute entries inside a {@link SessionRecord} or a {@link SessionDelta}.
 * <pre>
 * offset  length  field
 *      0       4  entry length, these 12 bytes included
 *      4       1  {@link AttributeKind} code
 *      5       1  operation: 0 put, 1 remove (in a record always 0)
 *      6       2  name length n (unsigned)
 *      8       4  value length m
 *     12       n  name, UTF-8
 *   12+n       m  value, opaque
 * </pre>
 * All numbers little endian.
 */
final class AttributeEntries {
    static final int ENTRY_HEADER_LENGTH = 12;
    static final int OP_PUT = 0;
    static final int OP_REMOVE = 1;
    static final int MAX_NAME_LENGTH = 0xFFFF;

    private AttributeEntries() {}

    static int entryLength(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset, LITTLE_ENDIAN);
    }

    static int kind(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset + 4);
    }

    static int operation(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset + 5);
    }

    static int nameLength(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + 6, LITTLE_ENDIAN) & 0xFFFF;
    }

    static int valueLength(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + 8, LITTLE_ENDIAN);
    }

    static int write(
            MutableDirectBuffer buffer,
            int offset,
            AttributeKind kind,
            int operation,
            byte[] name,
            DirectBuffer value,
            int valueOffset,
            int valueLength) {
        if (name.length > MAX_NAME_LENGTH) {
            throw new IllegalArgumentException(
                    "attribute name too long: length=" + name.length + " max=" + MAX_NAME_LENGTH);
        }
        int length = ENTRY_HEADER_LENGTH + name.length + valueLength;
        buffer.putInt(offset, length, LITTLE_ENDIAN);
        buffer.putByte(offset + 4, (byte) kind.code());
        buffer.putByte(offset + 5, (byte) operation);
        buffer.putShort(offset + 6, (short) name.length, LITTLE_ENDIAN);
        buffer.putInt(offset + 8, valueLength, LITTLE_ENDIAN);
        buffer.putBytes(offset + ENTRY_HEADER_LENGTH, name);
        buffer.putBytes(offset + ENTRY_HEADER_LENGTH + name.length, value, valueOffset, valueLength);
        return length;
    }

    static void visit(DirectBuffer buffer, int offset, int count, AttributeVisitor visitor) {
        int entry = offset;
        for (int i = 0; i < count; i++) {
            int nameLength = nameLength(buffer, entry);
            byte[] name = new byte[nameLength];
            buffer.getBytes(entry + ENTRY_HEADER_LENGTH, name);
            visitor.onAttribute(
                    AttributeKind.ofCode(kind(buffer, entry)),
                    new String(name, StandardCharsets.UTF_8),
                    operation(buffer, entry) == OP_REMOVE,
                    buffer,
                    entry + ENTRY_HEADER_LENGTH + nameLength,
                    valueLength(buffer, entry));
            entry += entryLength(buffer, entry);
        }
    }

    /** True when both entries name the same attribute of the same kind. */
    static boolean sameName(DirectBuffer a, int aOffset, DirectBuffer b, int bOffset) {
        int length = nameLength(a, aOffset);
        if (length != nameLength(b, bOffset) || kind(a, aOffset) != kind(b, bOffset)) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (a.getByte(aOffset + ENTRY_HEADER_LENGTH + i) != b.getByte(bOffset + ENTRY_HEADER_LENGTH + i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Checks {@code count} entries that must fill {@code length} bytes exactly.
     *
     * @return null when well formed, else what is wrong.
     */
    static @org.jspecify.annotations.Nullable String problem(DirectBuffer buffer, int offset, int length, int count) {
        int entry = offset;
        int end = offset + length;
        for (int i = 0; i < count; i++) {
            if (end - entry < ENTRY_HEADER_LENGTH) {
                return "attribute " + i + " truncated";
            }
            int entryLength = entryLength(buffer, entry);
            long needed = (long) ENTRY_HEADER_LENGTH + nameLength(buffer, entry) + valueLength(buffer, entry);
            int operation = operation(buffer, entry);
            int kind = kind(buffer, entry);
            if (valueLength(buffer, entry) < 0 || needed != entryLength || entryLength > end - entry) {
                return "attribute " + i + " has wrong length " + entryLength;
            }
            if (operation < OP_PUT || operation > OP_REMOVE || kind < 0 || kind >= AttributeKind.values().length) {
                return "attribute " + i + " has unknown operation or kind";
            }
            entry += entryLength;
        }
        return entry == end ? null : "bytes left after the last attribute";
    }
}
