package org.stoneware.tomcat;

import java.io.IOException;
import java.io.Serializable;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One attribute of a session: the bytes the array holds until somebody asks for the value, the value afterwards.
 * <p>
 * <b>Threading:</b> callable from any thread; decoding happens once, under this object's monitor.
 */
final class AttributeSlot {
    private static final long NO_DIGEST = 0;

    private byte @Nullable [] bytes;
    private volatile @Nullable Object value;
    /** Of the form the array holds, to notice changes made in place. */
    private long digest = NO_DIGEST;

    private volatile int encodedLength;

    private volatile boolean isQuarantined;
    private volatile boolean isLocal;
    /** The application holds a reference and may change the value without telling. */
    private volatile boolean isExposed;

    /** The value is from another Tomcat, wants to be told that it is here now, and has not been. */
    private volatile boolean awaitsActivation;

    private boolean isActivating;

    private AttributeSlot() {}

    static AttributeSlot ofBytes(byte[] bytes) {
        AttributeSlot slot = new AttributeSlot();
        slot.bytes = bytes;
        slot.encodedLength = bytes.length;
        return slot;
    }

    static AttributeSlot ofValue(Object value) {
        AttributeSlot slot = new AttributeSlot();
        slot.value = value;
        slot.isExposed = true;
        return slot;
    }

    /** The value, decoded at the first call; null when it can't be. */
    @Nullable
    Object value(AttributeCodec codec, AttributeReports reports, String name) {
        Object current = value;
        if (current == null && !isQuarantined) {
            current = decode(codec, reports, name);
        }
        isExposed = true;
        return current;
    }

    private synchronized @Nullable Object decode(AttributeCodec codec, AttributeReports reports, String name) {
        byte[] encoded = bytes;
        if (value != null || isQuarantined || encoded == null) {
            return value;
        }
        try {
            Object decoded = codec.decode(encoded);
            digest = AttributeCodec.digest(new UnsafeBuffer(encoded), 0, encoded.length);
            // Before the value can be seen.
            awaitsActivation = Activation.isWanted(decoded);
            value = decoded;
            bytes = null;
            return decoded;
        } catch (IOException | ClassNotFoundException e) {
            // The bytes stay as they are, here and in the array: another version of the application may read them.
            isQuarantined = true;
            reports.quarantined(name, e);
            return null;
        }
    }

    /**
     * Writes the value to the beginning of a buffer and returns its length. Holds no monitor meanwhile: code of the application may wait
     * there for a thread that wants this very value.
     */
    int encode(AttributeCodec codec, ExpandableArrayBuffer buffer) throws IOException {
        Object current = value;
        if (current != null) {
            return codec.encode(current, buffer);
        }
        synchronized (this) {
            byte[] encoded = bytes == null ? new byte[0] : bytes;
            buffer.putBytes(0, encoded);
            return encoded.length;
        }
    }

    /** The array holds this form of the value. */
    synchronized void held(long digest, int length) {
        this.digest = digest;
        isLocal = false;
        encodedLength = length;
    }

    /** Length of the form the array holds, as far as it is known here. */
    int encodedLength() {
        return encodedLength;
    }

    boolean awaitsActivation() {
        return awaitsActivation;
    }

    /** True for the first caller. Called one at a time. */
    boolean beginActivation() {
        boolean isFirst = awaitsActivation && !isActivating;
        isActivating = true;
        return isFirst;
    }

    void activated() {
        awaitsActivation = false;
    }

    /** The value once it is decoded; exposes nothing. */
    @Nullable
    Object decodedValue() {
        return value;
    }

    /** True when the application has had the value in hands since nobody used the session. */
    boolean isExposed() {
        return isExposed;
    }

    /** True when the value can have changed in place, so that the array should hold another one. */
    boolean mayHaveChanged() {
        Object current = value;
        // What can't be serialized because of something in it may be rid of that.
        return current != null && !AttributeCodec.isImmutable(current) && (!isLocal || current instanceof Serializable);
    }

    /** True when this slot shows what {@code encoded} holds, so that the object the application knows can stay. */
    synchronized boolean shows(byte[] encoded) {
        return value != null
                && !isLocal
                && digest == AttributeCodec.digest(new UnsafeBuffer(encoded), 0, encoded.length);
    }

    /** The value may have been changed in place since the array was told of it: the next form that comes from there replaces it. */
    synchronized void distrust() {
        digest = NO_DIGEST;
    }

    synchronized long digest() {
        return digest;
    }

    boolean isQuarantined() {
        return isQuarantined;
    }

    /** True when the array does not hold this attribute because it can't be serialized, or must not leave this Tomcat. */
    boolean isLocal() {
        return isLocal;
    }

    void keepLocal() {
        isLocal = true;
        digest = NO_DIGEST;
    }

    void notExposed() {
        isExposed = false;
    }
}
