package org.stoneware.server.request;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Notices of ended sessions that one Tomcat has not confirmed, by application. An application that lets its notices lie counts for itself
 * alone, so that those which confirm have all the room there is.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> {@link #MAX_OF_APPLICATION} notices of one application, and {@link #MAX_OF_TOMCAT} of all
 * that are not late.
 */
final class OpenNotices {
    static final int MAX_OF_APPLICATION = 64;
    /** Less than a Tomcat lets wait: what it has no room for it drops, and is told again only when the notice is late. */
    static final int MAX_OF_TOMCAT = 192;

    private final Map<String, OfApplication> applications = new HashMap<>();
    private int counted;

    private static final class OfApplication {
        int count;
        boolean isLate;
    }

    boolean hasRoom(String application) {
        @Nullable OfApplication of = applications.get(application);
        int count = of == null ? 0 : of.count;
        return count < MAX_OF_APPLICATION && (isLate(application) || counted < MAX_OF_TOMCAT);
    }

    /** Whether every application may have to wait for one of the others. */
    boolean isFull() {
        return counted >= MAX_OF_TOMCAT;
    }

    void add(String application) {
        OfApplication of = applications.computeIfAbsent(application, name -> new OfApplication());
        of.count++;
        counted += of.isLate ? 0 : 1;
    }

    void remove(String application) {
        @Nullable OfApplication of = applications.get(application);
        if (of != null && of.count > 0) {
            of.count--;
            counted -= of.isLate ? 0 : 1;
            forgetUnused(application, of);
        }
    }

    int count(String application) {
        @Nullable OfApplication of = applications.get(application);
        return of == null ? 0 : of.count;
    }

    int counted() {
        return counted;
    }

    boolean isLate(String application) {
        @Nullable OfApplication of = applications.get(application);
        return of != null && of.isLate;
    }

    /**
     * A notice was not confirmed in time, or one was confirmed.
     *
     * @return false when nothing has changed by that.
     */
    boolean setLate(String application, boolean isLate) {
        OfApplication of = applications.computeIfAbsent(application, name -> new OfApplication());
        boolean isNews = of.isLate != isLate;
        if (isNews) {
            of.isLate = isLate;
            counted += isLate ? -of.count : of.count;
        }
        forgetUnused(application, of);
        return isNews;
    }

    private void forgetUnused(String application, OfApplication of) {
        if (of.count == 0 && !of.isLate) {
            applications.remove(application);
        }
    }

    /** The Tomcat has gone; nothing is open there, and the next time it begins anew. */
    void clear() {
        applications.clear();
        counted = 0;
    }
}
