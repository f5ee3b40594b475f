package org.stoneware.wire.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;

class LivenessAdapterTest {
    private final RecordedMessages recorded = new RecordedMessages();
    private final LivenessAdapter adapter = new LivenessAdapter(recorded);

    @Test
    void shouldDecodeWhatPublisherEncoded() {
        for (byte[] frame : SampleMessages.allFrames()) {
            assertThat(decode(frame, true)).isEqualTo(frame.length);
        }

        assertThat(recorded.messages.get(0)).usingRecursiveComparison().isEqualTo(SampleMessages.HELLO);
        assertThat(recorded.messages.subList(1, 5))
                .containsExactly(
                        SampleMessages.REPLY,
                        SampleMessages.HEARTBEAT,
                        new RecordedMessages.Goodbye(0x4142434445464748L, "stopped"),
                        SampleMessages.MESSAGE);
    }

    @ParameterizedTest
    @EnumSource(HelloReply.Status.class)
    void shouldCarryEveryStatus(HelloReply.Status status) {
        HelloReply reply =
                new HelloReply(status, "s", 1, ServerRole.START, 0, "", "", 0, 0, 0, null, 0, 0, "not this one");

        decode(SampleMessages.frame(buffer -> new LivenessPublisher().reply(reply, buffer, 0)), false);

        assertThat(recorded.messages).containsExactly(reply);
    }

    @ParameterizedTest
    @EnumSource(ServerRole.class)
    void shouldCarryEveryRole(ServerRole role) {
        Heartbeat heartbeat = new Heartbeat(1, Integer.MAX_VALUE, role, Long.MAX_VALUE, "");

        decode(SampleMessages.frame(buffer -> new LivenessPublisher().heartbeat(heartbeat, buffer, 0)), true);

        assertThat(recorded.messages).containsExactly(heartbeat);
    }

    @ParameterizedTest
    @EnumSource(Hello.Kind.class)
    void shouldCarryEveryKindOfCaller(Hello.Kind kind) {
        Hello hello = new Hello(kind, 1, 0, 0, 5, "n", "v", List.of(), null, new byte[0]);

        decode(SampleMessages.frame(buffer -> new LivenessPublisher().hello(hello, buffer, 0)), false);

        assertThat(recorded.messages).singleElement().usingRecursiveComparison().isEqualTo(hello);
    }

    @Test
    void shouldWaitForTheRestOfEveryIncompleteFrame() {
        for (byte[] frame : SampleMessages.allFrames()) {
            for (int length = 0; length < frame.length; length++) {
                assertThat(decode(Arrays.copyOf(frame, length), true)).isZero();
            }
        }

        assertThat(recorded.messages).isEmpty();
    }

    @Test
    void shouldDecodeOnlyFirstOfTwoFrames() {
        byte[] heartbeat = SampleMessages.heartbeatFrame();
        byte[] two = Arrays.copyOf(heartbeat, 2 * heartbeat.length);
        System.arraycopy(heartbeat, 0, two, heartbeat.length, heartbeat.length);

        assertThat(decode(two, true)).isEqualTo(heartbeat.length);
        assertThat(recorded.messages).hasSize(1);
    }

    @Test
    void shouldCarryMessageOfMaximumLength() {
        UnsafeBuffer content = new UnsafeBuffer(new byte[LivenessLink.MAX_MESSAGE_LENGTH]);
        byte[] frame = SampleMessages.frame(
                buffer -> new LivenessPublisher().message(content, 0, content.capacity(), buffer, 0));

        assertThat(frame.length).isEqualTo(LivenessProtocol.MAX_PLAIN_LENGTH);
        assertThat(decode(frame, true)).isEqualTo(frame.length);
        assertThat((byte[]) recorded.messages.get(0)).hasSize(LivenessLink.MAX_MESSAGE_LENGTH);
    }

    @Test
    void shouldCarryLongestMessageInsideSeal() {
        UnsafeBuffer content = new UnsafeBuffer(new byte[LivenessLink.MAX_MESSAGE_LENGTH]);
        byte[] frame = SampleMessages.frame(buffer -> {
            LivenessPublisher publisher = new LivenessPublisher();
            int length = publisher.message(content, 0, content.capacity(), buffer, LivenessProtocol.SEAL_LENGTH);
            return publisher.seal(buffer, 0, length);
        });

        assertThat(frame.length).isEqualTo(LivenessProtocol.MAX_FRAME_LENGTH);
        assertThat(decode(frame, true)).isEqualTo(frame.length);
        assertThat(((byte[]) recorded.messages.get(1)).length).isEqualTo(LivenessProtocol.MAX_PLAIN_LENGTH);
    }

    @Test
    void shouldDecodeChallengeProofAndSealedMessageBeforeTheGreetingIsOver() {
        decode(SampleMessages.challengeFrame(), false);
        decode(SampleMessages.proofFrame(), false);
        decode(SampleMessages.sealedFrame(), false);

        assertThat(recorded.messages)
                .containsExactly(
                        SampleMessages.filled(32, 0xA1),
                        SampleMessages.filled(32, 0xB2),
                        SampleMessages.filled(32, 0xC3),
                        new byte[LivenessProtocol.MAC_LENGTH],
                        SampleMessages.messageFrame());
    }

