package org.stoneware.wire.liveness;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.wire.liveness.codec.ChallengeDecoder;
import org.stoneware.wire.liveness.codec.GoodbyeDecoder;
import org.stoneware.wire.liveness.codec.HeartbeatDecoder;
import org.stoneware.wire.liveness.codec.HelloDecoder;
import org.stoneware.wire.liveness.codec.HelloReplyDecoder;
import org.stoneware.wire.liveness.codec.MessageDecoder;
import org.stoneware.wire.liveness.codec.MessageHeaderDecoder;
import org.stoneware.wire.liveness.codec.ProofDecoder;
import org.stoneware.wire.liveness.codec.SealedDecoder;

/**
 * Decodes what arrives on a liveness connection, one frame at a time, and calls the listener.
 * <p>
 * <b>Threading:</b> one thread at a time; instances share nothing.
 * <p>
 * <b>Limits:</b> those of {@link LivenessProtocol}, checked before anything is allocated. Length, schema, version and template are
 * judged as soon as their bytes are there, so a stranger can't make the caller wait for or store a body.
 * <p>
 * <b>Failure:</b> whatever bytes arrive, no exception of the adapter's own comes out; {@link #PROTOCOL_ERROR} does.
 */
public final class LivenessAdapter {
    /** Result of {@link #onBytes}: what arrived is not the protocol, and the connection can't be read further. */
    public static final int PROTOCOL_ERROR = -1;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final HelloDecoder helloDecoder = new HelloDecoder();
    private final HelloReplyDecoder replyDecoder = new HelloReplyDecoder();
    private final HeartbeatDecoder heartbeatDecoder = new HeartbeatDecoder();
    private final GoodbyeDecoder goodbyeDecoder = new GoodbyeDecoder();
    private final ChallengeDecoder challengeDecoder = new ChallengeDecoder();
    private final ProofDecoder proofDecoder = new ProofDecoder();
    private final SealedDecoder sealedDecoder = new SealedDecoder();
    private final VarDataReader reader = new VarDataReader();
    private final LivenessMessageListener listener;
    private String errorText = "";

    public LivenessAdapter(LivenessMessageListener listener) {
        this.listener = listener;
    }

    /**
     * Decodes at most one frame and calls the listener for it.
     *
     * @param available number of bytes received and not yet consumed.
     * @param isGreeted false while only hello, challenge, proof, reply and goodbye may arrive; a sealed message is judged by the
     *                  one in it.
     * @return bytes consumed; 0 when the frame is not complete; {@link #PROTOCOL_ERROR}.
     */
    public int onBytes(DirectBuffer buffer, int offset, int available, boolean isGreeted) {
        try {
            int frameLength = frameLength(buffer, offset, available, isGreeted);
            if (frameLength > available) {
                return 0;
            }
            dispatch(buffer, offset + LivenessProtocol.PREAMBLE_LENGTH, offset + frameLength);
            return frameLength;
        } catch (MalformedFrameException e) {
            errorText = String.valueOf(e.getMessage());
            return PROTOCOL_ERROR;
        }
    }

    /** What was wrong, after {@link #PROTOCOL_ERROR}; contains no text of the sender. */
    public String errorText() {
        return errorText;
    }

    /** Length of the frame as far as it is known, always more than {@code available} when the preamble is incomplete. */
    private int frameLength(DirectBuffer buffer, int offset, int available, boolean isGreeted)
            throws MalformedFrameException {
        if (available < LivenessProtocol.LENGTH_PREFIX_LENGTH) {
            return LivenessProtocol.PREAMBLE_LENGTH;
        }
        int length = buffer.getInt(offset, LITTLE_ENDIAN);
        int maxLength = isGreeted ? LivenessProtocol.MAX_FRAME_LENGTH : LivenessProtocol.MAX_GREETING_LENGTH;
        if (length < MessageHeaderDecoder.ENCODED_LENGTH
                || length > maxLength - LivenessProtocol.LENGTH_PREFIX_LENGTH) {
            throw new MalformedFrameException("bad frame length: length=" + length);
        }
        if (available < LivenessProtocol.PREAMBLE_LENGTH) {
            return LivenessProtocol.PREAMBLE_LENGTH;
        }
        header.wrap(buffer, offset + LivenessProtocol.LENGTH_PREFIX_LENGTH);
        checkHeader(length, isGreeted);
        return LivenessProtocol.LENGTH_PREFIX_LENGTH + length;
    }

