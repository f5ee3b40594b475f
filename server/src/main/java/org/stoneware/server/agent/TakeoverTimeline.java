package org.stoneware.server.agent;

import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.stoneware.api.cluster.EventType;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.server.request.ServingProgress;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;

/**
 * When what happened between missing the active and the first change served in its place. Told once for every takeover, as one event:
 * who asks why users waited sees which step took the time.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class TakeoverTimeline {
    /** Without a change for so long, what there is is told: nobody uses the array, or something is wrong. */
    static final long MAX_WAIT_NS = TimeUnit.SECONDS.toNanos(5);

    /** For so long after an active was missed every look is soon: what is asked meanwhile is answered within milliseconds, or not at all. */
    static final long HURRY_NS = TimeUnit.SECONDS.toNanos(1);

    private static final double NANOS_PER_MS = 1e6;
    private static final List<Evidence.Kind> BAD_NEWS = Arrays.asList(
            Evidence.Kind.CLOSED,
            Evidence.Kind.REFUSED,
            Evidence.Kind.SILENT,
            Evidence.Kind.GOODBYE,
            Evidence.Kind.UNREACHABLE);

    private final BiConsumer<String, String> events;
    private final LongSupplier nanoClock;
    private final LongSupplier wallClock;
    private final Map<Step, Long> times = new EnumMap<>(Step.class);
    private String missed = "";
    private long missedWallMs;
    private long missedNs;
    private boolean isActive;

    /** What is timed, in the usual order. */
    enum Step {
        REFUSED("refused"),
        TOMCATS_ASKED("tomcats-asked"),
        TOMCATS_HEARD("tomcats-heard"),
        ELECTED("elected"),
        SERVING("serving"),
        FIRST_TOMCAT("first-tomcat"),
        FIRST_REGISTRATION("first-registration"),
        ALL_REGISTERED("all-registered"),
        FIRST_CHANGE("first-change");

        private final String externalName;

        Step(String externalName) {
            this.externalName = externalName;
        }
    }

    /** @param events takes type and text of an event. */
    TakeoverTimeline(BiConsumer<String, String> events, LongSupplier nanoClock, LongSupplier wallClock) {
        this.events = events;
        this.nanoClock = nanoClock;
        this.wallClock = wallClock;
    }

    /** Something is known of another server; what is known of the active counts while this one is its standby. */
    void onEvidence(Evidence evidence, String serverName, ElectionView view) {
        if (view.role() != ServerRole.PASSIVE_STANDBY || view.activeId() != evidence.memberId()) {
            return;
        }
        if (!BAD_NEWS.contains(evidence.kind())) {
            forget();
            return;
        }
        if (missed.isEmpty()) {
            missed = serverName;
            missedNs = nanoClock.getAsLong();
            missedWallMs = wallClock.getAsLong();
        }
        if (evidence.kind() == Evidence.Kind.REFUSED) {
            first(Step.REFUSED);
        }
    }

    /** The first time of a step counts. */
    void first(Step step) {
        if (!missed.isEmpty() && !times.containsKey(step)) {
            times.put(step, nanoClock.getAsLong());
        }
    }

    /** The last time of a step counts, of those before the election. */
    void last(Step step) {
        if (!missed.isEmpty() && !isActive) {
            times.put(step, nanoClock.getAsLong());
        }
    }

    /** The election has decided something; nothing happens when no server is missed. */
    void onView(ElectionView now) {
        if (now.role() == ServerRole.ACTIVE_COORDINATOR && !missed.isEmpty()) {
            isActive = true;
            first(Step.ELECTED);
        } else if (now.role() != ServerRole.PASSIVE_STANDBY) {
            forget();
        }
    }

    /** The sessions are this server's to serve, and it says so. */
    void onServing() {
        if (isActive) {
            first(Step.SERVING);
        }
    }

    /** This server is not active, or does not miss the active. */
    private void forget() {
        missed = "";
        isActive = false;
        times.clear();
    }

    /** Whether an active was missed a moment ago and this server is about to take over from it. */
    boolean isHurried() {
        return !missed.isEmpty() && nanoClock.getAsLong() - missedNs < HURRY_NS;
    }

    /** Whether it wants to know how far serving has come. */
    boolean isOpen() {
        return isActive;
    }

    /** Tells when there is nothing more to wait for. */
    void onProgress(ServingProgress progress) {
        if (progress.registered() > 0) {
            first(Step.FIRST_REGISTRATION);
        }
        if (progress.awaited() == 0) {
            first(Step.ALL_REGISTERED);
        }
        if (progress.changes() > 0) {
            first(Step.FIRST_CHANGE);
        }
        boolean isComplete = times.containsKey(Step.FIRST_CHANGE) && times.containsKey(Step.ALL_REGISTERED);
        if (isComplete || nanoClock.getAsLong() - missedNs >= MAX_WAIT_NS) {
            events.accept(EventType.TAKEN_OVER.externalName(), text());
            forget();
        }
    }

    private String text() {
        StringJoiner steps = new StringJoiner(" ");
        for (Step step : Step.values()) {
            Long atNs = times.get(step);
            if (atNs != null) {
                steps.add(String.format(Locale.ROOT, "%s=%.1f", step.externalName, (atNs - missedNs) / NANOS_PER_MS));
            }
        }
        return "took over from " + missed + ", missed at " + Instant.ofEpochMilli(missedWallMs) + "; ms from then: "
                + steps;
    }
}
