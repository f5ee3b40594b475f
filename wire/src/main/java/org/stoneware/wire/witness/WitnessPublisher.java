package org.stoneware.wire.witness;

import java.nio.charset.StandardCharsets;
import org.agrona.MutableDirectBuffer;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.wire.witness.codec.LifeProbeAnswerEncoder;
import org.stoneware.wire.witness.codec.LifeProbeEncoder;
import org.stoneware.wire.witness.codec.MessageHeaderEncoder;
import org.stoneware.wire.witness.codec.SoloNoticeEncoder;
import org.stoneware.wire.witness.codec.WitnessAnswerEncoder;
import org.stoneware.wire.witness.codec.WitnessQuestionEncoder;
import org.stoneware.wire.witness.codec.WitnessedRoleEncoder;

/**
 * Encodes the messages of witnesses. Each method writes one message from offset 0 of a buffer the caller gives, with room for
 * {@link WitnessProtocol#MAX_MESSAGE_LENGTH} bytes, and returns its length.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
public final class WitnessPublisher {
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final WitnessQuestionEncoder question = new WitnessQuestionEncoder();
    private final WitnessAnswerEncoder answer = new WitnessAnswerEncoder();
    private final SoloNoticeEncoder soloNotice = new SoloNoticeEncoder();
    private final WitnessedRoleEncoder witnessedRole = new WitnessedRoleEncoder();
    private final LifeProbeEncoder probe = new LifeProbeEncoder();
    private final LifeProbeAnswerEncoder probeAnswer = new LifeProbeAnswerEncoder();

    /** @throws IllegalArgumentException when the name is empty or longer than {@link WitnessProtocol#MAX_NAME_LENGTH} bytes. */
    public int question(MutableDirectBuffer out, long questionId, String serverName, long incarnation) {
        byte[] name = serverName.getBytes(StandardCharsets.UTF_8);
        if (name.length == 0 || name.length > WitnessProtocol.MAX_NAME_LENGTH) {
            throw new IllegalArgumentException("bad name of a server: length=" + name.length);
        }
        question.wrapAndApplyHeader(out, 0, header)
                .questionId(questionId)
                .incarnation(incarnation)
                .putServerName(name, 0, name.length);
        return MessageHeaderEncoder.ENCODED_LENGTH + question.encodedLength();
    }

    public int answer(MutableDirectBuffer out, long questionId, boolean isHeard, int ageMs, boolean wasSolo) {
        answer.wrapAndApplyHeader(out, 0, header)
                .questionId(questionId)
                .isHeard((short) (isHeard ? 1 : 0))
                .ageMs(ageMs)
                .wasSolo((short) (wasSolo ? 1 : 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + answer.encodedLength();
    }

    public int role(MutableDirectBuffer out, long questionId, long incarnation, ServerRole role, long epoch) {
        witnessedRole
                .wrapAndApplyHeader(out, 0, header)
                .questionId(questionId)
                .incarnation(incarnation)
                .role((short) role.code())
                .epoch(epoch);
        return MessageHeaderEncoder.ENCODED_LENGTH + witnessedRole.encodedLength();
    }

    public int soloNotice(MutableDirectBuffer out, long incarnation, boolean isSolo) {
        soloNotice.wrapAndApplyHeader(out, 0, header).incarnation(incarnation).isSolo((short) (isSolo ? 1 : 0));
        return MessageHeaderEncoder.ENCODED_LENGTH + soloNotice.encodedLength();
    }

    public int probe(MutableDirectBuffer out, long number) {
        probe.wrapAndApplyHeader(out, 0, header).number(number);
        return MessageHeaderEncoder.ENCODED_LENGTH + probe.encodedLength();
    }

    public int probeAnswer(MutableDirectBuffer out, long number, long incarnation, int agentAgeMs) {
        probeAnswer
                .wrapAndApplyHeader(out, 0, header)
                .number(number)
                .incarnation(incarnation)
                .agentAgeMs(agentAgeMs);
        return MessageHeaderEncoder.ENCODED_LENGTH + probeAnswer.encodedLength();
    }
}
