package org.stoneware.wire.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Bytes of schema 901 version 1. They change only together with the version. */
class LivenessGoldenBytesTest {
    @Test
    void shouldEncodeHelloAsEver() {
        assertThat(hex(SampleMessages.helloFrame()))
                .isEqualTo(
                        "53000000" + "1f00" + "0100" + "8503" + "0100" // length, block, template, schema 901, version
                                + "01" + "01000000" // valve, protocol version
                                + "1817161514131211" + "2827262524232221" + "3837363534333231"
                                + "bb9c" // data port 40123
                                + "0000" + "0200" // two transports
                                + "0500" + text("aeron") + "0300" + text("tcp")
                                + "0800" + text("tomcat-a")
                                + "0500" + text("0.1.0")
                                + "0400" + "0a000007"
                                + "0300" + "010203");
    }

    @Test
    void shouldEncodeReplyAsEver() {
        assertThat(hex(SampleMessages.replyFrame()))
                .isEqualTo("5f000000" + "3000" + "0200" + "8503" + "0100"
                        + "01" + "03" // accepted, active
                        + "4847464544434241" + "0700000000000000"
                        + "5857565554535251" + "6867666564636261"
                        + "2a000000" + "fa000000" + "dc050000" // connection, heartbeat, silence
                        + "2625" // data port 9510
                        + "0700" + text("Server1")
                        + "0d00" + text("10.0.0.1:9510")
                        + "0500" + text("aeron")
                        + "0400" + "0a000001"
                        + "0000");
    }

    @Test
    void shouldEncodeHeartbeatAsEver() {
        assertThat(hex(SampleMessages.heartbeatFrame()))
                .isEqualTo("2c000000" + "1500" + "0300" + "8503" + "0100"
                        + "4847464544434241" + "0700000000000000"
                        + "03000000" + "02" // agent age, standby
                        + "0d00" + text("10.0.0.1:9510"));
    }

    @Test
    void shouldEncodeGoodbyeAsEver() {
        assertThat(hex(SampleMessages.goodbyeFrame()))
                .isEqualTo(
                        "19000000" + "0800" + "0400" + "8503" + "0100" + "4847464544434241" + "0700" + text("stopped"));
    }

    @Test
    void shouldEncodeMessageAsEver() {
        assertThat(hex(SampleMessages.messageFrame()))
                .isEqualTo("0f000000" + "0000" + "0500" + "8503" + "0100" + "03000000" + "090807");
    }

    @Test
    void shouldEncodeChallengeAsEver() {
        assertThat(hex(SampleMessages.challengeFrame()))
                .isEqualTo("48000000" + "4000" + "0600" + "8503" + "0100" + "a1".repeat(32) + "b2".repeat(32));
    }

    @Test
    void shouldEncodeProofAsEver() {
        assertThat(hex(SampleMessages.proofFrame()))
                .isEqualTo("28000000" + "2000" + "0700" + "8503" + "0100" + "c3".repeat(32));
    }

    @Test
    void shouldEncodeSealedMessageAsEver() {
        assertThat(hex(SampleMessages.sealedFrame()))
                .isEqualTo("2f000000" + "1000" + "0800" + "8503" + "0100" + "00".repeat(16) + "13000000"
                        + hex(SampleMessages.messageFrame()));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static String text(String text) {
        return hex(text.getBytes(StandardCharsets.US_ASCII));
    }
}
