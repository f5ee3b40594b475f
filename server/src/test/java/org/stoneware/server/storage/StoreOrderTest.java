package org.stoneware.server.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What servers say to each other about stores, byte by byte. */
class StoreOrderTest {
    @ParameterizedTest
    @CsvSource({
        "USE, ann, 5357534f01010600 6d656d6f7279 616e6e",
        "ASK, a.b 1.0.0, 5357534f01040600 6d656d6f7279 612e6220312e302e30",
        "LACKS, a.b 1.0.0, 5357534f01080600 6d656d6f7279 612e6220312e302e30"
    })
    void shouldBeWrittenAsEver(StoreOrder.Kind kind, String text, String bytes) {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();

        int length = new StoreOrder(kind, "memory", text).encode(buffer);

        byte[] written = new byte[length];
        buffer.getBytes(0, written);
        assertThat(HexFormat.of().formatHex(written)).isEqualTo(bytes.replace(" ", ""));
    }

    @ParameterizedTest
    @EnumSource(StoreOrder.Kind.class)
    void shouldBeReadAsItWasWritten(StoreOrder.Kind kind) {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        StoreOrder order = new StoreOrder(kind, "permanent-store", "a.b 1.0.0\nit is too slow");

        int length = order.encode(buffer);

        assertThat(StoreOrder.decode(buffer, 0, length)).isEqualTo(order);
    }

    @Test
    void shouldNotBeReadWhenItsKindIsNotKnown() {
        byte[] bytes = HexFormat.of().parseHex("5357534f01090600" + "6d656d6f7279");

        assertThat(StoreOrder.decode(new UnsafeBuffer(bytes), 0, bytes.length)).isNull();
    }
}
