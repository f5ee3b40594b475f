package org.stoneware.wire.log;

import static org.stoneware.wire.session.SampleRequests.KEY;
import static org.stoneware.wire.session.SampleRequests.NEW_KEY;
import static org.stoneware.wire.session.SampleRequests.bytes;

import java.util.LinkedHashMap;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.wire.session.WriteStatus;

/** One row of each kind, by the name of its template. */
final class SampleRows {
    private static final StateRowPublisher ROWS = new StateRowPublisher();

    private SampleRows() {}

    static Map<String, byte[]> all() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put(
                "ClientRow",
                bytes(out -> ROWS.client(out, 1, 2, 3, 2, sink -> {
                    sink.onAnswer(3, WriteStatus.COMMITTED, 7);
                    sink.onAnswer(5, WriteStatus.ABSENT, 0);
                })));
        all.put("AliasRow", bytes(out -> ROWS.alias(out, 9, KEY, NEW_KEY)));
        UnsafeBuffer piece = new UnsafeBuffer(new byte[] {1, 2, 3});
        all.put("ExpiryJobRow", bytes(out -> ROWS.expiryJob(out, 4, 5, 80, 6, piece, 0, 3)));
        all.put("TotalsRow", bytes(out -> ROWS.totals(out, 1, 2, 3, 4)));
        return all;
    }
}
