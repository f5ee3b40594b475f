package org.stoneware.wire.witness;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.wire.session.WireException;
import org.stoneware.wire.witness.codec.LifeProbeAnswerDecoder;
import org.stoneware.wire.witness.codec.LifeProbeDecoder;
import org.stoneware.wire.witness.codec.MessageHeaderDecoder;
import org.stoneware.wire.witness.codec.SoloNoticeDecoder;
import org.stoneware.wire.witness.codec.WitnessAnswerDecoder;
import org.stoneware.wire.witness.codec.WitnessQuestionDecoder;
import org.stoneware.wire.witness.codec.WitnessedRoleDecoder;

/**
 * Decodes one message of a witness or to one, and calls the listener.
 * <p>
 * <b>Threading:</b> one thread at a time.
 * <p>
 * <b>Failure:</b> bytes that are no message of this schema, or end early or late, throw {@link WireException} before the listener is
 * called.
 */
public final class WitnessAdapter {
    private static final int LENGTH_LENGTH = Short.BYTES;

    private final UnsafeBuffer message = new UnsafeBuffer(new byte[0]);
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final WitnessQuestionDecoder question = new WitnessQuestionDecoder();
    private final WitnessAnswerDecoder answer = new WitnessAnswerDecoder();
    private final SoloNoticeDecoder soloNotice = new SoloNoticeDecoder();
    private final WitnessedRoleDecoder witnessedRole = new WitnessedRoleDecoder();
    private final LifeProbeDecoder probe = new LifeProbeDecoder();
    private final LifeProbeAnswerDecoder probeAnswer = new LifeProbeAnswerDecoder();

    /** Decodes one message. */
    public void onMessage(DirectBuffer buffer, int offset, int length, WitnessListener listener) {
        if (length < MessageHeaderDecoder.ENCODED_LENGTH || length > WitnessProtocol.MAX_MESSAGE_LENGTH) {
            throw new WireException("bad length: length=" + length);
        }
        message.wrap(buffer, offset, length);
        header.wrap(message, 0);
        if (header.schemaId() != WitnessProtocol.SCHEMA_ID || header.version() != WitnessProtocol.SCHEMA_VERSION) {
            throw new WireException("unknown schema: schemaId=" + header.schemaId() + " version=" + header.version());
        }
        switch (header.templateId()) {
            case WitnessQuestionDecoder.TEMPLATE_ID -> decodeQuestion(length, listener);
            case WitnessAnswerDecoder.TEMPLATE_ID -> {
                checkBlock(WitnessAnswerDecoder.BLOCK_LENGTH, length);
                answer.wrapAndApplyHeader(message, 0, header);
                listener.onAnswer(answer.questionId(), answer.isHeard() != 0, answer.ageMs(), answer.wasSolo() != 0);
            }
            case LifeProbeDecoder.TEMPLATE_ID -> {
                checkBlock(LifeProbeDecoder.BLOCK_LENGTH, length);
                probe.wrapAndApplyHeader(message, 0, header);
                listener.onProbe(probe.number());
            }
            case LifeProbeAnswerDecoder.TEMPLATE_ID -> {
                checkBlock(LifeProbeAnswerDecoder.BLOCK_LENGTH, length);
                probeAnswer.wrapAndApplyHeader(message, 0, header);
                listener.onProbeAnswer(probeAnswer.number(), probeAnswer.incarnation(), probeAnswer.agentAgeMs());
            }
            case SoloNoticeDecoder.TEMPLATE_ID -> {
                checkBlock(SoloNoticeDecoder.BLOCK_LENGTH, length);
                soloNotice.wrapAndApplyHeader(message, 0, header);
                listener.onSoloNotice(soloNotice.incarnation(), soloNotice.isSolo() != 0);
            }
            case WitnessedRoleDecoder.TEMPLATE_ID -> {
                checkBlock(WitnessedRoleDecoder.BLOCK_LENGTH, length);
                witnessedRole.wrapAndApplyHeader(message, 0, header);
                listener.onRole(
                        witnessedRole.questionId(),
                        witnessedRole.incarnation(),
                        role(witnessedRole.role()),
                        witnessedRole.epoch());
            }
            default -> throw new WireException("unknown message of a witness: template=" + header.templateId());
        }
    }

    private void decodeQuestion(int length, WitnessListener listener) {
        int textOffset = MessageHeaderDecoder.ENCODED_LENGTH + WitnessQuestionDecoder.BLOCK_LENGTH + LENGTH_LENGTH;
        if (header.blockLength() != WitnessQuestionDecoder.BLOCK_LENGTH || length <= textOffset) {
            throw new WireException("bad question: blockLength=" + header.blockLength() + " length=" + length);
        }
        int textLength = message.getShort(textOffset - LENGTH_LENGTH, ByteOrder.LITTLE_ENDIAN) & 0xFFFF;
        if (textLength != length - textOffset || textLength > WitnessProtocol.MAX_NAME_LENGTH) {
            throw new WireException("bad name of a server: length=" + textLength);
        }
        question.wrapAndApplyHeader(message, 0, header);
        listener.onQuestion(question.questionId(), text(textOffset, textLength), question.incarnation());
    }

    private String text(int offset, int length) {
        byte[] bytes = new byte[length];
        message.getBytes(offset, bytes);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new WireException("name of a server is not UTF-8: length=" + length);
        }
    }

    private static ServerRole role(int code) {
        try {
            return ServerRole.ofCode(code);
        } catch (IllegalArgumentException e) {
            throw new WireException("unknown role of a server: code=" + code);
        }
    }

    private void checkBlock(int expectedLength, int length) {
        if (header.blockLength() != expectedLength || length != MessageHeaderDecoder.ENCODED_LENGTH + expectedLength) {
            throw new WireException("bad length: template=" + header.templateId() + " blockLength="
                    + header.blockLength() + " length=" + length);
        }
    }
}
