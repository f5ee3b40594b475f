package org.stoneware.wire.liveness;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.net.InetSocketAddress;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.wire.liveness.codec.ChallengeEncoder;
import org.stoneware.wire.liveness.codec.GoodbyeEncoder;
import org.stoneware.wire.liveness.codec.HeartbeatEncoder;
import org.stoneware.wire.liveness.codec.HelloEncoder;
import org.stoneware.wire.liveness.codec.HelloReplyEncoder;
import org.stoneware.wire.liveness.codec.MessageEncoder;
import org.stoneware.wire.liveness.codec.MessageHeaderEncoder;
import org.stoneware.wire.liveness.codec.ProofEncoder;
import org.stoneware.wire.liveness.codec.SealedEncoder;

/**
 * Encodes the messages of a liveness connection, length prefix included.
 * <p>
 * <b>Threading:</b> one thread at a time; instances share nothing.
 * <p>
 * <b>Ownership:</b> the caller's buffer is written and not kept. Room for {@link LivenessProtocol#MAX_GREETING_LENGTH} bytes
 * always suffices, and for {@link LivenessProtocol#MAX_PLAIN_LENGTH} in {@link #message}.
 * <p>
 * <b>Failure:</b> what the other end would not take is an {@link IllegalArgumentException}; reasons are cut instead.
 */
public final class LivenessPublisher {
    private static final byte[] NO_BYTES = {};
    private static final byte[] NO_MAC = new byte[LivenessProtocol.MAC_LENGTH];

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final HelloEncoder helloEncoder = new HelloEncoder();
    private final HelloReplyEncoder replyEncoder = new HelloReplyEncoder();
    private final HeartbeatEncoder heartbeatEncoder = new HeartbeatEncoder();
    private final GoodbyeEncoder goodbyeEncoder = new GoodbyeEncoder();
    private final MessageEncoder messageEncoder = new MessageEncoder();
    private final ChallengeEncoder challengeEncoder = new ChallengeEncoder();
    private final ProofEncoder proofEncoder = new ProofEncoder();
    private final SealedEncoder sealedEncoder = new SealedEncoder();

    /** @return bytes written. */
    public int hello(Hello hello, MutableDirectBuffer buffer, int offset) {
        byte[] name = LivenessText.checked("name", hello.name(), LivenessProtocol.MAX_NAME_LENGTH);
        byte[] version =
                LivenessText.checked("productVersion", hello.productVersion(), LivenessProtocol.MAX_VERSION_LENGTH);
        check(hello.transports().size() <= LivenessProtocol.MAX_TRANSPORTS, "too many transports");
        check(hello.credentials().length <= LivenessProtocol.MAX_CREDENTIALS_LENGTH, "credentials too long");
        check(hello.protocolVersion() > 0, "protocolVersion must be positive");
        check(hello.incarnation() != 0 || hello.kind() == Hello.Kind.PROBE, "incarnation must not be 0");
        byte[] dataHost = addressBytes(hello.dataAddress());

        helloEncoder
                .wrapAndApplyHeader(buffer, offset + LivenessProtocol.LENGTH_PREFIX_LENGTH, header)
                .kind(LivenessCodes.codeOf(hello.kind()))
                .protocolVersion(hello.protocolVersion())
                .idHigh(hello.idHigh())
                .idLow(hello.idLow())
                .incarnation(hello.incarnation())
                .dataPort(port(hello.dataAddress()));
        HelloEncoder.TransportsEncoder transports =
                helloEncoder.transportsCount(hello.transports().size());
        for (String transport : hello.transports()) {
            byte[] bytes = LivenessText.checked("transport", transport, LivenessProtocol.MAX_TRANSPORT_LENGTH);
            transports.next().putTransport(bytes, 0, bytes.length);
        }
        helloEncoder
                .putName(name, 0, name.length)
                .putProductVersion(version, 0, version.length)
                .putDataHost(dataHost, 0, dataHost.length)
                .putCredentials(hello.credentials(), 0, hello.credentials().length);
        return end(buffer, offset, helloEncoder.limit());
    }

    /** @return bytes written. */
    public int reply(HelloReply reply, MutableDirectBuffer buffer, int offset) {
        byte[] name = LivenessText.checked("serverName", reply.serverName(), LivenessProtocol.MAX_NAME_LENGTH);
        byte[] active =
                LivenessText.checked("activeAddress", reply.activeAddress(), LivenessProtocol.MAX_ADDRESS_LENGTH);
        byte[] transport = LivenessText.checked("transport", reply.transport(), LivenessProtocol.MAX_TRANSPORT_LENGTH);
        byte[] dataHost = addressBytes(reply.dataAddress());
        byte[] reason = LivenessText.fitted(reply.reason(), LivenessProtocol.MAX_REASON_LENGTH);
        check(reply.heartbeatMs() >= 0 && reply.silenceMs() >= 0, "times must not be negative");

        replyEncoder
                .wrapAndApplyHeader(buffer, offset + LivenessProtocol.LENGTH_PREFIX_LENGTH, header)
                .status(LivenessCodes.codeOf(reply.status()))
                .role((short) reply.role().code())
                .incarnation(reply.incarnation())
                .epoch(reply.epoch())
                .keyHigh(reply.keyHigh())
                .keyLow(reply.keyLow())
                .connectionId(reply.connectionId())
                .heartbeatMs(reply.heartbeatMs())
                .silenceMs(reply.silenceMs())
                .dataPort(port(reply.dataAddress()))
                .putServerName(name, 0, name.length)
                .putActiveAddress(active, 0, active.length)
                .putTransport(transport, 0, transport.length)
                .putDataHost(dataHost, 0, dataHost.length)
                .putReason(reason, 0, reason.length);
        return end(buffer, offset, replyEncoder.limit());
    }

