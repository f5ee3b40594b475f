package org.stoneware.election;

import java.util.concurrent.TimeUnit;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.voting.Epoch;
import org.stoneware.voting.RegisterMessage;

/**
 * Whether the other server of a pair may be acted upon as gone: the active goes on without its standby, the standby takes over.
 *
 * <pre>
 *  evidence                                              gone
 *  it said that it has given up its role for good        at once
 *  hello of a new process                                at once
 *  connection closed and the next one refused            at once, unless a Tomcat has heard it since
 *  not heard, whatever the reason                        after {@link Peer#detectionNs} without own stalls, when
 *                                                        taking over: no Tomcat hears it and one was asked, or there are none;
 *                                                        or, if a quorum decides, none has answered for {@link Witnesses#PATIENT_NS}
 *                                                        going on alone: a Tomcat can be reached, or there are none
 *  the same within {@link #FLAP_NS} of such a takeover   after {@link #FLAP_SILENCE_NS}, and only if a Tomcat was asked
 *  goodbye, then not heard                               the same after the election time
 * </pre>
 *
 * After an own stall silence counts only when a fresh question has gone unanswered while this server really ran. And it counts only when
 * everything that has come is read: behind the last bad news a heartbeat may wait. See docs/adr/0042 and 0201.
 */
final class Suspicion {
    /** A stall of this server from which on its own judgement is in doubt. */
    static final long LONG_STALL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Time this server has to run after such a stall before silence counts. */
    static final long PROBE_NS = TimeUnit.MILLISECONDS.toNanos(150);

    /** Within this time after a takeover for silence another one needs more, so that two loaded machines do not take turns. */
    static final long FLAP_NS = TimeUnit.SECONDS.toNanos(10);

    /** Silence that counts within it, when Tomcats confirm it; beyond any pause that is usual. */
    static final long FLAP_SILENCE_NS = TimeUnit.SECONDS.toNanos(2);

    private static final long NEVER = Long.MIN_VALUE;

    /** What is to be thought of the other server. */
    enum Verdict {
        /** It can be talked to. */
        HERE,
        /** It is missed; nothing may be done yet. */
        MISSED,
        /** It has ended, or counts as ended. */
        GONE
    }

    private final long electionTimeNs;
    private final Witnesses witnesses;
    private final RegisterSender sender;
    private long provingUntilNs = NEVER;
    private long stallEndedNs = NEVER;
    private boolean isProbeDue;
    private boolean isReadOut;
    /** Server whose silence counted when everything was read last. */
    private int silentId = ElectionView.NO_ACTIVE;

    private long lastFlipNs = NEVER;

    Suspicion(long electionTimeNs, Witnesses witnesses, RegisterSender sender) {
        this.electionTimeNs = electionTimeNs;
        this.witnesses = witnesses;
        this.sender = sender;
    }

    void onWitness(Evidence evidence, long nowNs) {
        witnesses.onEvidence(evidence, nowNs);
    }

    /** Judges when everything that has come is read. */
    void whenReadOut(Runnable judging) {
        isReadOut = true;
        try {
            judging.run();
        } finally {
            isReadOut = false;
        }
    }

    /** Stalls within the time of proof lengthen it; they do not begin it anew, or a loaded machine would never come to an end. */
    void onLocalStall(long stallNs, long nowNs) {
        witnesses.onLocalStall(stallNs, nowNs);
        if (provingUntilNs != NEVER && nowNs - stallNs < provingUntilNs) {
            provingUntilNs += stallNs;
        } else if (stallNs >= LONG_STALL_NS) {
            provingUntilNs = nowNs + PROBE_NS;
            stallEndedNs = nowNs;
            isProbeDue = true;
        }
    }

    /** The server that was missed is heard: what was said of it meanwhile is of the past. */
    void onHeard() {
        silentId = ElectionView.NO_ACTIVE;
        witnesses.end();
    }

    /** Whether the server that is missed has acknowledged what this one does not hold, as far as Tomcats know. */
    boolean hasGoneOnAlone() {
        return witnesses.hasGoneOnAlone();
    }

    /**
     * Whether a server that is not heard here has to be waited for because a Tomcat hears it, so that only the link to it has failed: a second
     * active beside one that serves would be a split nobody needs. Also while an answer may still come. Asks. See docs/adr/0301, 0302, 0305.
     *
     * @param isFirst      this server goes before the other one where neither serves.
     * @param isSoleHolder this server's disk says that the other one holds less, so that only one that serves is waited for.
     */
    boolean isAwaitedByTomcats(Peer other, boolean isFirst, boolean isSoleHolder, long nowNs) {
        witnesses.askAll(other.memberId(), isReadOut, nowNs);
        WitnessedRole role = witnesses.role();
        if (role.isActive() || witnesses.isAnswerDue(nowNs)) {
            return true;
        }
        boolean isHeard = witnesses.isHeardLately();
        if (other.wasMet() && !role.isHeard()) {
            // Nobody says what it is: it serves, if it was met, for all this server knows.
            return isHeard && !isSoleHolder;
        }
        // Of two that never met each may be heard by Tomcats and serve nobody: the first of them serves.
        boolean isRunning = isHeard || role.isHeard() && !other.wasMet();
        return isRunning && !isFirst && !isSoleHolder;
    }

