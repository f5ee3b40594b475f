package org.stoneware.server.agent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ClusterStatus.Counter;
import org.stoneware.api.cluster.EventType;
import org.stoneware.api.cluster.MemberFacts;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.config.ArraySettings;

/**
 * Makes events of what one picture of the array has that the one before had not: servers that come and go, how far a copy is, problems,
 * sessions that ended by their time-out, clocks that differ; and of pauses of this server itself.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StatusWatch {
    /** A pause shorter than this is too common on a busy machine to be told. */
    static final long LONG_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(1_000);

    static final long MAX_CLOCK_DIFFERENCE_MS = 1_000;
    static final int PROGRESS_STEP_PERCENT = 25;
    private static final long AGAIN_NS = TimeUnit.HOURS.toNanos(1);

    private final ArraySettings settings;
    private final EventLog events;
    private final Supplier<List<String>> otherProblems;
    private final Map<String, Boolean> reachable = new HashMap<>();
    private final Map<String, Integer> progress = new HashMap<>();
    private final Map<String, ToldDifference> differences = new HashMap<>();
    private Set<String> problems = Set.of();
    private Set<String> problemsOfOthers = Set.of();
    private long expiredTold;
    private @Nullable Long sweepToldNs;

    private record ToldDifference(long differenceMs, long toldNs) {}

    /** @param otherProblems what others found out; it is in the log already. */
    StatusWatch(ArraySettings settings, EventLog events, Supplier<List<String>> otherProblems) {
        this.settings = settings;
        this.events = events;
        this.otherProblems = otherProblems;
    }

    /** A new picture, without the problems others found. */
    void onStatus(ClusterStatus now, long nowNs) {
        for (MemberStatus server : now.servers()) {
            if (!server.name().equals(now.self())) {
                presence(server);
            }
            progress(server);
        }
        problems = changed(problems, now.problems(), false);
        problemsOfOthers = changed(problemsOfOthers, otherProblems.get(), true);
        sweep(now, nowNs);
    }

    private void presence(MemberStatus server) {
        Boolean before = reachable.put(server.name(), server.isReachable());
        if (server.isReachable() && !Boolean.TRUE.equals(before)) {
            events.info(
                    EventType.MEMBER_JOINED.externalName(),
                    server.name() + " is reached: " + server.role().stateName() + " epoch=" + server.epoch());
        } else if (!server.isReachable() && Boolean.TRUE.equals(before)) {
            events.warning(
                    EventType.MEMBER_LEFT.externalName(),
                    server.name() + " is not reached any more" + reason(server.detail()));
        }
    }

    private static String reason(String detail) {
        return detail.isEmpty() ? "" : ": " + detail;
    }

    private void progress(MemberStatus server) {
        int percent = server.facts().progressPercent();
        if (percent == MemberFacts.UNKNOWN) {
            progress.remove(server.name());
            return;
        }
        int step = percent / PROGRESS_STEP_PERCENT * PROGRESS_STEP_PERCENT;
        Integer told = progress.put(server.name(), step);
        if (step > 0 && (told == null || told < step)) {
            events.info(
                    EventType.SYNC_PROGRESS.externalName(),
                    server.name() + " holds " + percent + " % of the copy it is given");
        }
    }

    private Set<String> changed(Set<String> before, List<String> now, boolean isLogged) {
        Set<String> current = new HashSet<>(now);
        for (String problem : now) {
            if (!before.contains(problem)) {
                tell(EventType.PROBLEM, problem, true, isLogged);
            }
        }
        for (String problem : before) {
            if (!current.contains(problem)) {
                tell(EventType.PROBLEM_SOLVED, problem, false, isLogged);
            }
        }
        return current;
    }

    private void tell(EventType type, String problem, boolean isWarning, boolean isLogged) {
        String text = (isWarning ? "problem: " : "solved: ") + problem;
        if (isLogged) {
            events.logged(type.externalName(), text, isWarning);
        } else if (isWarning) {
            events.warning(type.externalName(), text);
        } else {
            events.info(type.externalName(), text);
        }
    }

    /** Sessions end by their time-out all the time: told at each round when the configuration says verbose, else once per interval. */
    private void sweep(ClusterStatus now, long nowNs) {
        long expired = counter(now, "sessions.expired");
        if (expired < expiredTold) {
            // Another role counts anew.
            expiredTold = 0;
        }
        long untold = expired - expiredTold;
        Long toldNs = sweepToldNs;
        long intervalNs = settings.sweepVerbose() ? 0 : TimeUnit.SECONDS.toNanos(settings.sweepIntervalSec());
        if (untold <= 0 || (toldNs != null && nowNs - toldNs < intervalNs)) {
            return;
        }
        events.info(
                EventType.SWEEP.externalName(),
                untold + (untold == 1 ? " session" : " sessions") + " ended by time-out; "
                        + now.storage().sessions() + " held");
        expiredTold = expired;
        sweepToldNs = nowNs;
    }

    private static long counter(ClusterStatus status, String name) {
        for (Counter counter : status.counters()) {
            if (counter.name().equals(name)) {
                return counter.value();
            }
        }
        return 0;
    }

    /** How far another server's clock is ahead, each time it was told. */
    void onClockDifference(String server, long differenceMs, long nowNs) {
        @Nullable ToldDifference told = differences.get(server);
        if (Math.abs(differenceMs) <= MAX_CLOCK_DIFFERENCE_MS) {
            if (told != null) {
                differences.remove(server);
                events.info(
                        EventType.CLOCK_DIFFERENCE.externalName(),
                        "the clock of " + server + " agrees with this server's again");
            }
            return;
        }
        boolean isNews = told == null
                || Math.abs(differenceMs - told.differenceMs) > MAX_CLOCK_DIFFERENCE_MS
                || nowNs - told.toldNs > AGAIN_NS;
        if (isNews) {
            differences.put(server, new ToldDifference(differenceMs, nowNs));
            events.warning(
                    EventType.CLOCK_DIFFERENCE.externalName(),
                    "the clock of " + server + " is " + Math.abs(differenceMs) + " ms "
                            + (differenceMs > 0 ? "ahead of" : "behind")
                            + " this server's: let both follow the same time source");
        }
    }

    /** This server did not run for a while. */
    void onPause(long pauseNs) {
        if (pauseNs >= LONG_PAUSE_NS) {
            events.warning(
                    EventType.LONG_PAUSE.externalName(),
                    "this server did not run for " + TimeUnit.NANOSECONDS.toMillis(pauseNs)
                            + " ms: look at garbage collection, swapping and what else takes this machine's processors");
        }
    }

    /** The wall clock has moved without the monotonic one. */
    void onSleep(long sleptNs) {
        if (sleptNs >= LONG_PAUSE_NS) {
            events.warning(
                    EventType.LONG_PAUSE.externalName(),
                    "the wall clock moved by " + TimeUnit.NANOSECONDS.toMillis(sleptNs)
                            + " ms without the monotonic one: this machine was suspended, or its clock was set");
        }
    }

    /** Problems of every source, this server's own first. */
    static List<String> together(List<String> own, List<String> others) {
        List<String> all = new ArrayList<>(own);
        all.addAll(others);
        return all;
    }
}
