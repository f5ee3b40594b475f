package org.stoneware.wire.session;

import java.util.ArrayDeque;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.FrameClaim;

/**
 * Sends messages of any length over a connection that takes frames: in pieces where needed, in order, without ever waiting.
 * What the connection has no room for is copied into a bounded backlog and sent by {@link #doWork}.
 * <p>
 * <b>Threading:</b> the agent thread of the connection.
 * <p>
 * <b>Limits:</b> {@code maxBacklogBytes} of messages waiting; one message is always taken, however large.
 */
public final class MessageSender {
    private final Connection connection;
    private final long maxBacklogBytes;
    private final FrameClaim claim = new FrameClaim();
    private final ArrayDeque<byte[]> backlog = new ArrayDeque<>();
    private final UnsafeBuffer backlogHead = new UnsafeBuffer(new byte[0]);
    private long backlogBytes;
    private int headSent;

    public MessageSender(Connection connection, long maxBacklogBytes) {
        this.connection = connection;
        this.maxBacklogBytes = maxBacklogBytes;
    }

    /**
     * Sends a message, or keeps a copy to send it later.
     * <p>
     * <b>Ownership:</b> {@code buffer} is a view valid until this call returns.
     *
     * @return false when the backlog is full or the connection is closed: the message is not sent, and the connection has lost
     *     its use.
     */
    public boolean send(DirectBuffer buffer, int offset, int length) {
        int sent = 0;
        if (backlog.isEmpty()) {
            sent = sendPieces(buffer, offset, length, 0);
            if (sent == length) {
                return true;
            }
            if (sent < 0) {
                return false;
            }
        } else if (backlogBytes + length > maxBacklogBytes) {
            return false;
        }
        byte[] copy = new byte[length];
        buffer.getBytes(offset, copy);
        if (backlog.isEmpty()) {
            headSent = sent;
        }
        backlog.addLast(copy);
        backlogBytes += length;
        return true;
    }

    /**
     * Sends what is waiting, as far as there is room.
     *
     * @return messages finished.
     */
    public int doWork() {
        int finished = 0;
        byte[] head;
        while ((head = backlog.peekFirst()) != null) {
            backlogHead.wrap(head);
            int sent = sendPieces(backlogHead, 0, head.length, headSent);
            if (sent < head.length) {
                headSent = Math.max(sent, headSent);
                break;
            }
            backlog.removeFirst();
            backlogBytes -= head.length;
            headSent = 0;
            finished++;
        }
        return finished;
    }

    public boolean hasBacklog() {
        return !backlog.isEmpty();
    }

    public long backlogBytes() {
        return backlogBytes;
    }

    /** Returns how much of the message has been sent in all, or a negative number when the connection is closed. */
    private int sendPieces(DirectBuffer buffer, int offset, int length, int alreadySent) {
        int sent = alreadySent;
        int maxPiece = connection.maxFrameLength() - FrameHeader.LENGTH;
        while (sent < length) {
            int piece = Math.min(maxPiece, length - sent);
            long outcome = connection.tryClaim(FrameHeader.LENGTH + piece, claim);
            if (outcome == Connection.CLOSED) {
                return -1;
            }
            if (outcome <= 0) {
                return sent;
            }
            int flags = (sent == 0 ? FrameHeader.BEGIN : 0) | (sent + piece == length ? FrameHeader.END : 0);
            FrameHeader.write(claim.buffer(), claim.offset(), flags, length);
            claim.buffer().putBytes(claim.offset() + FrameHeader.LENGTH, buffer, offset + sent, piece);
            claim.commit();
            sent += piece;
        }
        return sent;
    }
}
