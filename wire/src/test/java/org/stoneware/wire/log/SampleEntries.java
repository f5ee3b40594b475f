package org.stoneware.wire.log;

import static org.stoneware.wire.session.SampleRequests.KEY;
import static org.stoneware.wire.session.SampleRequests.NEW_KEY;
import static org.stoneware.wire.session.SampleRequests.bytes;
import static org.stoneware.wire.session.SampleRequests.delta;

import java.util.LinkedHashMap;
import java.util.Map;
import org.stoneware.wire.session.SampleRequests;

/** One log entry of each kind, by the name of its template. */
public final class SampleEntries {
    private static final LogEntryPublisher ENTRIES = new LogEntryPublisher();

    private SampleEntries() {}

    public static Map<String, byte[]> all() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put("ClientRegistered", bytes(out -> ENTRIES.clientRegistered(out, 1, 2, 3)));
        all.put("ClientForgotten", bytes(out -> ENTRIES.clientForgotten(out, 1, 2)));
        all.put("SessionWritten", bytes(out -> ENTRIES.sessionWritten(out, 1, 2, 3, 4, 5, 1, KEY, delta())));
        all.put("SessionRemoved", bytes(out -> ENTRIES.sessionRemoved(out, 1, 2, 3, 4, KEY)));
        all.put("SessionRenamed", bytes(out -> ENTRIES.sessionRenamed(out, 1, 2, 3, 4, KEY, NEW_KEY)));
        all.put("SessionTouched", bytes(out -> ENTRIES.sessionTouched(out, 5, KEY)));
        all.put("SessionExpired", bytes(out -> ENTRIES.sessionExpired(out, 5, KEY)));
        all.put("ExpiryDelivered", bytes(out -> ENTRIES.expiryDelivered(out, 6)));
        all.put("SessionAdopted", bytes(out -> ENTRIES.sessionAdopted(out, NEW_KEY, SampleRequests.record())));
        all.put("SessionWithdrawn", bytes(out -> ENTRIES.sessionWithdrawn(out, KEY)));
        return all;
    }
}
