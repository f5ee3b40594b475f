package org.stoneware.tomcat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.Session;

/**
 * Keeps the copies of sessions in this Tomcat within bounds. The array holds the session of a copy that is dropped, but for attributes
 * that live in this Tomcat alone: those are gone, and that is said. So copies with such attributes go last.
 */
final class LocalCopies {
    private LocalCopies() {}

    /** Drops unused copies of sessions that must have expired by now, and ends uses nobody is left to end. */
    static void dropIdle(Map<String, Session> copies, long nowNs, long slackSec) {
        for (Session session : copies.values()) {
            ClusteredSession copy = (ClusteredSession) session;
            long idleSec = TimeUnit.NANOSECONDS.toSeconds(nowNs - copy.uses().lastNs());
            if (idleSec > slackSec && copy.uses().isStray()) {
                copy.sessions().detached().end(copy);
            }
            int interval = copy.getMaxInactiveInterval();
            if (interval > 0 && idleSec > interval + slackSec) {
                drop(copy);
            }
        }
    }

    private static boolean drop(ClusteredSession copy) {
        List<String> local = copy.content().localNames();
        boolean isDropped = copy.drop();
        if (isDropped) {
            local.forEach(copy.sessions().reports()::droppedLocal);
        }
        return isDropped;
    }

    /** Drops the least recently used copies that no request uses until the others fit; those with attributes of this Tomcat alone last. */
    static void trim(Map<String, Session> copies, int maxCount, long maxBytes) {
        List<ClusteredSession> byUse = new ArrayList<>();
        long bytes = 0;
        for (Session session : copies.values()) {
            ClusteredSession copy = (ClusteredSession) session;
            byUse.add(copy);
            bytes += copy.content().approximateBytes();
        }
        int count = byUse.size();
        if (count <= maxCount && bytes <= maxBytes) {
            return;
        }
        // Sorted by a snapshot of the stamps: they move while requests come in.
        record Stamped(ClusteredSession copy, boolean isLocal, long lastUsedNs) {}
        long nowNs = System.nanoTime();
        List<Stamped> oldestFirst = byUse.stream()
                .map(copy -> new Stamped(
                        copy,
                        !copy.content().localNames().isEmpty(),
                        copy.uses().lastNs() - nowNs))
                .sorted(Comparator.comparing(Stamped::isLocal).thenComparingLong(Stamped::lastUsedNs))
                .toList();
        for (Stamped candidate : oldestFirst) {
            if (count <= maxCount && bytes <= maxBytes) {
                return;
            }
            ClusteredSession copy = candidate.copy();
            if (drop(copy)) {
                count--;
                bytes -= copy.content().approximateBytes();
            }
        }
    }
}
