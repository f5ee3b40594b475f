package org.stoneware.tomcat;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ConcurrentModificationException;
import java.util.Set;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.io.ExpandableDirectBufferOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Turns attribute values into bytes and back. The array never looks inside.
 * <pre>
 * offset  length  field
 *      0       1  form: 0 serialized by Java, 1 String, 2 Integer, 3 Long, 4 Boolean
 *      1       …  form 0: the serialization stream; 1: UTF-8; 2: 4 bytes; 3: 8 bytes; 4: 1 byte (little endian)
 * </pre>
 * The short forms spare the commonest attributes the cost of a serialization stream.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
final class AttributeCodec {
    static final int FORM_SERIALIZED = 0;
    static final int FORM_STRING = 1;
    static final int FORM_INTEGER = 2;
    static final int FORM_LONG = 3;
    static final int FORM_BOOLEAN = 4;

    /** Tries made for a value that other threads change while it is written. */
    static final int MAX_ATTEMPTS = 3;

    private static final Set<Class<?>> IMMUTABLE = Set.of(
            String.class,
            Integer.class,
            Long.class,
            Boolean.class,
            Short.class,
            Byte.class,
            Character.class,
            Float.class,
            Double.class,
            BigDecimal.class,
            BigInteger.class,
            UUID.class);

    private static final int MAX_NAME_BYTES = 0xFFFF;

    /** Opens an object stream that finds the classes of the web application. */
    @FunctionalInterface
    interface StreamOpener {
        ObjectInputStream open(ByteArrayInputStream bytes) throws IOException;
    }

    private final StreamOpener streams;

    AttributeCodec(StreamOpener streams) {
        this.streams = streams;
    }

    /** True for values that can't change in place, so that nobody needs to look. */
    static boolean isImmutable(Object value) {
        return IMMUTABLE.contains(value.getClass())
                || value instanceof Enum<?>
                || value.getClass().getName().startsWith("java.time.");
    }

    /**
     * Writes a value to the beginning of a buffer and returns its length.
     *
     * @throws NotSerializableException when it can never be written; so does an {@link java.io.InvalidClassException}.
     * @throws IOException              when it can't be written now, as while another thread changes it all the time.
     */
    int encode(Object value, ExpandableArrayBuffer buffer) throws NotSerializableException, IOException {
        if (value instanceof String text && hasNoSurrogates(text)) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            buffer.putByte(0, (byte) FORM_STRING);
            buffer.putBytes(1, bytes);
            return 1 + bytes.length;
        } else if (value instanceof Integer number) {
            buffer.putByte(0, (byte) FORM_INTEGER);
            buffer.putInt(1, number, LITTLE_ENDIAN);
            return 5;
        } else if (value instanceof Long number) {
            buffer.putByte(0, (byte) FORM_LONG);
            buffer.putLong(1, number, LITTLE_ENDIAN);
            return 9;
        } else if (value instanceof Boolean truth) {
            buffer.putByte(0, (byte) FORM_BOOLEAN);
            buffer.putByte(1, (byte) (truth ? 1 : 0));
            return 2;
        }
        return serialize(value, buffer);
    }

    private static int serialize(Object value, ExpandableArrayBuffer buffer) throws IOException {
        for (int attempt = 1; ; attempt++) {
            buffer.putByte(0, (byte) FORM_SERIALIZED);
            ExpandableDirectBufferOutputStream bytes = new ExpandableDirectBufferOutputStream(buffer, 1);
            try (ObjectOutputStream stream = new ObjectOutputStream(bytes)) {
                stream.writeObject(value);
                stream.flush();
                return 1 + bytes.position();
            } catch (ConcurrentModificationException e) {
                if (attempt == MAX_ATTEMPTS) {
                    throw new IOException("changed by another thread while it was written: attempts=" + attempt, e);
                }
            } catch (RuntimeException | LinkageError | StackOverflowError e) {
                // The value's own writeObject failed, or its graph is too deep; the next time it may not.
                throw new IOException("its serialization failed: " + e, e);
            }
        }
    }

    /** Why an attribute can't have that name in the array; null when it can. */
    static @Nullable String nameProblem(String name) {
        // UTF-8 takes three bytes at most for each char.
        if (name.length() > MAX_NAME_BYTES / 3 && name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
            return "name of session attribute too long: chars=" + name.length() + " maxBytes=" + MAX_NAME_BYTES;
        }
        return hasNoSurrogates(name) || StandardCharsets.UTF_8.newEncoder().canEncode(name)
                ? null
                : "name of session attribute has no UTF-8 form: half of a surrogate pair";
    }

    // A lone surrogate has no UTF-8 form; such rare strings take the long way.
    private static boolean hasNoSurrogates(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws IOException            when the bytes are of no known form, or damaged.
     * @throws ClassNotFoundException when the web application has no such class.
     */
    Object decode(byte[] bytes) throws IOException, ClassNotFoundException {
        int form = bytes.length == 0 ? -1 : bytes[0];
        DirectBuffer buffer = new org.agrona.concurrent.UnsafeBuffer(bytes);
        if (form == FORM_STRING) {
            return new String(bytes, 1, bytes.length - 1, StandardCharsets.UTF_8);
        } else if (form == FORM_INTEGER && bytes.length == 5) {
            return buffer.getInt(1, LITTLE_ENDIAN);
        } else if (form == FORM_LONG && bytes.length == 9) {
            return buffer.getLong(1, LITTLE_ENDIAN);
        } else if (form == FORM_BOOLEAN && bytes.length == 2) {
            return bytes[1] != 0;
        } else if (form != FORM_SERIALIZED) {
            throw new IOException("unknown form of an attribute value: form=" + form + " length=" + bytes.length);
        }
        try (ObjectInputStream stream = streams.open(new ByteArrayInputStream(bytes, 1, bytes.length - 1))) {
            return stream.readObject();
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            throw new IOException("its deserialization failed: " + e, e);
        }
    }

    /** Tells two serialized forms apart; 64 well mixed bits. */
    static long digest(DirectBuffer buffer, int offset, int length) {
        long digest = 0x9E3779B97F4A7C15L ^ length;
        int index = offset;
        int end = offset + length;
        for (; index + Long.BYTES <= end; index += Long.BYTES) {
            digest = mix(digest ^ buffer.getLong(index, LITTLE_ENDIAN));
        }
        for (; index < end; index++) {
            digest = mix(digest ^ (buffer.getByte(index) & 0xff));
        }
        return digest;
    }

    // The finalizer of SplitMix64.
    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
