package org.stoneware.wire.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Bytes of schema 904 version 3. They change only together with the version. */
class ReplicationGoldenBytesTest {
    // Group 3, sender 2, epoch 7, incarnation, second frame of its stream.
    private static final String FRAME =
            "03000000" + "02000000" + "0700000000000000" + "1817161514131211" + "0200000000000000";

    @Test
    void shouldEncodeSyncRequestAsEver() {
        assertThat(hex(SampleFrames.syncRequest()))
                .isEqualTo("3800" + "0100" + "8803" + "0300" + FRAME + "3100000000000000" + "0500000000000000"
                        + "3000000000000000");
    }

    @Test
    void shouldEncodeSnapshotBeginAsEver() {
        assertThat(hex(SampleFrames.snapshotBegin()))
                .isEqualTo("2800" + "0200" + "8803" + "0300" + FRAME + "5100000000000000");
    }

    @Test
    void shouldEncodeSnapshotRecordAsEver() {
        assertThat(hex(SampleFrames.snapshotRecord()))
                .isEqualTo("3500" + "0300" + "8803" + "0300" + FRAME + "5100000000000000" + "3200000000000000"
                        + "31f691cb" + "01" + "03000000" + "090807");
    }

    @Test
    void shouldEncodeSnapshotEndAsEver() {
        assertThat(hex(SampleFrames.snapshotEnd()))
                .isEqualTo("4800" + "0400" + "8803" + "0300" + FRAME + "5100000000000000" + "3300000000000000"
                        + "0600000000000000" + "e803000000000000" + "0400000000000000");
    }

    @Test
    void shouldEncodeEntryAsEver() {
        assertThat(hex(SampleFrames.entry()))
                .isEqualTo("5c00" + "0500" + "8803" + "0300" + FRAME + "3400000000000000" + "0600000000000000"
                        + "0500000000000000" + "3000000000000000" + "e903000000000000" + "d64ffcf4" + "6100000000000000"
                        + "7100000000000000"
                        + "03000000" + "090807");
    }

    @Test
    void shouldEncodeAckAsEver() {
        assertThat(hex(SampleFrames.ack()))
                .isEqualTo("3000" + "0600" + "8803" + "0300" + FRAME + "3400000000000000" + "7100000000000000");
    }

    @Test
    void shouldEncodeStaleAsEver() {
        assertThat(hex(SampleFrames.stale())).isEqualTo("2800" + "0700" + "8803" + "0300" + FRAME + "0800000000000000");
    }

    @Test
    void shouldEncodeCommitAsEver() {
        assertThat(hex(SampleFrames.commit()))
                .isEqualTo("4000" + "0800" + "8803" + "0300" + FRAME + "3400000000000000" + "3300000000000000"
                        + "ea03000000000000" + "7200000000000000");
    }

    @Test
    void shouldEncodeStateDigestAsEver() {
        assertThat(hex(SampleFrames.stateDigest()))
                .isEqualTo("4800" + "0900" + "8803" + "0300" + FRAME + "3400000000000000" + "40000000" + "20000000"
                        + "01000000" + "02000000" + "0500000000000000" + "8100000000000000");
    }

    @Test
    void shouldEncodeMismatchAsEver() {
        assertThat(hex(SampleFrames.mismatch()))
                .isEqualTo("3100" + "0a00" + "8803" + "0300" + FRAME + "3400000000000000" + "01" + "40000000"
                        + "20000000");
    }

    @Test
    void shouldEncodeLineageAsEver() {
        assertThat(hex(SampleFrames.lineage()))
                .isEqualTo("2100" + "0b00" + "8803" + "0300" + FRAME + "01" + "1800" + "0200" + "0500000000000000"
                        + "3100000000000000" + "8403000000000000" + "0700000000000000" + "3500000000000000"
                        + "eb03000000000000");
    }

    @Test
    void shouldEncodeDivergedAsEver() {
        assertThat(hex(SampleFrames.diverged()))
                .isEqualTo("4a00" + "0c00" + "8803" + "0300" + FRAME + "0200000000000000" + "3100000000000000"
                        + "ec03000000000000" + "eb03000000000000" + "888cf0e5" + "01000000" + "01" + "01" + "03000000"
                        + "090807");
    }

    @Test
    void shouldEncodeDivergedAckAsEver() {
        assertThat(hex(SampleFrames.divergedAck()))
                .isEqualTo("2800" + "0d00" + "8803" + "0300" + FRAME + "0200000000000000");
    }

    @Test
    void shouldEncodeDivergedEndAsEver() {
        assertThat(hex(SampleFrames.divergedEnd()))
                .isEqualTo("3000" + "0e00" + "8803" + "0300" + FRAME + "0300000000000000" + "0400000000000000");
    }

    @Test
    void shouldEncodeReconciledAsEver() {
        assertThat(hex(SampleFrames.reconciled()))
                .isEqualTo("4000" + "0f00" + "8803" + "0300" + FRAME + "0500000000000000" + "0600000000000000"
                        + "0700000000000000" + "0800000000000000");
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
