package org.stoneware.election;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What can happen; the argument is a server, or ten times a server plus a voter. */
enum QuorumStep {
    /** A server begins a round to become active, or to do what an active wants. */
    LEAD,
    DROP,
    ADD,
    RESEAT,
    /** One voter gets the present question of a server and answers. */
    ASK,
    /** The same, and the answer is lost. */
    ASK_IN_VAIN,
    /** One voter gets the value a server proposed in its round before. */
    ASK_LATE,
    /** The active takes a write; the standby holds it too if it is in sync and can be talked to. */
    WRITE,
    CRASH,
    /** A server starts again without its disk. */
    LOSE,
    /** A server starts again with the disk it had lost. */
    RESTORE,
    /** A Tomcat ends and comes back as another voter. */
    RENEW;

    /** Steps as a story tells them. */
    static int[] path(String story) {
        return Arrays.stream(story.trim().split(" +"))
                .mapToInt(QuorumStep::step)
                .toArray();
    }

    private static int step(String name) {
        String kind = name.replaceAll("\\d", "");
        return valueOf(kind).ordinal() * 100 + Integer.parseInt(name.substring(kind.length()));
    }

    /** A story {@link #path} understands. */
    static String told(int... path) {
        return Arrays.stream(path)
                .mapToObj(step -> values()[step / 100] + Integer.toString(step % 100))
                .collect(Collectors.joining(" "));
    }
}