    private void checkHeader(int length, boolean isGreeted) throws MalformedFrameException {
        if (header.schemaId() != LivenessProtocol.SCHEMA_ID || header.version() != LivenessProtocol.SCHEMA_VERSION) {
            throw new MalformedFrameException(
                    "unknown schema: schemaId=" + header.schemaId() + " version=" + header.version());
        }
        int templateId = header.templateId();
        int blockLength = blockLength(templateId);
        if (header.blockLength() != blockLength || length < MessageHeaderDecoder.ENCODED_LENGTH + blockLength) {
            throw new MalformedFrameException(
                    "bad block length: template=" + templateId + " blockLength=" + header.blockLength());
        }
        if (!isGreeted && (templateId == HeartbeatDecoder.TEMPLATE_ID || templateId == MessageDecoder.TEMPLATE_ID)) {
            throw new MalformedFrameException("not before the hello: template=" + templateId);
        }
        if (templateId != MessageDecoder.TEMPLATE_ID
                && templateId != SealedDecoder.TEMPLATE_ID
                && length > LivenessProtocol.MAX_GREETING_LENGTH - LivenessProtocol.LENGTH_PREFIX_LENGTH) {
            throw new MalformedFrameException("bad frame length: template=" + templateId + " length=" + length);
        }
    }

    private static int blockLength(int templateId) throws MalformedFrameException {
        return switch (templateId) {
            case HelloDecoder.TEMPLATE_ID -> HelloDecoder.BLOCK_LENGTH;
            case HelloReplyDecoder.TEMPLATE_ID -> HelloReplyDecoder.BLOCK_LENGTH;
            case HeartbeatDecoder.TEMPLATE_ID -> HeartbeatDecoder.BLOCK_LENGTH;
            case GoodbyeDecoder.TEMPLATE_ID -> GoodbyeDecoder.BLOCK_LENGTH;
            case MessageDecoder.TEMPLATE_ID -> MessageDecoder.BLOCK_LENGTH;
            case ChallengeDecoder.TEMPLATE_ID -> ChallengeDecoder.BLOCK_LENGTH;
            case ProofDecoder.TEMPLATE_ID -> ProofDecoder.BLOCK_LENGTH;
            case SealedDecoder.TEMPLATE_ID -> SealedDecoder.BLOCK_LENGTH;
            default -> throw new MalformedFrameException("unknown template: template=" + templateId);
        };
    }

    private void dispatch(DirectBuffer buffer, int bodyOffset, int endOffset) throws MalformedFrameException {
        int templateId = header.templateId();
        reader.wrap(buffer, bodyOffset + header.blockLength(), endOffset);
        switch (templateId) {
            case HelloDecoder.TEMPLATE_ID -> listener.onHello(decodeHello(buffer, bodyOffset));
            case HelloReplyDecoder.TEMPLATE_ID -> listener.onReply(decodeReply(buffer, bodyOffset));
            case HeartbeatDecoder.TEMPLATE_ID -> listener.onHeartbeat(decodeHeartbeat(buffer, bodyOffset));
            case GoodbyeDecoder.TEMPLATE_ID -> onGoodbye(buffer, bodyOffset);
            case ChallengeDecoder.TEMPLATE_ID -> onChallenge(buffer, bodyOffset);
            case ProofDecoder.TEMPLATE_ID -> onProof(buffer, bodyOffset);
            case SealedDecoder.TEMPLATE_ID -> onSealed(buffer, bodyOffset);
            default -> {
                int length = reader.payloadLength(LivenessLink.MAX_MESSAGE_LENGTH);
                listener.onMessage(buffer, reader.offset(), length);
            }
        }
    }

