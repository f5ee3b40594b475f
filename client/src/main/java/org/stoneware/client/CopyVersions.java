package org.stoneware.client;

import org.stoneware.wire.session.ToldVersions;

/**
 * Names versions of sessions so that one name never means two contents, whatever servers were active at the same time.
 * <p>
 * A version is an index of the array's log. After a split one index may stand for two changes: the one of the server that was given up
 * and the one of the server that stayed. A server says at the registration where its log begins to be its own; when that shows that
 * this Tomcat was told something that is not in this log, a new line of names begins. A name of an earlier line still counts as far as
 * both logs are the same, and is no version at all beyond. Names of later lines are greater. As long as nothing was lost, names and
 * versions are equal.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> names of the last {@link #REMEMBERED} lines count; the number of a line comes again
 * after {@link #LINES}, which no copy outlives. A version has 58 bits: the milliseconds of the clock above 16 bits until the year 2109.
 */
final class CopyVersions {
    static final int REMEMBERED = 16;
    static final long NO_VERSION = 0;

    static final int LINES = 32;
    private static final int LINE_SHIFT = 58;
    private static final long VERSION_MASK = (1L << LINE_SHIFT) - 1;
    private static final long NO_EPOCH = -1;

    /** Up to which version a line, by its number modulo {@link #REMEMBERED}, says the same as the log of today. */
    private final long[] sharedUpTo = new long[REMEMBERED];

    private long line;
    private long epoch = NO_EPOCH;
    private long highest;

    /**
     * This Tomcat is registered.
     *
     * @param newEpoch       epoch of the active.
     * @param inheritedEpoch epoch of the last entry before those of the new epoch; 0 when there is none.
     * @param inheritedIndex index of that entry.
     * @return whether something this Tomcat was told is not in the log of this active.
     */
    boolean onRegistered(long newEpoch, long inheritedEpoch, long inheritedIndex) {
        if (newEpoch == epoch) {
            return false;
        }
        // Who was not there in the epoch before does not know where the logs parted.
        long shared = epoch == inheritedEpoch ? inheritedIndex : 0;
        epoch = newEpoch;
        if (highest <= shared) {
            return false;
        }
        for (int i = 0; i < REMEMBERED; i++) {
            sharedUpTo[i] = Math.min(sharedUpTo[i], shared);
        }
        sharedUpTo[(int) (line % REMEMBERED)] = shared;
        line++;
        highest = shared;
        return true;
    }

    /** What this Tomcat was told in the epoch it was registered in last. */
    ToldVersions toldSoFar() {
        return epoch == NO_EPOCH ? ToldVersions.NOTHING : new ToldVersions(epoch, highest);
    }

    /** The name of a version the active has told. */
    long named(long version) {
        highest = Math.max(highest, version);
        return version == NO_VERSION ? NO_VERSION : line % LINES << LINE_SHIFT | version;
    }

    /** The version a name stands for in the log of the active, or {@link #NO_VERSION} when what it named is not in that log. */
    long told(long name) {
        long age = line - (name >>> LINE_SHIFT) & LINES - 1;
        long version = name & VERSION_MASK;
        if (age == 0) {
            return version;
        }
        boolean isRemembered = age <= REMEMBERED && age <= line;
        return isRemembered && version <= sharedUpTo[(int) ((line - age) % REMEMBERED)] ? version : NO_VERSION;
    }
}
