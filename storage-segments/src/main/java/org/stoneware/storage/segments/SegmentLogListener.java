package org.stoneware.storage.segments;

import org.agrona.DirectBuffer;

/**
 * Owner of a {@link SegmentLog}: hears of what the log did and answers what is still needed.
 * <p>
 * <b>Threading:</b> the agent thread, inside {@link SegmentLog#doWork}. Unless said otherwise an implementation may call the log.
 * <p>
 * <b>Ownership:</b> buffers and hints are views valid until the call returns.
 */
public interface SegmentLogListener {
    /** A read has ended well: the content at a location is whole and was appended under this hint. */
    void onRead(long ticket, long location, RecordHint hint, DirectBuffer content, int offset, int length);

    /** A read has ended without content, since the record is damaged: what is there is not what was appended. */
    void onReadFailed(long ticket, long location, String reason);

    /**
     * A read has ended without content, since none was given. The record may be whole, and another read may show it.
     *
     * @param isByDevice the file was open and the device refused this place of it; else not even that could be tried.
     */
    default void onReadRefused(long ticket, long location, String reason, boolean isByDevice) {
        onReadFailed(ticket, location, reason);
    }

    /** Everything up to this position is durable. */
    void onDurable(long position);

    /** A write or force failed: no more changes are taken, reads go on. Called once. */
    void onFailed(String reason);

    /** There is no room for records any more; called once until {@link #onRoom()}. */
    void onFull(String reason);

    /** There is room again. */
    void onRoom();

    /**
     * Says whether anything is held under the key of a removal, so that the removal is not needed any more. Must not call the log.
     */
    boolean isHeld(RecordHint key);

    /**
     * Says whether the record at a location is what is held (kind RECORD), or whether the touch at it is newer than the record held
     * (kind TOUCH). Must not call the log.
     */
    boolean isNeeded(RecordKind kind, long location, RecordHint hint);

    /**
     * A segment is being emptied, and what lies at this location is still {@link #isNeeded needed}: append it again, in this call, by
     * {@link SegmentLog#appendCopy}, and keep the new location.
     *
     * @param kind RECORD or TOUCH; a touch has no content.
     */
    void onMove(RecordKind kind, long location, RecordHint hint, DirectBuffer content, int offset, int length);

    /**
     * A segment is being emptied and what lies in part of it cannot be read: whatever is held at a location of this segment from {@code
     * fromOffset} until before {@code toOffset} is lost.
     */
    void onLost(int segment, int fromOffset, int toOffset);
}