    private Hello decodeHello(DirectBuffer buffer, int offset) throws MalformedFrameException {
        HelloDecoder decoder = helloDecoder.wrap(buffer, offset, header.blockLength(), header.version());
        Hello.Kind kind = LivenessCodes.kindOf(decoder.kind());
        int count = reader.groupCount("transports", LivenessProtocol.MAX_TRANSPORTS);
        List<String> transports = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            transports.add(reader.text("transport", LivenessProtocol.MAX_TRANSPORT_LENGTH));
        }
        String name = reader.text("name", LivenessProtocol.MAX_NAME_LENGTH);
        String productVersion = reader.text("productVersion", LivenessProtocol.MAX_VERSION_LENGTH);
        InetSocketAddress dataAddress = address(decoder.dataPort());
        byte[] credentials = reader.bytes("credentials", LivenessProtocol.MAX_CREDENTIALS_LENGTH);
        reader.end();
        if (decoder.protocolVersion() <= 0 || (decoder.incarnation() == 0 && kind != Hello.Kind.PROBE)) {
            throw new MalformedFrameException("bad hello: protocolVersion=" + decoder.protocolVersion()
                    + " incarnation=" + decoder.incarnation());
        }
        return new Hello(
                kind,
                decoder.protocolVersion(),
                decoder.idHigh(),
                decoder.idLow(),
                decoder.incarnation(),
                name,
                productVersion,
                transports,
                dataAddress,
                credentials);
    }

    private HelloReply decodeReply(DirectBuffer buffer, int offset) throws MalformedFrameException {
        HelloReplyDecoder decoder = replyDecoder.wrap(buffer, offset, header.blockLength(), header.version());
        HelloReply.Status status = LivenessCodes.statusOf(decoder.status());
        ServerRole role = role(decoder.role());
        String serverName = reader.text("serverName", LivenessProtocol.MAX_NAME_LENGTH);
        String activeAddress = reader.text("activeAddress", LivenessProtocol.MAX_ADDRESS_LENGTH);
        String transport = reader.text("transport", LivenessProtocol.MAX_TRANSPORT_LENGTH);
        InetSocketAddress dataAddress = address(decoder.dataPort());
        String reason = reader.text("reason", LivenessProtocol.MAX_REASON_LENGTH);
        reader.end();
        if (decoder.heartbeatMs() < 0 || decoder.silenceMs() < 0) {
            throw new MalformedFrameException(
                    "bad reply: heartbeatMs=" + decoder.heartbeatMs() + " silenceMs=" + decoder.silenceMs());
        }
        return new HelloReply(
                status,
                serverName,
                decoder.incarnation(),
                role,
                decoder.epoch(),
                activeAddress,
                transport,
                decoder.connectionId(),
                decoder.keyHigh(),
                decoder.keyLow(),
                dataAddress,
                decoder.heartbeatMs(),
                decoder.silenceMs(),
                reason);
    }

    private Heartbeat decodeHeartbeat(DirectBuffer buffer, int offset) throws MalformedFrameException {
        HeartbeatDecoder decoder = heartbeatDecoder.wrap(buffer, offset, header.blockLength(), header.version());
        ServerRole role = role(decoder.role());
        String activeAddress = reader.text("activeAddress", LivenessProtocol.MAX_ADDRESS_LENGTH);
        reader.end();
        if (decoder.agentAgeMs() < 0) {
            throw new MalformedFrameException("bad heartbeat: agentAgeMs=" + decoder.agentAgeMs());
        }
        return new Heartbeat(decoder.incarnation(), decoder.agentAgeMs(), role, decoder.epoch(), activeAddress);
    }

    private void onGoodbye(DirectBuffer buffer, int offset) throws MalformedFrameException {
        long incarnation = goodbyeDecoder
                .wrap(buffer, offset, header.blockLength(), header.version())
                .incarnation();
        String reason = reader.text("reason", LivenessProtocol.MAX_REASON_LENGTH);
        reader.end();
        listener.onGoodbye(incarnation, reason);
    }

    private void onChallenge(DirectBuffer buffer, int offset) throws MalformedFrameException {
        reader.end();
        ChallengeDecoder decoder = challengeDecoder.wrap(buffer, offset, header.blockLength(), header.version());
        byte[] nonce = new byte[LivenessProtocol.NONCE_LENGTH];
        byte[] proof = new byte[LivenessProtocol.PROOF_LENGTH];
        decoder.getNonce(nonce, 0, nonce.length);
        decoder.getProof(proof, 0, proof.length);
        listener.onChallenge(nonce, proof);
    }

    private void onProof(DirectBuffer buffer, int offset) throws MalformedFrameException {
        reader.end();
        byte[] proof = new byte[LivenessProtocol.PROOF_LENGTH];
        proofDecoder
                .wrap(buffer, offset, header.blockLength(), header.version())
                .getProof(proof, 0, proof.length);
        listener.onProof(proof);
    }

    private void onSealed(DirectBuffer buffer, int offset) throws MalformedFrameException {
        byte[] mac = new byte[LivenessProtocol.MAC_LENGTH];
        sealedDecoder
                .wrap(buffer, offset, header.blockLength(), header.version())
                .getMac(mac, 0, mac.length);
        int length = reader.payloadLength(LivenessProtocol.MAX_PLAIN_LENGTH);
        listener.onSealed(mac, buffer, reader.offset(), length);
    }

    private static ServerRole role(int code) throws MalformedFrameException {
        if (code >= ServerRole.values().length) {
            throw new MalformedFrameException("unknown role: code=" + code);
        }
        return ServerRole.ofCode(code);
    }

    private @Nullable InetSocketAddress address(int port) throws MalformedFrameException {
        byte[] bytes = reader.bytes("dataHost", 16);
        if (bytes.length == 0) {
            if (port != 0) {
                throw new MalformedFrameException("port without address: port=" + port);
            }
            return null;
        }
        if (bytes.length != 4 && bytes.length != 16) {
            throw new MalformedFrameException("bad address: length=" + bytes.length);
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException e) {
            throw new MalformedFrameException("bad address: length=" + bytes.length);
        }
    }
}
