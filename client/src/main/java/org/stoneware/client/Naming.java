package org.stoneware.client;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.OwnedSession;

/**
 * Names to a new active what this Tomcat owns, part by part: with the registration what is in use and what was changed last, so that the
 * answer to it comes soon however much there is, and behind the answer the rest, one part on its way at a time.
 * <p>
 * What was changed last comes first, and with each part is said from which version on everything is named. A session that was changed later than that
 * and that nobody has named is nobody's, so its next user need not wait for all the names.
 * <p>
 * Until the answer to the registration all of it may be used under the lease of the epoch before. From then on the lease is renewed by the
 * new active, which knows nothing of what is not named yet: that is owned again when the answer to its part does not refuse it. A lease
 * that breaks ends the naming. See ADR 0315.
 * <p>
 * <b>Threading:</b> the agent thread, with the monitor of {@link OwnedSessions} held unless a method says otherwise. Time is a parameter.
 */
final class Naming {
    /** With what is in use, some 15 KiB of registration. */
    static final int FIRST_PART = 256;
    /** Some 30 KiB of message: a millisecond or two of a server's time, also when that is not compiled yet. */
    static final int PART = 512;
    /** From this version on everything is named that is owned. */
    static final long ALL = 0;

    private static final long BROKEN = -2;
    private static final Comparator<Unnamed> OLDEST_FIRST = Comparator.comparingLong(Unnamed::version);

    private final OwnedSessions owned;
    private final CopyVersions versions;
    private final int firstPart;
    private final int laterPart;

    /** What is not named yet. */
    private List<Unnamed> unnamed = List.of();

    private boolean isSorted;
    /** What the part that is not answered yet names. */
    private List<OwnedSession> asked = List.of();
    /** The same, in case its answer does not come. */
    private List<Unnamed> taken = List.of();

    /** Lease generation under which what is not named yet is owned. */
    private long from;
    /** Lease generation as long as the lease that began with the answer to the registration holds. */
    private long to;

    private boolean isGoingOn;
    private boolean isAwaited;
    private int part;

    /** A session to be named, and the version of the copy owned. */
    private record Unnamed(SessionKey key, long version) {}

    Naming(OwnedSessions owned, CopyVersions versions, int firstPart, int laterPart) {
        this.owned = owned;
        this.versions = versions;
        this.firstPart = firstPart;
        this.laterPart = laterPart;
    }

    /** Nothing that was owned before counts any more. */
    void reset() {
        unnamed = List.of();
        asked = List.of();
        taken = List.of();
        isGoingOn = false;
        isAwaited = false;
        part = 0;
    }

    /** A registration in a new epoch is about to be sent. Returns what it names. */
    List<OwnedSession> begin(long nowNs) {
        reset();
        List<OwnedSession> first = new ArrayList<>();
        List<Unnamed> rest = new ArrayList<>();
        PriorityQueue<Unnamed> newest = new PriorityQueue<>(OLDEST_FIRST);
        owned.forEachNameable(nowNs, (key, entry) -> {
            long version = versions.told(entry.version);
            if (entry.allUses() > 0 || version == CopyVersions.NO_VERSION) {
                // The array may hold a later version than is known here.
                first.add(new OwnedSession(key, entry.token, entry.grant));
            } else if (newest.size() == firstPart && (firstPart == 0 || version <= newest.element().version)) {
                rest.add(new Unnamed(key, version));
            } else {
                newest.add(new Unnamed(key, version));
                if (newest.size() > firstPart) {
                    rest.add(newest.remove());
                }
            }
        });
        from = owned.generation();
        to = from;
        for (Unnamed each : newest) {
            @Nullable OwnedSession name = owned.toName(each.key, from);
            if (name != null) {
                first.add(name);
            }
        }
        unnamed = rest;
        isSorted = false;
        asked = first;
        isGoingOn = !rest.isEmpty();
        return first;
    }

    /** The connection is lost; in the same epoch naming goes on over the next one, behind another registration. */
    void onDisconnected() {
        if (isAwaited) {
            List<Unnamed> again = new ArrayList<>(unnamed);
            again.addAll(taken);
            unnamed = again;
            isSorted = false;
        }
        asked = List.of();
        taken = List.of();
        isAwaited = false;
        part = 0;
    }

    /**
     * Everything owned whose version is this one or a later one has been named, or is by the message about to be sent; {@link #ALL} when all of
     * it is, which ends the naming.
     */
    long namedFrom() {
        long newest = 0;
        if (isSorted && !unnamed.isEmpty()) {
            newest = unnamed.get(unnamed.size() - 1).version;
        } else {
            for (Unnamed each : unnamed) {
                newest = Math.max(newest, each.version);
            }
        }
        return unnamed.isEmpty() ? ALL : newest + 1;
    }

    /** True when the next part can be sent to the server this Tomcat is registered at. */
    boolean hasNext() {
        return isGoingOn && !isAwaited;
    }

    /** The registration of a new epoch was answered. Returns what it named that is not held here any more and is to be given back. */
    List<OwnedSession> onRegistered(List<OwnedSession> refused) {
        boolean isLeaseUnbroken = owned.generation() == from;
        to = owned.beginGeneration();
        if (!isLeaseUnbroken) {
            unnamed = List.of();
            from = BROKEN;
        }
        return settle(refused);
    }

    /** Gets ready for {@link #next}. Needs no monitor, so that no request waits for it. */
    void sort() {
        if (!isSorted && !unnamed.isEmpty()) {
            unnamed.sort(OLDEST_FIRST);
            isSorted = true;
        }
    }

    /** What the next part names, behind {@link #sort}; nothing when the lease has broken since. */
    List<OwnedSession> next(long nowNs) {
        owned.forgetIfLapsed(nowNs);
        boolean isLeaseUnbroken = owned.generation() == to && owned.isLeaseValid(nowNs);
        if (!isLeaseUnbroken) {
            unnamed = List.of();
        }
        asked = new ArrayList<>(Math.min(laterPart, unnamed.size()));
        taken = new ArrayList<>();
        while (asked.size() < laterPart && !unnamed.isEmpty()) {
            Unnamed next = unnamed.remove(unnamed.size() - 1);
            @Nullable OwnedSession name = owned.toName(next.key, from);
            if (name != null) {
                asked.add(name);
                taken.add(next);
            }
        }
        isAwaited = true;
        part++;
        return asked;
    }

    /** Number of the part sent last; counts from 1 behind each registration. */
    int part() {
        return part;
    }

    /**
     * A part was answered.
     *
     * @return what it named that is not held here any more and is to be given back.
     */
    List<OwnedSession> onNamed(int answered, List<OwnedSession> refused) {
        if (!isAwaited || answered != part) {
            return List.of();
        }
        isAwaited = false;
        isGoingOn = !unnamed.isEmpty();
        return settle(refused);
    }

    private List<OwnedSession> settle(List<OwnedSession> refused) {
        Set<OwnedSession> not = new HashSet<>(refused);
        List<OwnedSession> unheld = new ArrayList<>(0);
        boolean isLeaseUnbroken = owned.generation() == to;
        for (OwnedSession each : asked) {
            if (not.contains(each)) {
                owned.refused(each.key(), each.token());
            } else if (!owned.isHeld(each.key(), each.token())) {
                unheld.add(each);
            } else if (isLeaseUnbroken) {
                owned.confirmed(each.key(), from);
            }
        }
        asked = List.of();
        taken = List.of();
        if (!isGoingOn) {
            owned.dropUnowned();
        }
        return unheld;
    }
}
