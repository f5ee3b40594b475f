package org.stoneware.wire.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.wire.session.WireException;

class ReplicationAdapterTest {
    private final RecordedFrames recorded = new RecordedFrames();
    private final ReplicationAdapter adapter = new ReplicationAdapter();

    @Test
    void shouldDecodeWhatPublisherEncoded() {
        for (byte[] frame : SampleFrames.all()) {
            decode(frame);
        }

        assertThat(recorded.messages)
                .filteredOn(message -> !message.startsWith("groupId"))
                .containsExactly(
                        "sync 49 5 48",
                        "begin 81",
                        "record 81 50 SESSION 987",
                        "end 81 51 6 1000 4",
                        "entry 52 6 5 48 1001 97 113 987",
                        "ack 52 113",
                        "stale 8",
                        "commit 52 51 1002 114",
                        "digest 52 64 32 1 2 5 129",
                        "mismatch 52 SESSIONS 64 32",
                        "lineage true [LineageEpoch[epoch=5, lastIndex=49, startTimeMs=900],"
                                + " LineageEpoch[epoch=7, lastIndex=53, startTimeMs=1003]]",
                        "diverged Divergence[number=2, forkIndex=49, logTimeMs=1004, lastAccessedTimeMs=1003,"
                                + " originLength=1, kind=SESSION, isNew=true] 987",
                        "diverged ack 2",
                        "diverged end 3 4",
                        "reconciled 5 6 7 8");
    }

    @Test
    void shouldNameOriginOfEveryFrame() {
        for (byte[] frame : SampleFrames.all()) {
            decode(frame);
        }

        assertThat(recorded.messages)
                .filteredOn(message -> message.startsWith("groupId"))
                .hasSize(15)
                .containsOnly("groupId=3 senderId=2 epoch=7 incarnation=1230066625199609624 streamSeq=2");
    }

    @Test
    void shouldStopAfterOriginWhenListenerDoesNotWantMessage() {
        recorded.isWanted = false;

        decode(SampleFrames.ack());

        assertThat(recorded.messages).hasSize(1);
    }

    @Test
    void shouldRefuseEveryFrameThatEndsEarlyOrLate() {
        for (byte[] frame : SampleFrames.all()) {
            for (int length = 0; length < frame.length + 3; length++) {
                byte[] other = Arrays.copyOf(frame, length);
                if (length != frame.length) {
                    assertThatThrownBy(() -> decode(other)).isInstanceOf(WireException.class);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 4, 6})
    void shouldRefuseForeignBlockLengthTemplateSchemaAndVersion(int headerField) {
        byte[] frame = SampleFrames.entry();
        frame[headerField] += 20;

        assertThatThrownBy(() -> decode(frame)).isInstanceOf(WireException.class);
        assertThat(recorded.messages).isEmpty();
    }

    @Test
    void shouldRefuseEveryChangedByteOfContentAndItsNumbers() {
        byte[] entry = SampleFrames.entry();
        // Behind message header (8) and frame fields (32): index, entry epoch, previous epoch; then commit index, which
        // is not state.
        for (int i = 40; i < entry.length; i++) {
            if (i < 64 || i >= 72) {
                byte[] changed = entry.clone();
                changed[i] ^= 0x10;
                assertThatThrownBy(() -> decode(changed)).isInstanceOf(WireException.class);
            }
        }
        byte[] record = SampleFrames.snapshotRecord();
        for (int i = 40; i < record.length; i++) {
            byte[] changed = record.clone();
            changed[i] ^= 0x10;
            assertThatThrownBy(() -> decode(changed)).isInstanceOf(WireException.class);
        }
    }

    @Test
    void shouldNumberFramesOfStreamOnlyWhenTheyWereSent() {
        ReplicationPublisher publisher = new ReplicationPublisher(3, 2, 1, 7);
        UnsafeBuffer out = new UnsafeBuffer(new byte[256]);

        adapter.onFrame(out, 0, publisher.ack(out, 1, 2), recorded);
        adapter.onFrame(out, 0, publisher.ack(out, 1, 2), recorded);
        publisher.sent();
        adapter.onFrame(out, 0, publisher.ack(out, 1, 2), recorded);

        assertThat(recorded.messages)
                .filteredOn(message -> message.startsWith("groupId"))
                .extracting(message -> message.substring(message.indexOf("streamSeq")))
                .containsExactly("streamSeq=1", "streamSeq=1", "streamSeq=2");
    }

    private void decode(byte[] frame) {
        adapter.onFrame(new UnsafeBuffer(frame), 0, frame.length, recorded);
    }
}
