package org.stoneware.server.agent;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.stoneware.server.storage.StoreSwitch;

/**
 * Which modes other servers have left a moment ago: their old stores stand by, and would need their bundles again.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class LeftModes {
    /** A server tells its mode once a second, and may not be heard for a while. */
    static final long REMEMBERED_NS = StoreSwitch.PROBATION_NS + TimeUnit.SECONDS.toNanos(15);

    private static final long LOOK_NS = TimeUnit.SECONDS.toNanos(1);

    private final ExchangeHost host;
    private final Map<Integer, String> modes = new HashMap<>();
    private final Map<String, Left> left = new HashMap<>();
    private long lookedNs = Long.MIN_VALUE;

    private record Left(int memberId, long atNs) {}

    LeftModes(ExchangeHost host) {
        this.host = host;
    }

    /** @return amount of work done; not 0 when {@link #byMode} has changed. */
    int doWork(long nowNs) {
        if (lookedNs != Long.MIN_VALUE && nowNs - lookedNs < LOOK_NS) {
            return 0;
        }
        lookedNs = nowNs;
        int work = left.values().removeIf(each -> nowNs - each.atNs > REMEMBERED_NS) ? 1 : 0;
        for (int each : host.reachable()) {
            String mode = host.mode(each);
            String before = mode.isEmpty() ? mode : modes.put(each, mode);
            if (before != null && !before.equals(mode)) {
                left.put(before, new Left(each, nowNs));
                work++;
            }
        }
        return work;
    }

    /** Name of the server that has left a mode. */
    Map<String, String> byMode() {
        Map<String, String> all = new HashMap<>();
        left.forEach((mode, each) -> all.put(mode, host.name(each.memberId)));
        return all;
    }
}
