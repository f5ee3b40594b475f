package org.stoneware.simulation;

import static org.stoneware.simulation.GrantStep.BEGIN;
import static org.stoneware.simulation.GrantStep.COMMIT;
import static org.stoneware.simulation.GrantStep.CONNECT;
import static org.stoneware.simulation.GrantStep.CRASH;
import static org.stoneware.simulation.GrantStep.DOWN;
import static org.stoneware.simulation.GrantStep.END;
import static org.stoneware.simulation.GrantStep.FLOW;
import static org.stoneware.simulation.GrantStep.FREEZE;
import static org.stoneware.simulation.GrantStep.FRESH;
import static org.stoneware.simulation.GrantStep.HOLD_DOWN;
import static org.stoneware.simulation.GrantStep.HOLD_UP;
import static org.stoneware.simulation.GrantStep.LATE;
import static org.stoneware.simulation.GrantStep.PART;
import static org.stoneware.simulation.GrantStep.REJOIN;
import static org.stoneware.simulation.GrantStep.RENAME;
import static org.stoneware.simulation.GrantStep.SLEEP;
import static org.stoneware.simulation.GrantStep.STRAY;
import static org.stoneware.simulation.GrantStep.TAKE_OVER;
import static org.stoneware.simulation.GrantStep.TICK;
import static org.stoneware.simulation.GrantStep.WAKE;

import java.util.EnumSet;
import java.util.Set;

/**
 * What is tried together in a {@link GrantExploration}: everything at once would be too much. Each topic is tried completely within its
 * bounds, and finds the faults named with it.
 */
