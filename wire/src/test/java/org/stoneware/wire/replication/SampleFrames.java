package org.stoneware.wire.replication;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntBiFunction;
import org.agrona.concurrent.UnsafeBuffer;

/** One frame of each kind. */
final class SampleFrames {
    static final byte[] CONTENT = {9, 8, 7};

    private SampleFrames() {}

    static byte[] syncRequest() {
        return frame((publisher, out) -> publisher.syncRequest(out, 0x31, 5, 0x30));
    }

    static byte[] snapshotBegin() {
        return frame((publisher, out) -> publisher.snapshotBegin(out, 0x51));
    }

    static byte[] snapshotRecord() {
        return frame((publisher, out) -> publisher.snapshotRecord(
                out, 0x51, 0x32, RecordKind.SESSION, new UnsafeBuffer(CONTENT), 0, CONTENT.length));
    }

    static byte[] snapshotEnd() {
        return frame((publisher, out) -> publisher.snapshotEnd(out, 0x51, 0x33, 6, 1_000, 4));
    }

    static byte[] entry() {
        return frame((publisher, out) -> publisher.entry(
                out, 0x34, 6, 5, 0x30, 1_001, 0x61, 0x71, new UnsafeBuffer(CONTENT), 0, CONTENT.length));
    }

    static byte[] ack() {
        return frame((publisher, out) -> publisher.ack(out, 0x34, 0x71));
    }

    static byte[] stale() {
        return frame((publisher, out) -> publisher.stale(out, 8));
    }

    static byte[] commit() {
        return frame((publisher, out) -> publisher.commit(out, 0x34, 0x33, 1_002, 0x72));
    }

    static byte[] stateDigest() {
        return frame((publisher, out) -> publisher.stateDigest(out, 0x34, 64, 32, 1, 2, 5, 0x81));
    }

    static byte[] mismatch() {
        return frame((publisher, out) -> publisher.mismatch(out, 0x34, MismatchKind.SESSIONS, 64, 32));
    }

    static byte[] lineage() {
        List<LineageEpoch> epochs = List.of(new LineageEpoch(5, 0x31, 900), new LineageEpoch(7, 0x35, 1_003));
        return frame((publisher, out) -> publisher.lineage(out, true, epochs));
    }

    static byte[] diverged() {
        Divergence divergence = new Divergence(2, 0x31, 1_004, 1_003, 1, DivergedKind.SESSION, true);
        return frame(
                (publisher, out) -> publisher.diverged(out, divergence, new UnsafeBuffer(CONTENT), 0, CONTENT.length));
    }

    static byte[] divergedAck() {
        return frame((publisher, out) -> publisher.divergedAck(out, 2));
    }

    static byte[] divergedEnd() {
        return frame((publisher, out) -> publisher.divergedEnd(out, 3, 4));
    }

    static byte[] reconciled() {
        return frame((publisher, out) -> publisher.reconciled(out, 5, 6, 7, 8));
    }

    static List<byte[]> all() {
        return List.of(
                syncRequest(),
                snapshotBegin(),
                snapshotRecord(),
                snapshotEnd(),
                entry(),
                ack(),
                stale(),
                commit(),
                stateDigest(),
                mismatch(),
                lineage(),
                diverged(),
                divergedAck(),
                divergedEnd(),
                reconciled());
    }

    private static byte[] frame(ToIntBiFunction<ReplicationPublisher, UnsafeBuffer> encode) {
        ReplicationPublisher publisher = new ReplicationPublisher(3, 2, 0x1112131415161718L, 7);
        publisher.sent();
        byte[] bytes = new byte[256];
        return Arrays.copyOf(bytes, encode.applyAsInt(publisher, new UnsafeBuffer(bytes)));
    }
}
