package org.stoneware.api.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A whole session as it is stored and sent, a flyweight over a buffer.
 * <pre>
 * offset  length  field
 *      0       4  length of the record, these 64 bytes included
 *      4       1  layout version, {@value #LAYOUT_VERSION}
 *      5       1  flags, 0
 *      6       2  reserved, 0
 *      8       8  version, rises with every change
 *     16       8  epoch of the last change
 *     24       8  log index of the last change
 *     32       8  creation time, ms of log time
 *     40       8  last access, ms of log time
 *     48       4  max inactive interval in seconds; 0 or less: never expires
 *     52       4  number of attributes
 *     56       2  id length n (unsigned)
 *     58       2  application length m (unsigned)
 *     60       4  length of the attribute entries
 *     64       n  id
 *   64+n       m  application
 * 64+n+m       …  attributes, see {@code AttributeEntries}
 * </pre>
 * All numbers little endian. <b>Threading:</b> one thread at a time. <b>Ownership:</b> never copies; valid as long as the
 * wrapped buffer is.
 */
public final class SessionRecord {
    public static final int LAYOUT_VERSION = 1;
    public static final int HEADER_LENGTH = 64;

    private static final int CREATION_OFFSET = 32;
    private static final int LAST_ACCESS_OFFSET = 40;

    private DirectBuffer buffer = new ExpandableArrayBuffer(HEADER_LENGTH);
    private int offset;

    /** Points this flyweight at a record known to be well formed. */
    public SessionRecord wrap(DirectBuffer buffer, int offset) {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** Says what is wrong with bytes from outside, or null when they are a well formed record of exactly this length. */
    public static @Nullable String problem(DirectBuffer buffer, int offset, int length) {
        if (offset < 0
                || length < HEADER_LENGTH
                || length > buffer.capacity() - offset
                || buffer.getInt(offset, LITTLE_ENDIAN) != length) {
            return "record length does not match: length=" + length;
        }
        if (buffer.getByte(offset + 4) != LAYOUT_VERSION) {
            return "unknown record layout: version=" + buffer.getByte(offset + 4);
        }
        if (buffer.getByte(offset + 5) != 0 || buffer.getShort(offset + 6, LITTLE_ENDIAN) != 0) {
            return "unknown record flags: flags=" + buffer.getByte(offset + 5);
        }
        int idLength = buffer.getShort(offset + 56, LITTLE_ENDIAN) & 0xFFFF;
        int applicationLength = buffer.getShort(offset + 58, LITTLE_ENDIAN) & 0xFFFF;
        int attributesLength = buffer.getInt(offset + 60, LITTLE_ENDIAN);
        int count = buffer.getInt(offset + 52, LITTLE_ENDIAN);
        if (idLength < 1
                || idLength > SessionKey.MAX_ID_LENGTH
                || applicationLength > SessionKey.MAX_APPLICATION_LENGTH
                || attributesLength < 0
                || count < 0
                || (long) HEADER_LENGTH + idLength + applicationLength + attributesLength != length) {
            return "record fields do not add up: length=" + length;
        }
        if (!Utf8.isWellFormed(buffer, offset + HEADER_LENGTH, idLength)
                || !Utf8.isWellFormed(buffer, offset + HEADER_LENGTH + idLength, applicationLength)) {
            return "session key is not UTF-8";
        }
        return AttributeEntries.problem(
                buffer, offset + HEADER_LENGTH + idLength + applicationLength, attributesLength, count, false);
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

    public long version() {
        return buffer.getLong(offset + 8, LITTLE_ENDIAN);
    }

    /** Sets the version of a record somebody else's names are to be put in. */
    public static void version(MutableDirectBuffer buffer, int recordOffset, long version) {
        buffer.putLong(recordOffset + 8, version, LITTLE_ENDIAN);
    }

    public long lastEpoch() {
        return buffer.getLong(offset + 16, LITTLE_ENDIAN);
    }

    public long lastIndex() {
        return buffer.getLong(offset + 24, LITTLE_ENDIAN);
    }

    public long creationTimeMs() {
        return buffer.getLong(offset + 32, LITTLE_ENDIAN);
    }

    public long lastAccessedTimeMs() {
        return buffer.getLong(offset + LAST_ACCESS_OFFSET, LITTLE_ENDIAN);
    }

    /** Seconds; 0 or less means the session never expires. */
    public int maxInactiveIntervalSec() {
        return buffer.getInt(offset + 48, LITTLE_ENDIAN);
    }

    public int attributeCount() {
        return buffer.getInt(offset + 52, LITTLE_ENDIAN);
    }

    private int idLength() {
        return buffer.getShort(offset + 56, LITTLE_ENDIAN) & 0xFFFF;
    }

    private int applicationLength() {
        return buffer.getShort(offset + 58, LITTLE_ENDIAN) & 0xFFFF;
    }

    public int attributesLength() {
        return buffer.getInt(offset + 60, LITTLE_ENDIAN);
    }

    /** Offset of the first attribute entry in {@link #buffer()}. */
    public int attributesOffset() {
        return offset + HEADER_LENGTH + idLength() + applicationLength();
    }

    public SessionKey key() {
        return SessionKey.decodeParts(buffer, offset + HEADER_LENGTH, idLength(), applicationLength());
    }

    /** {@link SessionKey#hash64()} of {@link #key()}, without making the key. */
    public long keyHash64() {
        return SessionKey.hash64(buffer, offset + HEADER_LENGTH, idLength());
    }

    /** {@link SessionKey#fingerprint64()} of {@link #key()}, without making the key. */
    public long keyFingerprint64() {
        int idLength = idLength();
        return ByteHash.of(
                ByteHash.of(buffer, offset + HEADER_LENGTH, idLength),
                ByteHash.of(buffer, offset + HEADER_LENGTH + idLength, applicationLength()));
    }

    /** True when {@link #key()} equals the key given, without making the key. */
    public boolean hasKey(SessionKey key) {
        return key.matches(buffer, offset + HEADER_LENGTH, idLength(), applicationLength());
    }

    /** True when both records belong to the same session. */
    public boolean hasKeyOf(SessionRecord other) {
        int idLength = idLength();
        int applicationLength = applicationLength();
        return idLength == other.idLength()
                && applicationLength == other.applicationLength()
                && AttributeEntries.sameBytes(
                        buffer,
                        offset + HEADER_LENGTH,
                        other.buffer,
                        other.offset + HEADER_LENGTH,
                        idLength + applicationLength);
    }

    /** True when both hold the same attributes in the same order and live equally long unused: all but key, times and numbers. */
    public boolean hasSameContent(SessionRecord other) {
        int length = attributesLength();
        return length == other.attributesLength()
                && attributeCount() == other.attributeCount()
                && maxInactiveIntervalSec() == other.maxInactiveIntervalSec()
                && AttributeEntries.sameBytes(
                        buffer, attributesOffset(), other.buffer, other.attributesOffset(), length);
    }

    /**
     * Hash of the whole record but its last access, which a touch moves without anybody reading the record; see {@link #digest(long, long)}.
     */
    public long contentHash() {
        int restOffset = offset + LAST_ACCESS_OFFSET + Long.BYTES;
        return ByteHash.of(
                ByteHash.of(buffer, offset, LAST_ACCESS_OFFSET),
                ByteHash.of(buffer, restOffset, offset + length() - restOffset));
    }

    /** What stands for a whole session when two copies are compared: its {@link #contentHash} and its last access. */
    public static long digest(long contentHash, long lastAccessedTimeMs) {
        return ByteHash.of(contentHash, lastAccessedTimeMs);
    }

    public void forEach(AttributeVisitor visitor) {
        AttributeEntries.visit(buffer, attributesOffset(), attributeCount(), visitor);
    }

    /** Upper bound of the bytes {@link #write} needs; {@link Integer#MAX_VALUE} when no buffer can hold so many. */
    public static int maxLength(SessionKey key, @Nullable SessionRecord base, SessionDelta delta) {
        long kept = base == null || delta.clearsAttributes() ? 0 : base.attributesLength();
        long length = HEADER_LENGTH + (long) key.idLength() + key.applicationLength() + kept + delta.length();
        return (int) Math.min(length, Integer.MAX_VALUE);
    }

    /**
     * Writes the record that results from applying a delta. Attributes left alone keep their order, changed ones follow in the
     * order of the delta; of several entries for one attribute the last counts.
     *
     * @param base  the session before the change, or null when the delta creates it; must not overlap {@code out}. Its last
     *              access never moves backward.
     * @param creationTimeMs used only when {@code base} is null.
     * @return bytes written, at most {@link #maxLength}.
     */
    public static int write(
            MutableDirectBuffer out,
            int outOffset,
            SessionKey key,
            @Nullable SessionRecord base,
            SessionDelta delta,
            RecordStamp stamp,
            long creationTimeMs) {
        int attributesOffset = outOffset + HEADER_LENGTH + key.idLength() + key.applicationLength();
        key.putParts(out, outOffset + HEADER_LENGTH);
        DeltaNames names = new DeltaNames(delta);
        long kept = 0;
        if (base != null && !delta.clearsAttributes()) {
            kept = copyKept(out, attributesOffset, base, names);
        }
        int limit = attributesOffset + (int) kept;
        long added = copyAdded(out, limit, delta, names);
        limit += (int) added;
        long lastAccessedTimeMs = stamp.lastAccessedTimeMs();
        int interval = delta.maxInactiveIntervalSec();
        if (base != null) {
            lastAccessedTimeMs = Math.max(lastAccessedTimeMs, base.lastAccessedTimeMs());
        }
        if (interval == SessionDelta.UNCHANGED) {
            interval = base == null ? 0 : base.maxInactiveIntervalSec();
        }
        out.putInt(outOffset, limit - outOffset, LITTLE_ENDIAN);
        out.putByte(outOffset + 4, (byte) LAYOUT_VERSION);
        out.putByte(outOffset + 5, (byte) 0);
        out.putShort(outOffset + 6, (short) 0, LITTLE_ENDIAN);
        out.putLong(outOffset + 8, stamp.version(), LITTLE_ENDIAN);
        out.putLong(outOffset + 16, stamp.epoch(), LITTLE_ENDIAN);
        out.putLong(outOffset + 24, stamp.index(), LITTLE_ENDIAN);
        out.putLong(outOffset + 32, base == null ? creationTimeMs : base.creationTimeMs(), LITTLE_ENDIAN);
        out.putLong(outOffset + LAST_ACCESS_OFFSET, lastAccessedTimeMs, LITTLE_ENDIAN);
        out.putInt(outOffset + 48, interval, LITTLE_ENDIAN);
        out.putInt(outOffset + 52, (int) (kept >>> 32) + (int) (added >>> 32), LITTLE_ENDIAN);
        out.putShort(outOffset + 56, (short) key.idLength(), LITTLE_ENDIAN);
        out.putShort(outOffset + 58, (short) key.applicationLength(), LITTLE_ENDIAN);
        out.putInt(outOffset + 60, limit - attributesOffset, LITTLE_ENDIAN);
        return limit - outOffset;
    }

    /** Sets the last access of a record in place, as a touch does. */
    public static void lastAccessedTimeMs(MutableDirectBuffer buffer, int recordOffset, long lastAccessedTimeMs) {
        buffer.putLong(recordOffset + LAST_ACCESS_OFFSET, lastAccessedTimeMs, LITTLE_ENDIAN);
    }

    /** Sets the creation time of a record in place, for one whose times were told by another server. */
    public static void creationTimeMs(MutableDirectBuffer buffer, int recordOffset, long creationTimeMs) {
        buffer.putLong(recordOffset + CREATION_OFFSET, creationTimeMs, LITTLE_ENDIAN);
    }

    /** Copies the attributes the delta does not name; returns their number (high half) and their bytes (low half). */
    private static long copyKept(MutableDirectBuffer out, int outOffset, SessionRecord base, DeltaNames names) {
        int limit = outOffset;
        int count = 0;
        int entry = base.attributesOffset();
        int attributes = base.attributeCount();
        for (int i = 0; i < attributes; i++) {
            int length = AttributeEntries.entryLength(base.buffer, entry);
            if (names.lastEntryFor(base.buffer, entry) == DeltaNames.NOT_NAMED) {
                out.putBytes(limit, base.buffer, entry, length);
                limit += length;
                count++;
            }
            entry += length;
        }
        return ((long) count << 32) | (limit - outOffset);
    }

    /** Copies the attributes the delta puts; returns as {@link #copyKept}. */
    private static long copyAdded(MutableDirectBuffer out, int outOffset, SessionDelta delta, DeltaNames names) {
        int limit = outOffset;
        int count = 0;
        int entry = delta.offset() + SessionDelta.HEADER_LENGTH;
        int entries = delta.entryCount();
        for (int i = 0; i < entries; i++) {
            int length = AttributeEntries.entryLength(delta.buffer(), entry);
            if (AttributeEntries.operation(delta.buffer(), entry) == AttributeEntries.OP_PUT
                    && names.lastEntryFor(delta.buffer(), entry) == entry) {
                out.putBytes(limit, delta.buffer(), entry, length);
                limit += length;
                count++;
            }
            entry += length;
        }
        return ((long) count << 32) | (limit - outOffset);
    }
}
