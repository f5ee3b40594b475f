package org.stoneware.server.agent;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.wire.witness.WitnessProtocol;
import org.stoneware.wire.witness.WitnessPublisher;

/**
 * The Tomcats that can be asked whether they still hear another server, and their answers.
 * <p>
 * Every Tomcat with a link is asked, and may tell what role a server is in that it hears (ADR 0302). Otherwise a Tomcat counts once, however
 * many links it has, and only while it is registered with the array: one that has never reached the active can't say that it is gone. Only
 * the newest question about a server is open. Of answers to older ones a late "not heard" is dropped, and a late "heard" counts, since it
 * contradicts.
 * <p>
 * <b>Threading:</b> the agent thread; {@link #isAwaited} any.
 * <p>
 * <b>Limits:</b> {@link #MAX_TOMCATS}, and one link of each kind for a Tomcat.
 */
final class WitnessLinks {
    static final int MAX_TOMCATS = 1024;

    /** A question's number ends with the position of the server asked about. */
    private static final int MEMBER_BITS = 8;

    private static final int MEMBER_MASK = (1 << MEMBER_BITS) - 1;
    /** A "heard" to a question older than so many says nothing about now. */
    private static final long MAX_LATE_QUESTIONS = 10;

    /** For so long no registered Tomcat must have had a link before others are asked in their place; no restart of a network is slower. */
    static final long UNREACHED_NS = TimeUnit.SECONDS.toNanos(5);

    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Listener listener;
    private final Map<Identity, Tomcat> tomcats = new HashMap<>();
    private final Map<Long, Tomcat> byLink = new HashMap<>();
    private final Map<Integer, Long> questions = new HashMap<>();
    private final WitnessPublisher messages = new WitnessPublisher();
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[WitnessProtocol.MAX_MESSAGE_LENGTH]);
    private volatile long lastSequence;
    private boolean isNoticeDue;
    /** What this server has told Tomcats of itself last; null while it is not active. */
    private @Nullable Boolean toldSolo;

    private long lookedNs;
    private long unreachedNs;
    private boolean areStrangersCounted;
    private int toldCount;
    private int toldLinked;

    /** What witnesses say, and who they are. Called on the agent thread. */
    interface Listener {
        /** Of the kinds that {@link Evidence#isOfWitnesses} names, one Tomcat each. */
        void onWitness(Evidence evidence);

        /** So many there are now, of the kinds {@link Evidence.Kind#WITNESSES} and {@link Evidence.Kind#WITNESSES_LINKED}. */
        void onWitnesses(Evidence.Kind kind, int count);

        /** Whether a Tomcat is registered with the array. */
        boolean isRegistered(long idHigh, long idLow);
    }

    private record Identity(long high, long low) {}

    /** One Tomcat with at least one link. */
    private static final class Tomcat {
        final Identity identity;

        @Nullable
        LivenessLink served;

        @Nullable
        LivenessLink standing;
        /** By member, the newest question that was counted; the sign tells the answer: positive heard, negative not heard. */
        final Map<Integer, Long> counted = new HashMap<>();

        boolean isNoticeDue;

        Tomcat(Identity identity) {
            this.identity = identity;
        }
    }

    WitnessLinks(Listener listener) {
        this.listener = listener;
    }

    /**
     * A Tomcat has been taken in.
     *
     * @return false when there is no room for one more.
     */
    boolean onAccepted(LivenessLink link, Hello hello) {
        Identity identity = new Identity(hello.idHigh(), hello.idLow());
        @Nullable Tomcat tomcat = tomcats.get(identity);
        if (tomcat == null) {
            if (tomcats.size() >= MAX_TOMCATS) {
                return false;
            }
            tomcat = new Tomcat(identity);
            tomcats.put(identity, tomcat);
        }
        @Nullable LivenessLink replaced;
        if (hello.kind() == Hello.Kind.WITNESS) {
            replaced = tomcat.standing;
            tomcat.standing = link;
        } else {
            replaced = tomcat.served;
            tomcat.served = link;
        }
        byLink.put(link.id(), tomcat);
        tomcat.isNoticeDue = toldSolo != null;
        isNoticeDue |= tomcat.isNoticeDue;
        if (replaced != null) {
            byLink.remove(replaced.id());
            if (hello.kind() == Hello.Kind.WITNESS) {
                replaced.goodbye("this Tomcat has a newer link");
            }
        }
        return true;
    }

    /** A link has ended; unknown ones are ignored. */
    void onClosed(LivenessLink link) {
        @Nullable Tomcat tomcat = byLink.remove(link.id());
        if (tomcat == null) {
            return;
        }
        if (tomcat.served != null && tomcat.served.id() == link.id()) {
            tomcat.served = null;
        }
        if (tomcat.standing != null && tomcat.standing.id() == link.id()) {
            tomcat.standing = null;
        }
        if (tomcat.served == null && tomcat.standing == null) {
            tomcats.remove(tomcat.identity);
        }
    }

    /**
     * Tells every Tomcat whether this server, which is active, acknowledges alone: a standby that has missed what follows can be told
     * so by them when this server is gone.
     */
    void tellSolo(long incarnation, boolean isSolo) {
        toldSolo = isSolo;
        isNoticeDue = false;
        int length = messages.soloNotice(out, incarnation, isSolo);
        for (Tomcat tomcat : tomcats.values()) {
            tell(tomcat, length);
        }
    }

    private void tell(Tomcat tomcat, int length) {
        tomcat.isNoticeDue = false;
        if (!send(tomcat.served, length)) {
            send(tomcat.standing, length);
        }
    }

    /** This server is not active any more. */
    void forgetSolo() {
        toldSolo = null;
        isNoticeDue = false;
    }

    /** Tells those that have come since: also that there is a standby, since one that was away when it was added would say "alone" for ever. */
    void doWork(long incarnation) {
        @Nullable Boolean isSolo = toldSolo;
        if (isNoticeDue && isSolo != null) {
            isNoticeDue = false;
            int length = messages.soloNotice(out, incarnation, isSolo);
            for (Tomcat tomcat : tomcats.values()) {
                if (tomcat.isNoticeDue) {
                    tell(tomcat, length);
                }
            }
        }
    }

    /**
     * Tells how many Tomcats there are, when that has changed. Looks now and then whether those that are registered can be reached: when none
     * has been for {@link #UNREACHED_NS} of time in which this was called, those that are not registered count in their place, since all may
     * have ended together with the active. See docs/adr/0305.
     *
     * @param registered how many are registered with the array.
     */
    void count(int registered, long nowNs) {
        if (nowNs - lookedNs >= LOOK_NS) {
            // Time in which this server did not run says nothing of links.
            unreachedNs = reachable() > 0 ? 0 : unreachedNs + Math.min(nowNs - lookedNs, 2 * LOOK_NS);
            lookedNs = nowNs;
            areStrangersCounted = registered > 0 && unreachedNs >= UNREACHED_NS;
        }
        toldCount = tell(
                Evidence.Kind.WITNESSES,
                areStrangersCounted && !tomcats.isEmpty() ? tomcats.size() : registered,
                toldCount);
        toldLinked = tell(Evidence.Kind.WITNESSES_LINKED, tomcats.size(), toldLinked);
    }

    private int tell(Evidence.Kind kind, int count, int told) {
        if (count != told) {
            listener.onWitnesses(kind, count);
        }
        return count;
    }

    /** Registered Tomcats with a link. */
    int reachable() {
        int count = 0;
        for (Tomcat tomcat : tomcats.values()) {
            count += isRegistered(tomcat) ? 1 : 0;
        }
        return count;
    }

    /**
     * Asks every Tomcat whether it hears a server. A server that has just been started knows none of them: then those that call it are the
     * only ones that can tell it of an active.
     *
     * @param memberId    position of the server in the configuration file.
     * @param serverName  its configured name.
     * @param incarnation process asked about; 0 when any will do.
     * @return how many were asked that are registered.
     */
    int ask(int memberId, String serverName, long incarnation) {
        if (memberId < 0 || memberId > MEMBER_MASK) {
            throw new IllegalArgumentException("not a member: memberId=" + memberId);
        }
        long sequence = lastSequence + 1;
        lastSequence = sequence;
        long questionId = sequence << MEMBER_BITS | memberId;
        questions.put(memberId, questionId);
        int length = messages.question(out, questionId, serverName, incarnation);
        int asked = 0;
        for (Tomcat tomcat : tomcats.values()) {
            boolean isServedAsked = send(tomcat.served, length);
            boolean isAsked = send(tomcat.standing, length) || isServedAsked;
            asked += isAsked && isCounted(tomcat) ? 1 : 0;
        }
        return asked;
    }

    /** Whether an answer with this number may still count. Any thread. */
    boolean isAwaited(long questionId) {
        long sequence = questionId >> MEMBER_BITS;
        long last = lastSequence;
        return sequence > 0 && sequence <= last && last - sequence <= MAX_LATE_QUESTIONS;
    }

    /** A Tomcat that is about to answer has heard the server asked about, which has told it this of itself. */
    void onRole(LivenessLink link, long questionId, long incarnation, ServerRole role, long epoch) {
        if (byLink.containsKey(link.id()) && isAwaited(questionId)) {
            int memberId = (int) (questionId & MEMBER_MASK);
            listener.onWitness(Evidence.ofWitnessedRole(memberId, incarnation, role, epoch));
        }
    }

    /** A Tomcat has answered. */
    void onAnswer(LivenessLink link, long questionId, boolean isHeard, boolean wasSolo) {
        int memberId = (int) (questionId & MEMBER_MASK);
        @Nullable Tomcat tomcat = byLink.get(link.id());
        @Nullable Long newest = questions.get(memberId);
        if (tomcat == null || newest == null || !isAwaited(questionId) || !isCounted(tomcat)) {
            return;
        }
        if (wasSolo && questionId == newest) {
            // Before its answer counts: what it says may forbid to act upon that.
            listener.onWitness(Evidence.ofWitnesses(Evidence.Kind.WITNESS_SOLO, memberId, 1));
        }
        long counted = tomcat.counted.getOrDefault(memberId, 0L);
        boolean isNew = Math.abs(counted) < newest;
        if (isHeard ? isNew || counted < 0 : isNew && questionId == newest) {
            tomcat.counted.put(memberId, isHeard ? newest : -newest);
            listener.onWitness(Evidence.ofWitnesses(
                    isHeard ? Evidence.Kind.WITNESS_ALIVE : Evidence.Kind.WITNESS_DEAD, memberId, 1));
        }
    }

    private boolean send(@Nullable LivenessLink link, int length) {
        return link != null && link.sendMessage(out, 0, length);
    }

    private boolean isCounted(Tomcat tomcat) {
        return areStrangersCounted || isRegistered(tomcat);
    }

    private boolean isRegistered(Tomcat tomcat) {
        return listener.isRegistered(tomcat.identity.high(), tomcat.identity.low());
    }
}
