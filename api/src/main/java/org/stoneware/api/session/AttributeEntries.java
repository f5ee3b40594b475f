package org.stoneware.api.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

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
 * All numbers little endian. A removal has no value.
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
        if (valueLength < 0 || valueLength > Integer.MAX_VALUE - ENTRY_HEADER_LENGTH - MAX_NAME_LENGTH) {
            throw new IllegalArgumentException("attribute value has wrong length: length=" + valueLength);
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
        return sameBytes(a, aOffset + ENTRY_HEADER_LENGTH, b, bOffset + ENTRY_HEADER_LENGTH, length);
    }

    static boolean sameBytes(DirectBuffer a, int aOffset, DirectBuffer b, int bOffset, int length) {
        int last = length - Long.BYTES;
        for (int i = 0; i < last; i += Long.BYTES) {
            if (a.getLong(aOffset + i) != b.getLong(bOffset + i)) {
                return false;
            }
        }
        if (last >= 0) {
            // Overlaps what was compared: one step for up to seven.
            return a.getLong(aOffset + last) == b.getLong(bOffset + last);
        }
        for (int i = 0; i < length; i++) {
            if (a.getByte(aOffset + i) != b.getByte(bOffset + i)) {
                return false;
            }
        }
        return true;
    }

    /** Hash of kind and name, equal for entries that are {@link #sameName}. */
    static int nameHash(DirectBuffer buffer, int offset) {
        int length = nameLength(buffer, offset);
        long hash = SessionKey.fnv(buffer, offset + ENTRY_HEADER_LENGTH, length, kind(buffer, offset));
        return (int) SessionKey.mix(hash);
    }

    /**
     * Checks {@code count} entries that must fill {@code length} bytes exactly.
     *
     * @param mayRemove whether an entry may take an attribute away: in a delta, not in a record.
     * @return null when well formed, else what is wrong.
     */
    static @Nullable String problem(DirectBuffer buffer, int offset, int length, int count, boolean mayRemove) {
        int entry = offset;
        int end = offset + length;
        for (int i = 0; i < count; i++) {
            if (end - entry < ENTRY_HEADER_LENGTH) {
                return "attribute " + i + " truncated";
            }
            int entryLength = entryLength(buffer, entry);
            int nameLength = nameLength(buffer, entry);
            int valueLength = valueLength(buffer, entry);
            long needed = (long) ENTRY_HEADER_LENGTH + nameLength + valueLength;
            if (valueLength < 0 || needed != entryLength || entryLength > end - entry) {
                return "attribute " + i + " has wrong length " + entryLength;
            }
            int operation = operation(buffer, entry);
            if (operation != OP_PUT && !(operation == OP_REMOVE && mayRemove && valueLength == 0)) {
                return "attribute " + i + " has unknown or misplaced operation " + operation;
            }
            if (!AttributeKind.isCode(kind(buffer, entry))) {
                return "attribute " + i + " has unknown kind " + kind(buffer, entry);
            }
            if (!Utf8.isWellFormed(buffer, entry + ENTRY_HEADER_LENGTH, nameLength)) {
                return "attribute " + i + " has a name that is not UTF-8";
            }
            entry += entryLength;
        }
        return entry == end ? null : "bytes left after the last attribute";
    }
}
