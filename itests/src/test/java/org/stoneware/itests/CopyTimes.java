package org.stoneware.itests;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.stoneware.demo.Await;
import org.stoneware.demo.Page;
import org.stoneware.demo.ServerProcess;

/**
 * When an active gave a standby its last whole copy, as its events tell it.
 *
 * @param beginNs  when it began to send sessions, of {@link System#nanoTime()}, exact to a millisecond.
 * @param inSyncNs when the standby counted again.
 */
record CopyTimes(long beginNs, long inSyncNs) {
    private static final String EVENT = "\"timeMs\"\\s*:\\s*(\\d+)\\s*,\\s*\"type\"\\s*:\\s*\"standby-sync\"\\s*,"
            + "\\s*\"text\"\\s*:\\s*\"%s: \\w+ -> %s:";

    /** Waits until the standby has had a copy and is in sync. */
    static CopyTimes await(ServerProcess active, String standby, Duration patience) {
        Await.until(
                standby + " has been copied and is in sync",
                patience,
                () -> inSyncMs(active, standby) >= beginMs(active, standby),
                () -> events(active));
        // The servers of a test share its clock.
        long offsetNs = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
        return new CopyTimes(
                offsetNs + TimeUnit.MILLISECONDS.toNanos(beginMs(active, standby)),
                offsetNs + TimeUnit.MILLISECONDS.toNanos(inSyncMs(active, standby)));
    }

    private static long beginMs(ServerProcess active, String standby) {
        return last(active, standby, "SEND_SNAPSHOT", Long.MAX_VALUE);
    }

    private static long inSyncMs(ServerProcess active, String standby) {
        return last(active, standby, "SYNCED", 0);
    }

    private static long last(ServerProcess active, String standby, String state, long none) {
        Matcher event = Pattern.compile(EVENT.formatted(standby, state)).matcher(events(active));
        long timeMs = none;
        while (event.find()) {
            timeMs = Long.parseLong(event.group(1));
        }
        return timeMs;
    }

    private static String events(ServerProcess server) {
        try {
            return Page.get(URI.create(server.member().management() + "/api/v1/events"), null)
                    .body();
        } catch (IOException e) {
            return e.toString();
        }
    }
}
