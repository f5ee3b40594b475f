package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.wire.liveness.LivenessProtocol;
import org.stoneware.wire.liveness.LivenessPublisher;

class ProvenKeysTest {
    private static final byte[] NONCE = new byte[LivenessProtocol.NONCE_LENGTH];
    private static final byte[] OTHER_NONCE = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    /** Part of the protocol: another version that computes something else can't be talked to. */
    @Test
    void shouldComputeTheSameProofsAsEver() {
        // As version 1 of what is spoken above the format said it, whatever version this is.
        Hello hello = new Hello(Hello.Kind.SERVER, 1, 1, 2, 18, "caller", "0.1.0", List.of(), null, new byte[0]);
        ProvenKeys keys = keys(hello, NONCE);

        assertThat(hex(keys.callerProof()))
                .isEqualTo("ef13d575427647925b64c040456756dbd611605075047cd0053f0e2d30a7e436");
        assertThat(hex(keys.calledProof()))
                .isEqualTo("fd86ce863cf2ce4aee6bc61a25e89557842c7030b1ef96bf270657f9117e71dd");
        assertThat(hex(longs(keys.masked(Greetings.ACCEPTED)))).isEqualTo("15611cc6fc3336c8b6f94733cc21ac57");
    }

    @Test
    void shouldDifferByEveryFieldOfTheHelloAndByBothNoncesAndTheKey() {
        Hello hello = hello(Hello.Kind.SERVER, 1, 1, 1, "a", 9510, NONCE);
        List<ProvenKeys> all = List.of(
                keys(hello, NONCE),
                keys(hello, OTHER_NONCE),
                ProvenKeys.of(Keys.OTHER, encoded(hello), NONCE),
                keys(hello.withCredentials(OTHER_NONCE), NONCE),
                keys(hello(Hello.Kind.VALVE, 1, 1, 1, "a", 9510, NONCE), NONCE),
                keys(hello(Hello.Kind.SERVER, 2, 1, 1, "a", 9510, NONCE), NONCE),
                keys(hello(Hello.Kind.SERVER, 1, 2, 1, "a", 9510, NONCE), NONCE),
                keys(hello(Hello.Kind.SERVER, 1, 1, 2, "a", 9510, NONCE), NONCE),
                keys(hello(Hello.Kind.SERVER, 1, 1, 1, "b", 9510, NONCE), NONCE),
                keys(hello(Hello.Kind.SERVER, 1, 1, 1, "a", 9511, NONCE), NONCE));

        Set<String> proofs = all.stream()
                .flatMap(keys -> Stream.of(hex(keys.callerProof()), hex(keys.calledProof())))
                .collect(Collectors.toSet());

        assertThat(proofs).hasSize(2 * all.size());
    }

    @Test
    void shouldShowMaskedReplyAgain() {
        ProvenKeys keys = keys(Greetings.SERVER_HELLO, NONCE);

        assertThat(keys.masked(Greetings.ACCEPTED)).isNotEqualTo(Greetings.ACCEPTED);
        assertThat(keys.masked(keys.masked(Greetings.ACCEPTED))).isEqualTo(Greetings.ACCEPTED);
    }

    private static ProvenKeys keys(Hello hello, byte[] nonce) {
        return ProvenKeys.of(Keys.ARRAY, encoded(hello), nonce);
    }

    private static ByteBuffer encoded(Hello hello) {
        byte[] bytes = new byte[LivenessProtocol.MAX_GREETING_LENGTH];
        return ByteBuffer.wrap(bytes, 0, new LivenessPublisher().hello(hello, new UnsafeBuffer(bytes), 0));
    }

    private static Hello hello(
            Hello.Kind kind, long idHigh, long idLow, long incarnation, String name, int port, byte[] nonce) {
        return new Hello(
                kind,
                1,
                idHigh,
                idLow,
                incarnation,
                name,
                "1",
                List.of(),
                new InetSocketAddress("127.0.0.1", port),
                nonce);
    }

    private static byte[] longs(org.stoneware.spi.liveness.HelloReply reply) {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(reply.keyHigh())
                .putLong(reply.keyLow())
                .array();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
