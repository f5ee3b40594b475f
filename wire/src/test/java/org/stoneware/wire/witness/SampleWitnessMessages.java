package org.stoneware.wire.witness;

import static org.stoneware.wire.session.SampleRequests.bytes;

import java.util.LinkedHashMap;
import java.util.Map;
import org.stoneware.api.cluster.ServerRole;

/** One message of each kind, by the name of its template. */
final class SampleWitnessMessages {
    private static final WitnessPublisher MESSAGES = new WitnessPublisher();

    private SampleWitnessMessages() {}

    static Map<String, byte[]> all() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put("WitnessQuestion", bytes(out -> MESSAGES.question(out, 1, "Server2", 2)));
        all.put("WitnessAnswer", bytes(out -> MESSAGES.answer(out, 1, true, 3, true)));
        all.put("SoloNotice", bytes(out -> MESSAGES.soloNotice(out, 2, true)));
        all.put("LifeProbe", bytes(out -> MESSAGES.probe(out, 4)));
        all.put("LifeProbeAnswer", bytes(out -> MESSAGES.probeAnswer(out, 4, 2, 5)));
        all.put("WitnessedRole", bytes(out -> MESSAGES.role(out, 1, 2, ServerRole.ACTIVE_COORDINATOR, 6)));
        return all;
    }
}
