package org.stoneware.wire.log;

import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.log.codec.AliasRowEncoder;
import org.stoneware.wire.log.codec.ClientRowEncoder;
import org.stoneware.wire.log.codec.ExpiryJobRowEncoder;
import org.stoneware.wire.log.codec.MessageHeaderEncoder;
import org.stoneware.wire.log.codec.TotalsRowEncoder;
import org.stoneware.wire.session.WriteStatus;

/**
 * Encodes rows of the replicated state. Each method writes one row from offset 0 of a buffer the caller gives and returns its length.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
public final class StateRowPublisher {
    /** Most answers of one client; more don't fit a row. */
    public static final int MAX_ANSWERS = ClientRowEncoder.AnswersEncoder.countMaxValue();

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ClientRowEncoder client = new ClientRowEncoder();
    private final AliasRowEncoder alias = new AliasRowEncoder();
    private final ExpiryJobRowEncoder expiryJob = new ExpiryJobRowEncoder();
    private final TotalsRowEncoder totals = new TotalsRowEncoder();
    private final ExpandableArrayBuffer keyBytes = new ExpandableArrayBuffer(256);

    /** Answers of the client row being encoded. */
    @FunctionalInterface
    public interface Answers {
        /** @param sink called once for each answer, in ascending order of request ids. */
        void forEach(AnswerSink sink);
    }

    /** Takes one answer. */
    @FunctionalInterface
    public interface AnswerSink {
        void onAnswer(long requestId, WriteStatus status, long version);
    }

    /** @param count how many answers {@code answers} will name. */
    public int client(
            MutableDirectBuffer out,
            long clientIdHigh,
            long clientIdLow,
            long lowestRequestId,
            int count,
            Answers answers) {
        client.wrapAndApplyHeader(out, 0, header)
                .clientIdHigh(clientIdHigh)
                .clientIdLow(clientIdLow)
                .lowestRequestId(lowestRequestId);
        ClientRowEncoder.AnswersEncoder each = client.answersCount(count);
        answers.forEach((requestId, status, version) ->
                each.next().requestId(requestId).version(version).status((short) status.code()));
        return MessageHeaderEncoder.ENCODED_LENGTH + client.encodedLength();
    }

    public int alias(MutableDirectBuffer out, long untilMs, SessionKey from, SessionKey to) {
        alias.wrapAndApplyHeader(out, 0, header).untilMs(untilMs).putFrom(keyBytes, 0, from.encode(keyBytes, 0));
        alias.putTo(keyBytes, 0, to.encode(keyBytes, 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + alias.encodedLength();
    }

    public int expiryJob(
            MutableDirectBuffer out,
            long jobId,
            long logTimeMs,
            int recordLength,
            int pieceOffset,
            DirectBuffer piece,
            int offset,
            int length) {
        expiryJob
                .wrapAndApplyHeader(out, 0, header)
                .jobId(jobId)
                .logTimeMs(logTimeMs)
                .recordLength(recordLength)
                .pieceOffset(pieceOffset)
                .putPiece(piece, offset, length);
        return MessageHeaderEncoder.ENCODED_LENGTH + expiryJob.encodedLength();
    }

    public int totals(MutableDirectBuffer out, int clients, int aliases, int expiryJobs, long droppedJobs) {
        totals.wrapAndApplyHeader(out, 0, header)
                .clients(clients)
                .aliases(aliases)
                .expiryJobs(expiryJobs)
                .droppedJobs(droppedJobs);
        return MessageHeaderEncoder.ENCODED_LENGTH + totals.encodedLength();
    }
}
