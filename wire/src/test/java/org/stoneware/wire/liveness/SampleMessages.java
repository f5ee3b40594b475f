package org.stoneware.wire.liveness;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;

/** One message of each kind and its frame. */
final class SampleMessages {
    static final Hello HELLO = new Hello(
            Hello.Kind.VALVE,
            1,
            0x1112131415161718L,
            0x2122232425262728L,
            0x3132333435363738L,
            "tomcat-a",
            "0.1.0",
            List.of("aeron", "tcp"),
            address(10, 0, 0, 7, 40123),
            new byte[] {1, 2, 3});
    static final HelloReply REPLY = new HelloReply(
            HelloReply.Status.ACCEPTED,
            "Server1",
            0x4142434445464748L,
            ServerRole.ACTIVE_COORDINATOR,
            7,
            "10.0.0.1:9510",
            "aeron",
            42,
            0x5152535455565758L,
            0x6162636465666768L,
            address(10, 0, 0, 1, 9510),
            250,
            1500,
            "");
    static final Heartbeat HEARTBEAT =
            new Heartbeat(0x4142434445464748L, 3, ServerRole.PASSIVE_STANDBY, 7, "10.0.0.1:9510");
    static final byte[] MESSAGE = {9, 8, 7};

    private SampleMessages() {}

    static byte[] helloFrame() {
        return frame(buffer -> new LivenessPublisher().hello(HELLO, buffer, 0));
    }

    static byte[] replyFrame() {
        return frame(buffer -> new LivenessPublisher().reply(REPLY, buffer, 0));
    }

    static byte[] heartbeatFrame() {
        return frame(buffer -> new LivenessPublisher().heartbeat(HEARTBEAT, buffer, 0));
    }

    static byte[] goodbyeFrame() {
        return frame(buffer -> new LivenessPublisher().goodbye(0x4142434445464748L, "stopped", buffer, 0));
    }

    static byte[] messageFrame() {
        return frame(
                buffer -> new LivenessPublisher().message(new UnsafeBuffer(MESSAGE), 0, MESSAGE.length, buffer, 0));
    }

    static byte[] challengeFrame() {
        return frame(buffer -> new LivenessPublisher()
                .challenge(
                        filled(LivenessProtocol.NONCE_LENGTH, 0xA1),
                        filled(LivenessProtocol.PROOF_LENGTH, 0xB2),
                        buffer,
                        0));
    }

    static byte[] proofFrame() {
        return frame(buffer -> new LivenessPublisher().proof(filled(LivenessProtocol.PROOF_LENGTH, 0xC3), buffer, 0));
    }

    /** A message inside a seal, its MAC still missing. */
    static byte[] sealedFrame() {
        return frame(buffer -> {
            LivenessPublisher publisher = new LivenessPublisher();
            int length = publisher.message(
                    new UnsafeBuffer(MESSAGE), 0, MESSAGE.length, buffer, LivenessProtocol.SEAL_LENGTH);
            return publisher.seal(buffer, 0, length);
        });
    }

    static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    static List<byte[]> allFrames() {
        return List.of(
                helloFrame(),
                replyFrame(),
                heartbeatFrame(),
                goodbyeFrame(),
                messageFrame(),
                challengeFrame(),
                proofFrame(),
                sealedFrame());
    }

    static byte[] frame(ToIntFunction<UnsafeBuffer> encode) {
        byte[] bytes = new byte[LivenessProtocol.MAX_FRAME_LENGTH];
        return Arrays.copyOf(bytes, encode.applyAsInt(new UnsafeBuffer(bytes)));
    }

    private static InetSocketAddress address(int a, int b, int c, int d, int port) {
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(new byte[] {(byte) a, (byte) b, (byte) c, (byte) d}), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
