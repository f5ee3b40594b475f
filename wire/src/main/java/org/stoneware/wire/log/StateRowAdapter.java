package org.stoneware.wire.log;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.log.codec.AliasRowDecoder;
import org.stoneware.wire.log.codec.ClientRowDecoder;
import org.stoneware.wire.log.codec.ExpiryJobRowDecoder;
import org.stoneware.wire.log.codec.MessageHeaderDecoder;
import org.stoneware.wire.log.codec.TotalsRowDecoder;
import org.stoneware.wire.session.WireException;
import org.stoneware.wire.session.WriteStatus;

/**
 * Decodes a row of the replicated state and calls {@link StateRowListener}.
 * <p>
 * <b>Threading:</b> one thread at a time.
 * <p>
 * <b>Failure:</b> bytes that are not exactly one row throw {@link WireException}: a copy with such a row is none.
 */
public final class StateRowAdapter {
    private final UnsafeBuffer row = new UnsafeBuffer(new byte[0]);
    private final UnsafeBuffer part = new UnsafeBuffer(new byte[0]);
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ClientRowDecoder client = new ClientRowDecoder();
    private final AliasRowDecoder alias = new AliasRowDecoder();
    private final ExpiryJobRowDecoder expiryJob = new ExpiryJobRowDecoder();
    private final TotalsRowDecoder totals = new TotalsRowDecoder();

    /** Decodes one row. */
    public void onRow(DirectBuffer buffer, int offset, int length, StateRowListener listener) {
        if (length < MessageHeaderDecoder.ENCODED_LENGTH) {
            throw new WireException("shorter than a header: length=" + length);
        }
        row.wrap(buffer, offset, length);
        header.wrap(row, 0);
        if (header.schemaId() != LogProtocol.SCHEMA_ID || header.version() != LogProtocol.ROW_VERSION) {
            throw new WireException("unknown schema: schemaId=" + header.schemaId() + " version=" + header.version());
        }
        try {
            int end = dispatch(listener);
            check(end == length, "bytes behind its end");
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new WireException("malformed row: template=" + header.templateId() + " length=" + length + " cause="
                    + e.getMessage());
        }
    }

    /** Returns where the row ends. */
    private int dispatch(StateRowListener listener) {
        switch (header.templateId()) {
            case ClientRowDecoder.TEMPLATE_ID -> {
                check(header.blockLength() == ClientRowDecoder.BLOCK_LENGTH, "fields missing or unknown");
                return decodeClient(listener);
            }
            case AliasRowDecoder.TEMPLATE_ID -> {
                check(header.blockLength() == AliasRowDecoder.BLOCK_LENGTH, "fields missing or unknown");
                alias.wrapAndApplyHeader(row, 0, header);
                alias.wrapFrom(part);
                SessionKey from = key();
                alias.wrapTo(part);
                listener.onAlias(alias.untilMs(), from, key());
                return alias.limit();
            }
            case ExpiryJobRowDecoder.TEMPLATE_ID -> {
                check(header.blockLength() == ExpiryJobRowDecoder.BLOCK_LENGTH, "fields missing or unknown");
                expiryJob.wrapAndApplyHeader(row, 0, header);
                expiryJob.wrapPiece(part);
                listener.onExpiryJob(
                        expiryJob.jobId(),
                        expiryJob.logTimeMs(),
                        expiryJob.recordLength(),
                        expiryJob.pieceOffset(),
                        part,
                        0,
                        part.capacity());
                return expiryJob.limit();
            }
            case TotalsRowDecoder.TEMPLATE_ID -> {
                check(header.blockLength() == TotalsRowDecoder.BLOCK_LENGTH, "fields missing or unknown");
                totals.wrapAndApplyHeader(row, 0, header);
                listener.onTotals(totals.clients(), totals.aliases(), totals.expiryJobs(), totals.droppedJobs());
                return totals.limit();
            }
            default -> throw new WireException("unknown row: template=" + header.templateId());
        }
    }

    private int decodeClient(StateRowListener listener) {
        client.wrapAndApplyHeader(row, 0, header);
        long high = client.clientIdHigh();
        long low = client.clientIdLow();
        long lowest = client.lowestRequestId();
        ClientRowDecoder.AnswersDecoder answers = client.answers();
        check(
                answers.count() == 0 || answers.actingBlockLength() == ClientRowDecoder.AnswersDecoder.sbeBlockLength(),
                "fields of answers missing or unknown");
        listener.onClient(high, low, lowest, answers.count());
        while (answers.hasNext()) {
            answers.next();
            listener.onAnswer(answers.requestId(), WriteStatus.ofCode(answers.status()), answers.version());
        }
        return client.limit();
    }

    private SessionKey key() {
        return SessionKey.decode(part, 0, part.capacity());
    }

    private void check(boolean isTrue, String otherwise) {
        if (!isTrue) {
            throw new WireException("malformed row: template=" + header.templateId() + " problem=" + otherwise);
        }
    }
}
