package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Bytes of format version 1, as {@code docs/storage-format.md} describes them. A change here is a new version. */
final class FormatTest {
    private static final long LOG = 0x1122334455667788L;

    private final RecordHint hint = new RecordHint()
            .set(0x0102030405060708L, 0x1112131415161718L, 77, 1_700_000_000_000L, 1800, 0x2122232425262728L);

    @Test
    void shouldWriteTheLogFileAsDocumented() {
        assertThat(hex(LogFile.encode(LOG)))
                .isEqualTo("5354574c4f470d0a" + "01000000" + "00000000" + "8877665544332211" + "f5c99da2" + "00000000");
    }

    @Test
    void shouldWriteTheSegmentHeaderAsDocumented() {
        assertThat(hex(new SegmentHeader(LOG, 5, 1000, new int[] {2, 4, 3}).encode()))
                .isEqualTo("5354575345470d0a" + "01000000" + "40000000" + "8877665544332211" + "05000000" + "03000000"
                        + "e803000000000000" + "269b6b43" + "00000000" + "02000000" + "04000000" + "03000000"
                        + "00000000");
    }

    @Test
    void shouldNameTheSegmentWhoseFileItWasAsDocumented() {
        assertThat(hex(new SegmentHeader(LOG, 5, 1000, new int[] {4}, 3).encode()))
                .isEqualTo("5354575345470d0a" + "01000000" + "38000000" + "8877665544332211" + "05000000" + "01000000"
                        + "e803000000000000" + "1492ef7d" + "03000000" + "04000000" + "00000000");
    }

    @Test
    void shouldWriteARecordAsDocumented() {
        byte[] content = "cart".getBytes(StandardCharsets.US_ASCII);
        PendingRing ring = new PendingRing(1 << 16);
        ring.reserve(0, 4, 0);
        ring.put(0, new UnsafeBuffer(content), 0, 4);
        Frame frame = new Frame();

        frame.encode(
                LOG, Location.of(5, 64), RecordKind.RECORD, hint, 4, ring.checksum(0, 4), 1000, Location.of(4, 4096));

        byte[] bytes = new byte[Frame.HEADER_LENGTH];
        frame.header().getBytes(0, bytes);
        assertThat(hex(ByteBuffer.wrap(bytes)))
                .isEqualTo(
                        "b481ce33" + "53575231" + "04000000" + "5a47b8fb" + "01000000" + "08070000" + "e803000000000000"
                                + "0010000004000000" + "0807060504030201" + "1817161514131211" + "4d00000000000000"
                                + "0068e5cf8b010000" + "2827262524232221");
        assertThat(Frame.length(4)).isEqualTo(88);
    }

    @Test
    void shouldWriteTheHintFileAsDocumented() {
        HintList hints = new HintList();
        hints.add(64, 4, RecordKind.RECORD, HintList.WHOLE, hint);
        hints.addGap(152, 16);

        assertThat(hex(hints.encode(LOG, 5, 168)))
                .isEqualTo("535457484e540d0a" + "01000000" + "02000000" + "8877665544332211" + "05000000" + "00000000"
                        + "a800000000000000" + "255d77f7" + "00000000"
                        + "40000000" + "04000000" + "01000000" + "08070000" + "0807060504030201" + "1817161514131211"
                        + "4d00000000000000" + "0068e5cf8b010000" + "2827262524232221"
                        + "98000000" + "10000000" + "00020000" + "00".repeat(44));
    }

    private static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
