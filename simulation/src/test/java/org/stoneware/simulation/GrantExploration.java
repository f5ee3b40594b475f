package org.stoneware.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Tries every order in which a session can be granted, used, changed and handed over between two Tomcats and two servers, on the classes
 * that ship: grant rule, ownership, registrations, leases and replication of the servers; owned sessions, registration and requests of
 * the Tomcats. Messages flow at once unless the order of events holds them up; clocks are as far apart as allowed. Only what the election
 * decides is an oracle.
 * <p>
 * Checked at every step: at most one Tomcat may use the session without asking, tokens rise, no request sees less than was
 * acknowledged, and no change is written over one its writer has not seen; at every new state, that one copy of the session explains
 * what requests were told on the way.
 * <p>
 * Nothing here can be copied, so every state is reached by repeating its steps. A state is known by what every node has taken in and what
 * is under way: two orders of events that no node can tell apart are gone into once.
 */
final class GrantExploration {
    private final PlantedBug bug;
    private final GrantBounds bounds;
    private final int maxStates;
    private final int[] prefix;
    private final Set<Long> met = new HashSet<>();

    /**
     * @param story     steps that come before everything that is tried, as a violation tells them.
     * @param maxStates states after which the search ends.
     */
    GrantExploration(PlantedBug bug, GrantBounds bounds, String story, int maxStates) {
        this.bug = bug;
        this.bounds = bounds;
        this.maxStates = maxStates;
        this.prefix = story.isBlank()
                ? new int[0]
                : Arrays.stream(story.trim().split(" +"))
                        .mapToInt(GrantExploration::step)
                        .toArray();
    }

    private static int step(String name) {
        String kind = name.replaceAll("\\d", "");
        String argument = name.substring(kind.length());
        return GrantStep.valueOf(kind).ordinal() * 10 + (argument.isEmpty() ? 0 : Integer.parseInt(argument));
    }

    static String name(int step) {
        GrantStep kind = GrantStep.values()[step / 10];
        return step % 10 == 0 ? kind.name() : kind.name() + step % 10;
    }

    int states() {
        return met.size();
    }

    /** Returns whether everything within the bounds was tried; a violation tells the steps that led to it. */
    boolean run() {
        record Open(int[] path, List<Integer> enabled) {}
        ArrayDeque<Open> open = new ArrayDeque<>();
        open.add(new Open(prefix, repeat(prefix).enabled()));
        while (!open.isEmpty()) {
            Open next = open.remove();
            for (int step : next.enabled) {
                int[] path = Arrays.copyOf(next.path, next.path.length + 1);
                path[next.path.length] = step;
                GrantWorld world = repeat(path);
                if (met.add(world.fingerprint())) {
                    open.add(new Open(path, world.enabled()));
                }
            }
            if (met.size() >= maxStates) {
                return false;
            }
        }
        return true;
    }

    private GrantWorld repeat(int[] path) {
        GrantWorld world = new GrantWorld(bug, bounds);
        try {
            for (int i = 0; i < path.length; i++) {
                if (i == prefix.length) {
                    world.beginCounting();
                }
                world.take(GrantStep.values()[path[i] / 10], path[i] % 10);
            }
            if (path.length == prefix.length) {
                world.beginCounting();
            }
            world.checkHistory();
            return world;
        } catch (Violation e) {
            List<String> story = new ArrayList<>();
            for (int step : path) {
                story.add(name(step));
            }
            throw new Violation(e.kind(), e.getMessage() + "\nsteps: " + String.join(" ", story));
        }
    }
}
