package org.stoneware.api.session;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Names one session of one web application: the session id a browser sends, and the application it belongs to.
 * <p>
 * Two applications may share an id (Tomcat does so for forwarded and cross-context requests); their sessions are different.
 * An application is named {@code host/context-path}, for example {@code localhost/shop}, so that all Tomcats of a cluster
 * name it alike.
 * <p>
 * <b>Threading:</b> immutable.
 * <p>
 * <b>Limits:</b> 1 to {@link #MAX_ID_LENGTH} bytes of id, at most {@link #MAX_APPLICATION_LENGTH} bytes of application, both
 * UTF-8. An id is untrusted input: use {@link #shortId()} in messages.
 * <p>
 * <b>Layout:</b> {@code encode} writes
 * <pre>
 * offset  length  field
 *      0       2  id length n (unsigned, little endian)
 *      2       2  application length m (unsigned, little endian)
 *      4       n  id
 *    4+n       m  application
 * </pre>
 */
public final class SessionKey {
    public static final int MAX_ID_LENGTH = 256;
    public static final int MAX_APPLICATION_LENGTH = 512;
    /** State is split by slot from the first day, so that agents and mirror groups can divide it later. */
    public static final int SLOT_COUNT = 4096;

    static final int HEADER_LENGTH = 4;

    private static final long FNV_BASIS = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    /** The id, then the application. */
    private final byte[] bytes;

    private final int idLength;
    private final long hash;

    private SessionKey(byte[] bytes, int idLength) {
        this.bytes = bytes;
        this.idLength = idLength;
        this.hash = mix(fnv(bytes, idLength));
    }

    /**
     * Makes a key.
     *
     * @throws IllegalArgumentException when the id is empty, either part is over its limit, or holds half a surrogate pair.
     */
    public static SessionKey of(String application, String id) {
        byte[] idBytes = Utf8.encode(id, "session id");
        byte[] applicationBytes = Utf8.encode(application, "application name");
        check(idBytes.length, applicationBytes.length);
        byte[] bytes = Arrays.copyOf(idBytes, idBytes.length + applicationBytes.length);
        System.arraycopy(applicationBytes, 0, bytes, idBytes.length, applicationBytes.length);
        return new SessionKey(bytes, idBytes.length);
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @param length bytes available at {@code offset}.
     * @throws IllegalArgumentException when the bytes are not a key.
     */
    public static SessionKey decode(DirectBuffer buffer, int offset, int length) {
        if (offset < 0 || length < HEADER_LENGTH || length > buffer.capacity() - offset) {
            throw new IllegalArgumentException("session key too short: length=" + length);
        }
        int idLength = buffer.getShort(offset, ByteOrder.LITTLE_ENDIAN) & 0xFFFF;
        int applicationLength = buffer.getShort(offset + 2, ByteOrder.LITTLE_ENDIAN) & 0xFFFF;
        check(idLength, applicationLength);
        if (HEADER_LENGTH + idLength + applicationLength > length) {
            throw new IllegalArgumentException("session key truncated: idLength=" + idLength + " applicationLength="
                    + applicationLength + " length=" + length);
        }
        // Each part by itself: a sequence cut in two by their border is no text.
        if (!Utf8.isWellFormed(buffer, offset + HEADER_LENGTH, idLength)
                || !Utf8.isWellFormed(buffer, offset + HEADER_LENGTH + idLength, applicationLength)) {
            throw new IllegalArgumentException("session key is not UTF-8");
        }
        return decodeParts(buffer, offset + HEADER_LENGTH, idLength, applicationLength);
    }

    static SessionKey decodeParts(DirectBuffer buffer, int offset, int idLength, int applicationLength) {
        byte[] bytes = new byte[idLength + applicationLength];
        buffer.getBytes(offset, bytes);
        return new SessionKey(bytes, idLength);
    }

    private static void check(int idLength, int applicationLength) {
        if (idLength < 1 || idLength > MAX_ID_LENGTH || applicationLength > MAX_APPLICATION_LENGTH) {
            throw new IllegalArgumentException(
                    "session key out of limits: idLength=" + idLength + " (1.." + MAX_ID_LENGTH + ") applicationLength="
                            + applicationLength + " (0.." + MAX_APPLICATION_LENGTH + ")");
        }
    }

    public String id() {
        return new String(bytes, 0, idLength, StandardCharsets.UTF_8);
    }

    public String application() {
        return new String(bytes, idLength, applicationLength(), StandardCharsets.UTF_8);
    }

    /** The first characters of the id, made printable: enough to find a session in a log, not enough to steal it. */
    public String shortId() {
        StringBuilder text = new StringBuilder(10);
        String whole = id();
        for (int i = 0; i < Math.min(8, whole.length()); i++) {
            char c = whole.charAt(i);
            text.append(c > ' ' && c < 0x7f ? c : '?');
        }
        return whole.length() > 8 ? text.append('~').toString() : text.toString();
    }

    /** Slot of this session, 0 to {@link #SLOT_COUNT} - 1; depends on the id alone. */
    public int slot() {
        return (int) (hash & (SLOT_COUNT - 1));
    }

    /** Well mixed 64-bit hash of the id. */
    public long hash64() {
        return hash;
    }

    public int idLength() {
        return idLength;
    }

    public int applicationLength() {
        return bytes.length - idLength;
    }

    /** Bytes {@link #encode} will write. */
    public int encodedLength() {
        return HEADER_LENGTH + bytes.length;
    }

    /** Writes this key and returns the bytes written. */
    public int encode(MutableDirectBuffer buffer, int offset) {
        buffer.putShort(offset, (short) idLength, ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(offset + 2, (short) applicationLength(), ByteOrder.LITTLE_ENDIAN);
        putParts(buffer, offset + HEADER_LENGTH);
        return encodedLength();
    }

    void putParts(MutableDirectBuffer buffer, int offset) {
        buffer.putBytes(offset, bytes);
    }

    /**
     * A second 64-bit hash, of id and application, independent of {@link #hash64()}: both together stand for a key whose bytes are not at
     * hand.
     */
    public long fingerprint64() {
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        return ByteHash.of(ByteHash.of(buffer, 0, idLength), ByteHash.of(buffer, idLength, applicationLength()));
    }

    /** {@link #hash64()} of a key whose id lies in a buffer, without making the key. */
    public static long hash64(DirectBuffer buffer, int idOffset, int idLength) {
        return mix(fnv(buffer, idOffset, idLength, 0));
    }

    /** True when the bytes of id and application, one behind the other, are those of this key. */
    boolean matches(DirectBuffer buffer, int offset, int idLength, int applicationLength) {
        return idLength == this.idLength
                && applicationLength == applicationLength()
                && sameBytes(bytes, buffer, offset);
    }

    private static boolean sameBytes(byte[] bytes, DirectBuffer buffer, int offset) {
        int last = bytes.length - Long.BYTES;
        for (int i = 0; i < last; i += Long.BYTES) {
            if ((long) LONGS.get(bytes, i) != buffer.getLong(offset + i)) {
                return false;
            }
        }
        if (last >= 0) {
            // Overlaps what was compared: one step for up to seven.
            return (long) LONGS.get(bytes, last) == buffer.getLong(offset + last);
        }
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != buffer.getByte(offset + i)) {
                return false;
            }
        }
        return true;
    }

    // FNV-1a, 64 bit (Fowler, Noll, Vo), finished with the mixer of SplitMix64 so that the low bits can choose a slot.
    private static long fnv(byte[] bytes, int length) {
        long value = FNV_BASIS;
        for (int i = 0; i < length; i++) {
            value = (value ^ (bytes[i] & 0xff)) * FNV_PRIME;
        }
        return value;
    }

    static long fnv(DirectBuffer buffer, int offset, int length, int seed) {
        long value = FNV_BASIS ^ ((long) seed << 32);
        for (int i = 0; i < length; i++) {
            value = (value ^ (buffer.getByte(offset + i) & 0xff)) * FNV_PRIME;
        }
        return value;
    }

    static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SessionKey key
                && hash == key.hash
                && idLength == key.idLength
                && Arrays.equals(bytes, key.bytes);
    }

    @Override
    public int hashCode() {
        int applicationHash = 1;
        for (int i = idLength; i < bytes.length; i++) {
            applicationHash = applicationHash * 31 + bytes[i];
        }
        return (int) (hash >>> 32) * 31 + applicationHash;
    }

    @Override
    public String toString() {
        return application() + '#' + shortId();
    }
}
