package org.stoneware.wire.figures;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.stoneware.wire.figures.codec.MessageHeaderDecoder;
import org.stoneware.wire.figures.codec.MessageHeaderEncoder;
import org.stoneware.wire.figures.codec.ServerFiguresDecoder;
import org.stoneware.wire.figures.codec.ServerFiguresEncoder;
import org.stoneware.wire.session.WireException;

/**
 * What a server tells the others of itself, for people; nothing is decided on it.
 *
 * @param wallMs      its wall clock.
 * @param uptimeMs    milliseconds since it began to start.
 * @param sessions    sessions its store holds.
 * @param storageMode mode of its store; at most {@value #MAX_MODE_LENGTH} characters of printable ASCII.
 */
public record ServerFigures(long wallMs, long uptimeMs, long sessions, String storageMode) {
    /** Room for the message. */
    public static final int MAX_MESSAGE_LENGTH = 128;

    private static final int SCHEMA_ID = 907;
    private static final int SCHEMA_VERSION = 1;
    private static final int MAX_MODE_LENGTH = 64;
    private static final int SCHEMA_ID_OFFSET = 4;
    private static final int TEXT_OFFSET =
            MessageHeaderDecoder.ENCODED_LENGTH + ServerFiguresDecoder.BLOCK_LENGTH + Short.BYTES;

    /** True for a message of this schema, which the election's never are: those have zero where this has its number. */
    public static boolean isFigures(DirectBuffer buffer, int offset, int length) {
        return length >= MessageHeaderDecoder.ENCODED_LENGTH
                && (buffer.getShort(offset + SCHEMA_ID_OFFSET, ByteOrder.LITTLE_ENDIAN) & 0xFFFF) == SCHEMA_ID
                && buffer.getShort(offset + Short.BYTES, ByteOrder.LITTLE_ENDIAN) == ServerFiguresDecoder.TEMPLATE_ID;
    }

    /** @return bytes written from offset 0 of {@code out}. */
    public int encode(MutableDirectBuffer out) {
        byte[] mode = printable(storageMode).getBytes(StandardCharsets.US_ASCII);
        ServerFiguresEncoder encoder = new ServerFiguresEncoder();
        encoder.wrapAndApplyHeader(out, 0, new MessageHeaderEncoder())
                .wallMs(wallMs)
                .uptimeMs(uptimeMs)
                .sessions(sessions)
                .putStorageMode(mode, 0, mode.length);
        return MessageHeaderEncoder.ENCODED_LENGTH + encoder.encodedLength();
    }

    /** @throws WireException for bytes that are no such message. */
    public static ServerFigures decode(DirectBuffer buffer, int offset, int length) {
        MessageHeaderDecoder header = new MessageHeaderDecoder();
        if (length < TEXT_OFFSET || length > MAX_MESSAGE_LENGTH) {
            throw new WireException("bad figures: length=" + length);
        }
        header.wrap(buffer, offset);
        int textLength = buffer.getShort(offset + TEXT_OFFSET - Short.BYTES, ByteOrder.LITTLE_ENDIAN) & 0xFFFF;
        if (header.schemaId() != SCHEMA_ID
                || header.version() != SCHEMA_VERSION
                || header.templateId() != ServerFiguresDecoder.TEMPLATE_ID
                || header.blockLength() != ServerFiguresDecoder.BLOCK_LENGTH
                || textLength > MAX_MODE_LENGTH
                || textLength != length - TEXT_OFFSET) {
            throw new WireException("bad figures: schemaId=" + header.schemaId() + " version=" + header.version()
                    + " template=" + header.templateId() + " length=" + length);
        }
        byte[] mode = new byte[textLength];
        buffer.getBytes(offset + TEXT_OFFSET, mode);
        ServerFiguresDecoder decoder = new ServerFiguresDecoder().wrapAndApplyHeader(buffer, offset, header);
        return new ServerFigures(
                decoder.wallMs(),
                decoder.uptimeMs(),
                decoder.sessions(),
                printable(new String(mode, StandardCharsets.US_ASCII)));
    }

    private static String printable(String text) {
        String plain = text.replaceAll("[^ -~]", "?");
        return plain.length() > MAX_MODE_LENGTH ? plain.substring(0, MAX_MODE_LENGTH) : plain;
    }
}
