package org.stoneware.client;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.OwnedSession;

/**
 * Names to a new active what this Tomcat owns, part by part: with the registration what is in use or was used last, so that the answer to
 * it comes soon however much there is, and behind the answer the rest, one part on its way at a time.
 * <p>
 * Until the answer to the registration all of it may be used under the lease of the epoch before. From then on the lease is renewed by the
 * new active, which knows nothing of what is not named yet: that is owned again when the answer to its part does not refuse it. A lease
 * that breaks ends the naming. See ADR 0315.
 * <p>
 * <b>Threading:</b> the agent thread, with the monitor of {@link OwnedSessions} held. Time is a parameter.
 */
final class Naming {
    /** With what is in use, some 15 KiB of registration. */
    static final int FIRST_PART = 256;
    /** Some 30 KiB of message: a millisecond or two of a server's time, also when that is not compiled yet. */
    static final int PART = 512;

    private static final long BROKEN = -2;

    private final OwnedSessions owned;
    private final int firstPart;
    private final int laterPart;

    /** What is not named yet, last first. */
    private List<SessionKey> unnamed = List.of();
    /** What the part that is not answered yet names. */
    private List<OwnedSession> asked = List.of();

    /** Lease generation under which what is not named yet is owned. */
    private long from;
    /** Lease generation as long as the lease that began with the answer to the registration holds. */
    private long to;

    private boolean isGoingOn;
    private boolean isAwaited;
    private boolean isLastSent;
    private int part;

    Naming(OwnedSessions owned, int firstPart, int laterPart) {
        this.owned = owned;
        this.firstPart = firstPart;
        this.laterPart = laterPart;
    }

    /** Nothing that was owned before counts any more. */
    void reset() {
        unnamed = List.of();
        asked = List.of();
        isGoingOn = false;
        isAwaited = false;
    }

    /** A registration in a new epoch is about to be sent. Returns what it names. */
    List<OwnedSession> begin(long nowNs) {
        reset();
        OwnedSessions.InOrder inOrder = owned.inOrder(nowNs);
        from = owned.generation();
        to = from;
        unnamed = inOrder.later();
        unnamed.addAll(inOrder.lately());
        asked = take(firstPart, nowNs);
        List<OwnedSession> inUse = new ArrayList<>(inOrder.inUse());
        inUse.addAll(asked);
        asked = inUse;
        isGoingOn = !unnamed.isEmpty();
        return asked;
    }

    /** The connection is lost; in the same epoch naming goes on over the next one, behind another registration. */
    void onDisconnected() {
        if (isAwaited) {
            List<SessionKey> again = new ArrayList<>(unnamed);
            asked.forEach(each -> again.add(each.key()));
            unnamed = again;
        }
        asked = List.of();
        isAwaited = false;
        part = 0;
    }

    /** True while something is not named yet, or named and not answered. */
    boolean isGoingOn() {
        return isGoingOn;
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

    /** What the next part names, at most so many; nothing when the lease has broken since. */
    List<OwnedSession> next(long nowNs) {
        owned.forgetIfLapsed(nowNs);
        asked = take(laterPart, nowNs);
        isAwaited = true;
        isLastSent = unnamed.isEmpty();
        part++;
        return asked;
    }

    /** Number of the part sent last; counts from 1 behind each registration. */
    int part() {
        return part;
    }

    /** True when no part follows the one sent last. */
    boolean isLastSent() {
        return isLastSent;
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
        isGoingOn = !isLastSent;
        return settle(refused);
    }

    private List<OwnedSession> take(int limit, long nowNs) {
        boolean isLeaseUnbroken = owned.generation() == to && owned.isLeaseValid(nowNs);
        if (!isLeaseUnbroken) {
            unnamed = List.of();
        }
        List<OwnedSession> taken = new ArrayList<>(Math.min(limit, unnamed.size()));
        while (taken.size() < limit && !unnamed.isEmpty()) {
            @Nullable OwnedSession next = owned.toName(unnamed.remove(unnamed.size() - 1), from);
            if (next != null) {
                taken.add(next);
            }
        }
        return taken;
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
        if (!isGoingOn) {
            owned.dropUnowned();
        }
        return unheld;
    }
}