enum GrantTopic {
    /** The active's process ends; Tomcats come back one after the other, or not at all. */
    CRASHES(
            "",
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, CRASH, CONNECT), 2, 0, 0, 1, 2, 0),
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, FRESH, CRASH, CONNECT, TICK, SLEEP), 3, 3, 0, 1, 3, 0),
            EnumSet.of(
                    PlantedBug.GRANT_BEFORE_REGISTERED,
                    PlantedBug.GRANT_AFTER_ONE_REGISTERED,
                    PlantedBug.GRANT_AFTER_LAST_WRITER_ONLY)),
    /**
     * The same, while the time of the last leases passes; or the active goes on in a higher epoch. Only then is the margin all there is: who
     * takes over from another server counts from the end of its word, which has a margin of its own.
     */
    LEASES_AFTER_A_CRASH(
            "",
            new GrantBounds(EnumSet.of(BEGIN, CRASH, RENAME, CONNECT, TICK), 1, 5, 0, 1, 1, 0),
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, CRASH, RENAME, CONNECT, TICK), 2, 6, 0, 1, 2, 0),
            EnumSet.of(PlantedBug.WAIT_WITHOUT_MARGIN)),
    /** The server that ended comes back, is copied, and takes over in its turn. */
    TWO_CRASHES(
            "",
            new GrantBounds(EnumSet.of(BEGIN, CRASH, CONNECT, REJOIN, TICK), 1, 2, 0, 2, 2, 0),
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, CRASH, CONNECT, REJOIN, TICK, SLEEP), 2, 4, 0, 2, 4, 0),
            EnumSet.of(PlantedBug.GRANT_BEFORE_REGISTERED)),
    /** The servers are cut off from each other, and both serve until the first hears of it. */
    SPLIT(
            "",
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, PART, TAKE_OVER, CONNECT, SLEEP), 1, 3, 0, 1, 1, 0),
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, PART, TAKE_OVER, CONNECT, TICK, SLEEP), 2, 7, 0, 1, 2, 0),
            EnumSet.of(PlantedBug.READ_GATE_IGNORED)),
    /**
     * The same, and the active does not notice; nothing is changed, since what it shows for as long as it is trusted may be old then (ADR
     * 0307). That nobody owns what another one owns has to hold all the same.
     */
    UNNOTICED_TAKE_OVER(
            "",
            new GrantBounds(EnumSet.of(BEGIN, END, TAKE_OVER, CONNECT, SLEEP), 1, 3, 0, 1, 1, 0),
            new GrantBounds(EnumSet.of(BEGIN, END, FRESH, TAKE_OVER, CONNECT, TICK, SLEEP), 3, 7, 0, 1, 2, 0),
            EnumSet.of(PlantedBug.WORD_IGNORED)),
    /** What a Tomcat sends is slow. */
    SLOW_MESSAGES(
            "",
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, HOLD_UP, FLOW, SLEEP), 2, 2, 1, 0, 0, 0),
            new GrantBounds(
                    EnumSet.of(BEGIN, COMMIT, END, HOLD_UP, HOLD_DOWN, DOWN, FLOW, TICK, SLEEP), 3, 3, 2, 0, 0, 0),
            EnumSet.of(PlantedBug.RENEWAL_REVIVES, PlantedBug.LEASE_NEVER_LAPSES)),
    /** A Tomcat is stopped, for longer than its lease perhaps, and goes on. */
    STOPPED_TOMCAT(
            "BEGIN1",
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, FREEZE, WAKE, SLEEP), 2, 1, 1, 0, 0, 0),
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, FREEZE, WAKE, CONNECT, TICK, SLEEP), 4, 4, 2, 0, 1, 0),
            EnumSet.of(PlantedBug.LATE_WRITE_UNDER_AN_OWNER)),
    /** The same, and its lease comes back while it has a request under way. */
    LEASE_LOST_AND_RENEWED(
            "BEGIN1",
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, FREEZE, WAKE, SLEEP), 2, 2, 1, 0, 0, 0),
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, FREEZE, WAKE, TICK, SLEEP), 3, 4, 2, 0, 0, 0),
            EnumSet.of(PlantedBug.LATE_GRANT)),
    /** The same with a session that went to and fro, so that it is given back with each change. */
    STOPPED_WHILE_CONTESTED(
            "BEGIN2 END2 BEGIN1",
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, FREEZE, WAKE, SLEEP), 2, 2, 1, 0, 0, 0),
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, FREEZE, WAKE, TICK, SLEEP), 3, 4, 2, 0, 0, 0),
            EnumSet.of(PlantedBug.NO_BASE_CHECK)),
    /** Messages of the active before arrive after its successor has begun. */
    OLD_MESSAGES(
            "HOLD_DOWN1 FRESH1 BEGIN2",
            new GrantBounds(EnumSet.of(DOWN, FLOW, CRASH, CONNECT, STRAY), 0, 0, 0, 1, 2, 1),
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, FRESH, DOWN, FLOW, CRASH, CONNECT, STRAY), 1, 0, 0, 1, 3, 1),
            EnumSet.of(PlantedBug.GRANT_BEFORE_REGISTERED)),
    /** A registration comes a second time, when others have used and changed what it names. */
    LATE_REGISTRATION(
            "BEGIN1 CRASH CONNECT1 FREEZE1 SLEEP CONNECT2 BEGIN2 FREEZE2 SLEEP",
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, WAKE, LATE, TICK), 1, 1, 0, 0, 0, 1),
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, FREEZE, WAKE, LATE, CONNECT, TICK, SLEEP), 2, 3, 1, 0, 1, 2),
            EnumSet.of(PlantedBug.REGISTER_NOT_IDEMPOTENT)),
    /** What a Tomcat owns is named behind its registration, whose answer or whose further names are slow. */
    NAMED_BEHIND(
            "CRASH HOLD_DOWN1 CONNECT1",
            new GrantBounds(EnumSet.of(BEGIN, HOLD_UP, DOWN, FLOW, CONNECT, TICK), 1, 1, 1, 0, 1, 0, true),
            new GrantBounds(
                    EnumSet.of(BEGIN, COMMIT, END, FRESH, HOLD_UP, DOWN, FLOW, CONNECT, TICK), 2, 6, 1, 0, 2, 0, true),
            EnumSet.of(PlantedBug.ALL_NAMED_WITH_REGISTRATION, PlantedBug.NAMED_FROM_OFF_BY_ONE)),
    /** The same, when the time of the leases before is almost over. */
    NAMED_LATE(
            "CRASH TICK TICK HOLD_DOWN1 CONNECT1 HOLD_UP1 DOWN1",
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, FLOW, CONNECT, TICK), 1, 4, 0, 0, 1, 0, true),
            new GrantBounds(EnumSet.of(BEGIN, COMMIT, END, FRESH, FLOW, CONNECT, TICK), 2, 6, 0, 0, 2, 0, true),
            EnumSet.of(PlantedBug.USED_BEFORE_NAMED));

    final String story;
    final GrantBounds narrow;
    final GrantBounds wide;
    final Set<PlantedBug> faults;

    /**
     * @param story  steps before everything that is tried.
     * @param narrow tried in every build.
     * @param wide   tried in the long form.
     * @param faults what must be found within the narrow bounds.
     */
    GrantTopic(String story, GrantBounds narrow, GrantBounds wide, Set<PlantedBug> faults) {
        this.story = story;
        this.narrow = narrow;
        this.wide = wide;
        this.faults = faults;
    }
}
