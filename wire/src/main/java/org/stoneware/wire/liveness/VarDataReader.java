package org.stoneware.wire.liveness;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads the variable part of a message, checking each length against the message and the field's limit before it is believed.
 * The generated decoders trust lengths and would allocate what a stranger asks for, so they read only the fixed part.
 */
final class VarDataReader {
    private static final int SHORT_LENGTH = Short.BYTES;
    private static final int GROUP_DIMENSION_LENGTH = 2 * Short.BYTES;

    private final CharsetDecoder utf8 = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private DirectBuffer buffer = new UnsafeBuffer(0, 0);
    private int offset;
    private int endOffset;

    /** @param endOffset first byte behind the message. */
    void wrap(DirectBuffer buffer, int offset, int endOffset) {
        this.buffer = buffer;
        this.offset = offset;
        this.endOffset = endOffset;
    }

    /** Reads the dimension of a group whose entries have no fixed part. */
    int groupCount(String group, int maxCount) throws MalformedFrameException {
        need(group, GROUP_DIMENSION_LENGTH);
        int blockLength = unsignedShort(offset);
        int count = unsignedShort(offset + SHORT_LENGTH);
        if (blockLength != 0 || count > maxCount) {
            throw new MalformedFrameException(
                    "bad group " + group + ": blockLength=" + blockLength + " count=" + count);
        }
        offset += GROUP_DIMENSION_LENGTH;
        return count;
    }

    /** Reads text of at most {@code maxLength} bytes: well-formed UTF-8 without control characters. */
    String text(String field, int maxLength) throws MalformedFrameException {
        String text;
        try {
            text = utf8.decode(ByteBuffer.wrap(bytes(field, maxLength))).toString();
        } catch (CharacterCodingException e) {
            throw new MalformedFrameException("not UTF-8: field=" + field);
        }
        if (LivenessText.hasControlCharacter(text)) {
            throw new MalformedFrameException("control character: field=" + field);
        }
        return text;
    }

    byte[] bytes(String field, int maxLength) throws MalformedFrameException {
        need(field, SHORT_LENGTH);
        int length = unsignedShort(offset);
        if (length > maxLength) {
            throw new MalformedFrameException("too long: field=" + field + " length=" + length + " max=" + maxLength);
        }
        need(field, SHORT_LENGTH + length);
        byte[] bytes = new byte[length];
        buffer.getBytes(offset + SHORT_LENGTH, bytes);
        offset += SHORT_LENGTH + length;
        return bytes;
    }

    /** Reads the length of a payload that must reach to the end of the message; the payload begins at {@link #offset()}. */
    int payloadLength(int maxLength) throws MalformedFrameException {
        need("content", Integer.BYTES);
        long length = buffer.getInt(offset, LITTLE_ENDIAN) & 0xFFFF_FFFFL;
        if (length > maxLength || length != endOffset - offset - Integer.BYTES) {
            throw new MalformedFrameException("bad payload: length=" + length);
        }
        offset += Integer.BYTES;
        return (int) length;
    }

    int offset() {
        return offset;
    }

    /** Checks that nothing is left over. */
    void end() throws MalformedFrameException {
        if (offset != endOffset) {
            throw new MalformedFrameException("bytes left over: length=" + (endOffset - offset));
        }
    }

    private int unsignedShort(int at) {
        return buffer.getShort(at, LITTLE_ENDIAN) & 0xFFFF;
    }

    private void need(String field, int length) throws MalformedFrameException {
        if (endOffset - offset < length) {
            throw new MalformedFrameException("message ends early: field=" + field);
        }
    }
}
