package org.stoneware.wire.replication;

/**
 * Who sent a frame and in which epoch; a view valid until the listener returns.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
public final class FrameOrigin {
    private int groupId;
    private int senderId;
    private long epoch;
    private long senderIncarnation;
    private long streamSeq;

    void set(int groupId, int senderId, long epoch, long senderIncarnation, long streamSeq) {
        this.groupId = groupId;
        this.senderId = senderId;
        this.epoch = epoch;
        this.senderIncarnation = senderIncarnation;
        this.streamSeq = streamSeq;
    }

    public int groupId() {
        return groupId;
    }

    public int senderId() {
        return senderId;
    }

    public long epoch() {
        return epoch;
    }

    /** Random number of the sender's process; another process of the same server is another one. */
    public long senderIncarnation() {
        return senderIncarnation;
    }

    /** Number of the frame in its connection, from 1, without gaps. */
    public long streamSeq() {
        return streamSeq;
    }

    @Override
    public String toString() {
        return "groupId=" + groupId + " senderId=" + senderId + " epoch=" + epoch + " incarnation=" + senderIncarnation
                + " streamSeq=" + streamSeq;
    }
}