    /** @return bytes written. */
    public int heartbeat(Heartbeat heartbeat, MutableDirectBuffer buffer, int offset) {
        byte[] active =
                LivenessText.checked("activeAddress", heartbeat.activeAddress(), LivenessProtocol.MAX_ADDRESS_LENGTH);
        check(heartbeat.agentAgeMs() >= 0, "agentAgeMs must not be negative");

        heartbeatEncoder
                .wrapAndApplyHeader(buffer, offset + LivenessProtocol.LENGTH_PREFIX_LENGTH, header)
                .incarnation(heartbeat.incarnation())
                .epoch(heartbeat.epoch())
                .agentAgeMs(heartbeat.agentAgeMs())
                .role((short) heartbeat.role().code())
                .putActiveAddress(active, 0, active.length);
        return end(buffer, offset, heartbeatEncoder.limit());
    }

    /** @return bytes written. */
    public int goodbye(long incarnation, String reason, MutableDirectBuffer buffer, int offset) {
        byte[] text = LivenessText.fitted(reason, LivenessProtocol.MAX_REASON_LENGTH);

        goodbyeEncoder
                .wrapAndApplyHeader(buffer, offset + LivenessProtocol.LENGTH_PREFIX_LENGTH, header)
                .incarnation(incarnation)
                .putReason(text, 0, text.length);
        return end(buffer, offset, goodbyeEncoder.limit());
    }

    /** @return bytes written. */
    public int message(DirectBuffer content, int contentOffset, int length, MutableDirectBuffer buffer, int offset) {
        check(length >= 0 && length <= LivenessLink.MAX_MESSAGE_LENGTH, "message too long");

        messageEncoder
                .wrapAndApplyHeader(buffer, offset + LivenessProtocol.LENGTH_PREFIX_LENGTH, header)
                .putContent(content, contentOffset, length);
        return end(buffer, offset, messageEncoder.limit());
    }

    /** @return bytes written. */
    public int challenge(byte[] nonce, byte[] proof, MutableDirectBuffer buffer, int offset) {
        check(nonce.length == LivenessProtocol.NONCE_LENGTH, "bad length of nonce");
        check(proof.length == LivenessProtocol.PROOF_LENGTH, "bad length of proof");

        challengeEncoder
                .wrapAndApplyHeader(buffer, offset + LivenessProtocol.LENGTH_PREFIX_LENGTH, header)
                .putNonce(nonce, 0, nonce.length)
                .putProof(proof, 0, proof.length);
        return end(buffer, offset, challengeEncoder.limit());
    }

    /** @return bytes written. */
    public int proof(byte[] proof, MutableDirectBuffer buffer, int offset) {
        check(proof.length == LivenessProtocol.PROOF_LENGTH, "bad length of proof");

        proofEncoder
                .wrapAndApplyHeader(buffer, offset + LivenessProtocol.LENGTH_PREFIX_LENGTH, header)
                .putProof(proof, 0, proof.length);
        return end(buffer, offset, proofEncoder.limit());
    }

    /**
     * Makes a sealed message of a frame that was encoded {@link LivenessProtocol#SEAL_LENGTH} bytes behind {@code offset}. Its MAC is
     * left zero, because only whoever writes it knows its number.
     *
     * @return bytes of the whole.
     */
    public int seal(MutableDirectBuffer buffer, int offset, int frameLength) {
        check(frameLength >= 0 && frameLength <= LivenessProtocol.MAX_PLAIN_LENGTH, "frame too long");

        sealedEncoder
                .wrapAndApplyHeader(buffer, offset + LivenessProtocol.LENGTH_PREFIX_LENGTH, header)
                .putMac(NO_MAC, 0, NO_MAC.length);
        int lengthOffset = sealedEncoder.limit();
        buffer.putInt(lengthOffset, frameLength, LITTLE_ENDIAN);
        return end(buffer, offset, lengthOffset + Integer.BYTES + frameLength);
    }

    private static int end(MutableDirectBuffer buffer, int offset, int limit) {
        buffer.putInt(offset, limit - offset - LivenessProtocol.LENGTH_PREFIX_LENGTH, LITTLE_ENDIAN);
        return limit - offset;
    }

    private static byte[] addressBytes(@Nullable InetSocketAddress address) {
        if (address == null) {
            return NO_BYTES;
        }
        check(address.getAddress() != null, "data address is not resolved");
        return address.getAddress().getAddress();
    }

    private static int port(@Nullable InetSocketAddress address) {
        return address == null ? 0 : address.getPort();
    }

    private static void check(boolean isTrue, String otherwise) {
        if (!isTrue) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