    /** Why {@link #isAwaitedByTomcats} holds, for people. */
    String awaitedByTomcats(Peer other) {
        return witnesses.isHeardLately() || witnesses.role().isHeard()
                ? "waiting for " + other.name() + ", which Tomcats hear and this server does not"
                : "asking Tomcats whether they hear " + other.name();
    }

    /** Whether what this server judges by is all there is: no answer of a Tomcat lies unread behind it. */
    boolean mayAct() {
        return isReadOut || !witnesses.hasAny();
    }

    /** Why a server that is missed is not taken for gone although it has been silent for long enough; empty when there is nothing to say. */
    String hindrance(Peer other, long nowNs) {
        return isSilentLongEnough(other, nowNs) && witnesses.isNobodyReached(nowNs)
                ? "; no Tomcat is reached that could say whether it serves, so this server may be the one that is cut"
                        + " off: it waits until one is reached, or for an operator (bin/force-active)"
                : "";
    }

    /** What a server adds to why it took over without the word of any Tomcat; empty when it had one. */
    String noteOfNobody(long nowNs) {
        return witnesses.isNobodyReached(nowNs) ? "; no Tomcat was reached" : "";
    }

    /** Highest epoch in which Tomcats hear, or have heard, the server asked about serve; {@link Epoch#NONE} when they have not. */
    long witnessedEpoch() {
        return witnesses.role().epoch();
    }

    /** The active role has changed hands because one server did not hear the other. */
    void onFlip(long nowNs) {
        lastFlipNs = nowNs;
    }

    /**
     * @param isTakeover the other is active and this server would take its place; else it is the standby.
     */
    Verdict judge(Peer other, long incarnation, boolean isTakeover, long nowNs) {
        return judge(other, incarnation, isTakeover, false, nowNs);
    }

    /** As {@link #judge} of an active whose place is taken only with a quorum: that decides also where no Tomcat is reached. */
    Verdict judgeBeforeVote(Peer active, long incarnation, long nowNs) {
        return judge(active, incarnation, true, true, nowNs);
    }

    private Verdict judge(Peer other, long incarnation, boolean isTakeover, boolean isVoted, long nowNs) {
        if (other.hasEnded(incarnation) || isTakeover && other.hasGivenUpActiveRole()) {
            return Verdict.GONE;
        }
        if (other.isTalking()) {
            silentId = silentId == other.memberId() ? ElectionView.NO_ACTIVE : silentId;
            witnesses.end();
            return Verdict.HERE;
        }
        witnesses.ask(other.memberId(), isReadOut, nowNs);
        if (other.isRefusedAfterClose() && !witnesses.isContradicted()) {
            return witnesses.areHeardOut(nowNs) ? Verdict.GONE : Verdict.MISSED;
        }
        boolean isSilent = isSilentLongEnough(other, nowNs)
                && isProven(other, nowNs)
                && (isTakeover
                        ? mayFlip(other, nowNs)
                                && (witnesses.confirmSilence(nowNs) || isVoted && witnesses.isNobodyReached(nowNs))
                        : witnesses.isAnyReachable(nowNs));
        if (isReadOut && isSilent) {
            silentId = other.memberId();
        }
        return isSilent && silentId == other.memberId() ? Verdict.GONE : Verdict.MISSED;
    }

    /** Whether only silence speaks against the other server. */
    boolean isMereSilence(Peer other, long incarnation) {
        return !other.hasEnded(incarnation) && !other.isRefusedAfterClose() && !other.hasGivenUpActiveRole();
    }

    private boolean isSilentLongEnough(Peer other, long nowNs) {
        return other.silentForNs(nowNs) >= (other.hasSaidGoodbye() ? electionTimeNs : other.detectionNs());
    }

    private boolean isProven(Peer other, long nowNs) {
        if (isProbeDue && other.isHeardSince(stallEndedNs)) {
            // It has been heard after the stall: the silence began later, while this server ran.
            isProbeDue = false;
            provingUntilNs = NEVER;
        }
        if (isProbeDue) {
            isProbeDue = false;
            provingUntilNs = nowNs + PROBE_NS;
            sender.sendBare(other.memberId(), RegisterMessage.Type.PROBE);
        }
        return provingUntilNs == NEVER || nowNs >= provingUntilNs;
    }

    private boolean mayFlip(Peer other, long nowNs) {
        boolean isSettled = lastFlipNs == NEVER || nowNs - lastFlipNs >= FLAP_NS;
        return isSettled || witnesses.hasAnyRegistered() && other.silentForNs(nowNs) >= FLAP_SILENCE_NS;
    }
}
