package org.stoneware.wire.log;

import org.agrona.DirectBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.WriteStatus;

/** Hears decoded rows. Buffers are views valid until the call returns. */
public interface StateRowListener {
    /** A client; its answers follow, {@code answers} calls of {@link #onAnswer}. */
    void onClient(long clientIdHigh, long clientIdLow, long lowestRequestId, int answers);

    void onAnswer(long requestId, WriteStatus status, long version);

    void onAlias(long untilMs, SessionKey from, SessionKey to);

    /** A piece of an expired session's record; pieces come in order. */
    void onExpiryJob(
            long jobId, long logTimeMs, int recordLength, int pieceOffset, DirectBuffer piece, int offset, int length);

    void onTotals(int clients, int aliases, int expiryJobs, long droppedJobs);
}
