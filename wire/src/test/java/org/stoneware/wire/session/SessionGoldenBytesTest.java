package org.stoneware.wire.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.wire.GoldenBytes;

/** Bytes of schema 902. They change only together with the protocol version, by which both ends know that they understand each other. */
class SessionGoldenBytesTest {
    @Test
    void shouldEncodeEveryMessageAsEver() {
        Map<String, byte[]> all = new LinkedHashMap<>(SampleRequests.requests());
        all.putAll(SampleRequests.responses());

        GoldenBytes.assertUnchanged(SessionGoldenBytesTest.class, "session-wire.txt", all);
    }

    @Test
    void shouldKnowTheLengthOfAWriteBefore() {
        int length = ClientRequestPublisher.writeLength(
                SampleRequests.KEY, SampleRequests.delta().length());

        assertThat(SampleRequests.requests().get("Write")).hasSize(length);
    }

    @Test
    void shouldRestampEveryRequestThatIsSentAgain() {
        for (String name : List.of("GetOwn", "Write", "Remove", "Rename")) {
            byte[] message = SampleRequests.requests().get(name).clone();
            byte[] before = message.clone();
            UnsafeBuffer buffer = new UnsafeBuffer(message);

            new ClientRequestPublisher().restamp(buffer, 77, 88, 99);

            assertThat(buffer.getLong(8, ByteOrder.LITTLE_ENDIAN)).as(name).isEqualTo(77);
            assertThat(buffer.getLong(16, ByteOrder.LITTLE_ENDIAN)).as(name).isEqualTo(88);
            boolean isChange = !name.equals("GetOwn");
            assertThat(buffer.getLong(24, ByteOrder.LITTLE_ENDIAN)).as(name).isEqualTo(isChange ? 99 : 3);
            new ClientRequestPublisher().restamp(buffer, 1, 2, 0);
            assertThat(message).as(name).isEqualTo(before);
        }
    }
}
