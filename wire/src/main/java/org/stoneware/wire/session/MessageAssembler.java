package org.stoneware.wire.session;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Puts the pieces {@link MessageSender} made together again.
 * <p>
 * <b>Threading:</b> the agent thread of the connection.
 * <p>
 * <b>Limits:</b> a message longer than {@code maxMessageLength} is refused at its first piece; memory is taken as pieces
 * arrive, not as a length is claimed.
 */
public final class MessageAssembler {
    private static final int FIRST_CAPACITY = 16 * 1024;
    /** A buffer larger than this is given back after its message. */
    private static final int KEPT_CAPACITY = 1024 * 1024;

    private final int maxMessageLength;
    private final UnsafeBuffer assembled = new UnsafeBuffer(new byte[0]);
    private int expectedLength;
    private int received;

    public MessageAssembler(int maxMessageLength) {
        this.maxMessageLength = maxMessageLength;
    }

    /**
     * Takes one frame; hands over the message when it is whole.
     *
     * @throws WireException when the pieces do not fit together: the connection can't be trusted any more.
     */
    public void onFrame(DirectBuffer buffer, int offset, int length, MessageHandler handler) {
        if (length <= FrameHeader.LENGTH) {
            throw new WireException("frame too short: length=" + length);
        }
        int flags = FrameHeader.flags(buffer, offset);
        int messageLength = FrameHeader.messageLength(buffer, offset);
        int piece = length - FrameHeader.LENGTH;
        if ((flags & ~(FrameHeader.BEGIN | FrameHeader.END)) != 0
                || messageLength < piece
                || messageLength > maxMessageLength) {
            throw new WireException("bad frame header: flags=" + flags + " messageLength=" + messageLength + " max="
                    + maxMessageLength);
        }
        boolean isFirst = (flags & FrameHeader.BEGIN) != 0;
        boolean isLast = (flags & FrameHeader.END) != 0;
        if (isFirst != (expectedLength == 0) || (!isFirst && messageLength != expectedLength)) {
            throw new WireException("piece out of place: flags=" + flags + " messageLength=" + messageLength
                    + " expectedLength=" + expectedLength + " received=" + received);
        }
        if (received + piece > messageLength || isLast != (received + piece == messageLength)) {
            throw new WireException("pieces do not add up: messageLength=" + messageLength + " received=" + received
                    + " piece=" + piece);
        }
        if (isFirst && isLast) {
            handler.onMessage(buffer, offset + FrameHeader.LENGTH, piece);
            return;
        }
        ensureCapacity(received + piece, messageLength);
        assembled.putBytes(received, buffer, offset + FrameHeader.LENGTH, piece);
        received += piece;
        expectedLength = messageLength;
        if (isLast) {
            expectedLength = 0;
            received = 0;
            handler.onMessage(assembled, 0, messageLength);
            if (assembled.capacity() > KEPT_CAPACITY) {
                assembled.wrap(new byte[0]);
            }
        }
    }

    /** Bytes of memory taken for messages that are not whole yet, or kept for the next. */
    public int heldBytes() {
        return assembled.capacity();
    }

    private void ensureCapacity(int needed, int messageLength) {
        if (needed <= assembled.capacity()) {
            return;
        }
        long doubled = Math.max(FIRST_CAPACITY, 2L * assembled.capacity());
        int capacity = (int) Math.min(Math.max(needed, messageLength), Math.max(needed, doubled));
        byte[] larger = new byte[capacity];
        assembled.getBytes(0, larger, 0, received);
        assembled.wrap(larger);
    }
}