    @Test
    void shouldNotWaitForLongSealedMessageBeforeTheGreetingIsOver() {
        byte[] preamble = Arrays.copyOf(SampleMessages.sealedFrame(), LivenessProtocol.PREAMBLE_LENGTH);
        new UnsafeBuffer(preamble).putInt(0, LivenessProtocol.MAX_GREETING_LENGTH, ByteOrder.LITTLE_ENDIAN);

        assertThat(decode(preamble, false)).isEqualTo(LivenessAdapter.PROTOCOL_ERROR);
        assertThat(decode(preamble, true)).isZero();
    }

    @Test
    void shouldRefuseHeartbeatAndMessageBeforeHelloWithoutWaitingForTheirBody() {
        assertThat(decode(Arrays.copyOf(SampleMessages.heartbeatFrame(), LivenessProtocol.PREAMBLE_LENGTH), false))
                .isEqualTo(LivenessAdapter.PROTOCOL_ERROR);
        assertThat(decode(Arrays.copyOf(SampleMessages.messageFrame(), LivenessProtocol.PREAMBLE_LENGTH), false))
                .isEqualTo(LivenessAdapter.PROTOCOL_ERROR);
    }

    @Test
    void shouldRefuseHttpRequestByItsFirstFourBytes() {
        assertThat(decode("GET ".getBytes(StandardCharsets.US_ASCII), true)).isEqualTo(LivenessAdapter.PROTOCOL_ERROR);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 7, LivenessProtocol.MAX_GREETING_LENGTH - 3, Integer.MAX_VALUE})
    void shouldRefuseLengthNoGreetingHas(int length) {
        byte[] prefix = new byte[LivenessProtocol.LENGTH_PREFIX_LENGTH];
        new UnsafeBuffer(prefix).putInt(0, length, ByteOrder.LITTLE_ENDIAN);

        assertThat(decode(prefix, false)).isEqualTo(LivenessAdapter.PROTOCOL_ERROR);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6, 8, 10})
    void shouldRefuseForeignBlockLengthTemplateSchemaAndVersion(int headerField) {
        byte[] preamble = Arrays.copyOf(SampleMessages.helloFrame(), LivenessProtocol.PREAMBLE_LENGTH);
        preamble[headerField] += 20;

        assertThat(decode(preamble, true)).isEqualTo(LivenessAdapter.PROTOCOL_ERROR);
        assertThat(adapter.errorText()).isNotEmpty();
    }

    @Test
    void shouldRefuseTextThatCouldForgeLogLine() {
        byte[] frame = SampleMessages.goodbyeFrame();
        frame[frame.length - 1] = '\n';

        assertThat(decode(frame, true)).isEqualTo(LivenessAdapter.PROTOCOL_ERROR);
    }

    @Test
    void shouldRefuseTextThatIsNotUtf8() {
        byte[] frame = SampleMessages.goodbyeFrame();
        frame[frame.length - 1] = (byte) 0xC3;

        assertThat(decode(frame, true)).isEqualTo(LivenessAdapter.PROTOCOL_ERROR);
    }

    @Test
    void shouldRefuseIncarnationZeroOfServer() {
        Hello hello = new Hello(Hello.Kind.SERVER, 1, 0, 0, 0, "n", "v", List.of(), null, new byte[0]);

        assertThatThrownBy(() -> SampleMessages.frame(buffer -> new LivenessPublisher().hello(hello, buffer, 0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldCutReasonThatIsTooLongAtWholeCharacter() {
        String reason = "a" + "\u20ac".repeat(1000);

        decode(SampleMessages.frame(buffer -> new LivenessPublisher().goodbye(1, reason, buffer, 0)), true);

        assertThat(recorded.messages).containsExactly(new RecordedMessages.Goodbye(1, "a" + "\u20ac".repeat(170)));
    }

    @Test
    void shouldSendReasonWithControlCharactersAsBlanks() {
        decode(SampleMessages.frame(buffer -> new LivenessPublisher().goodbye(1, "a\r\nb", buffer, 0)), true);

        assertThat(recorded.messages).containsExactly(new RecordedMessages.Goodbye(1, "a  b"));
    }

    @Test
    void shouldKeepLongestHelloWithinItsLimit() {
        Hello longest = new Hello(
                Hello.Kind.VALVE,
                1,
                1,
                1,
                1,
                "n".repeat(LivenessProtocol.MAX_NAME_LENGTH),
                "v".repeat(LivenessProtocol.MAX_VERSION_LENGTH),
                Collections.nCopies(LivenessProtocol.MAX_TRANSPORTS, "t".repeat(LivenessProtocol.MAX_TRANSPORT_LENGTH)),
                new InetSocketAddress("::1", 1),
                new byte[LivenessProtocol.MAX_CREDENTIALS_LENGTH]);

        byte[] frame = SampleMessages.frame(buffer -> new LivenessPublisher().hello(longest, buffer, 0));

        assertThat(frame).hasSizeLessThanOrEqualTo(LivenessProtocol.MAX_GREETING_LENGTH);
        assertThat(decode(frame, false)).isEqualTo(frame.length);
    }

    private int decode(byte[] bytes, boolean isGreeted) {
        return adapter.onBytes(new UnsafeBuffer(bytes), 0, bytes.length, isGreeted);
    }
}
