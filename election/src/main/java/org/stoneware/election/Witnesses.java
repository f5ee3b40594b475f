package org.stoneware.election;

import java.util.concurrent.TimeUnit;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;

/** What the Tomcats say about one server that is missed; asked again in rounds, because their answers age. */
final class Witnesses {
    /** Tomcats that are heard answer within this time. */
    static final long ANSWER_NS = TimeUnit.MILLISECONDS.toNanos(20);

    /** A Tomcat that answers later than others is waited for so long, before those that hear nothing are believed. */
    static final long LATE_NS = TimeUnit.MILLISECONDS.toNanos(200);

    /** A Tomcat that has heard the server contradicts for so long: on a starved machine the next answer takes its time. */
    static final long HEARD_NS = TimeUnit.MILLISECONDS.toNanos(300);

    /** From one question to the next, when any Tomcat has answered the one before. */
    static final long ROUND_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** The same when none has: who asks a slow one again and again never hears what it says of the newest question. */
    static final long SLOW_ROUND_NS = TimeUnit.SECONDS.toNanos(1);

    /** A Tomcat dials a server it does not reach every 2 s, and is linked within this time also to one that has just been started. */
    static final long DIAL_NS = TimeUnit.SECONDS.toNanos(3);

    /** How long the word of a Tomcat holds where a whole election time has gone by before; twice as long as it takes to ask slow ones again. */
    static final long PATIENT_NS = TimeUnit.SECONDS.toNanos(2);

    /** From then on a server that waits for an operator asks at the slow pace: each question makes Tomcats dial a server they do not reach. */
    static final long LONG_WAIT_NS = TimeUnit.SECONDS.toNanos(5);

    private final ElectionOutput output;
    private final long longWaitNs;
    private final WitnessedRole role = new WitnessedRole();
    private int registered;
    private int linked;
    private boolean hasNewcomer;
    private int subjectId = ElectionView.NO_ACTIVE;
    private long firstAskedNs;
    private long askedNs;
    private long heardNs;
    private long answeredNs;
    private boolean isHeard;
    private int alive;
    private int dead;
    private boolean isRoleTold;
    private boolean isAnswered;
    private int aliveBefore;
    private int deadBefore;
    private boolean isContradicted;
    private boolean hasGoneOnAlone;

    Witnesses(ElectionOutput output) {
        this(output, Long.MAX_VALUE);
    }

    /**
     * @param longWaitNs time after which {@link #askAll} asks at the slow pace about a server that nobody hears.
     */
    Witnesses(ElectionOutput output, long longWaitNs) {
        this.output = output;
        this.longWaitNs = longWaitNs;
    }

    void onEvidence(Evidence evidence, long nowNs) {
        if (evidence.kind() == Evidence.Kind.WITNESSES) {
            registered = evidence.count();
        } else if (evidence.kind() == Evidence.Kind.WITNESSES_LINKED) {
            hasNewcomer |= evidence.count() > linked;
            linked = evidence.count();
        } else if (evidence.memberId() == subjectId) {
            answeredNs = nowNs;
            if (evidence.kind() == Evidence.Kind.WITNESS_ALIVE) {
                alive += evidence.count();
                isContradicted |= alive > 0;
                isHeard |= alive > 0;
                heardNs = alive > 0 ? nowNs : heardNs;
            } else if (evidence.kind() == Evidence.Kind.WITNESS_SOLO) {
                hasGoneOnAlone = true;
            } else if (evidence.kind() == Evidence.Kind.WITNESS_ROLE) {
                isRoleTold = true;
                role.onEvidence(evidence, nowNs);
            } else {
                dead += evidence.count();
            }
        }
    }

    /** The server is heard again, or nothing depends on it any more. */
    void end() {
        subjectId = ElectionView.NO_ACTIVE;
    }

    /** Takes a stall of this server out of the time that has gone by since Tomcats were asked and have answered. */
    void onLocalStall(long stallNs, long nowNs) {
        firstAskedNs = Math.min(nowNs, firstAskedNs + stallNs);
        askedNs = Math.min(nowNs, askedNs + stallNs);
        heardNs = Math.min(nowNs, heardNs + stallNs);
        answeredNs = Math.min(nowNs, answeredNs + stallNs);
        role.onLocalStall(stallNs, nowNs);
    }

    /**
     * Asks at the beginning, and again when the answers are old, if a Tomcat is registered: only those can say that a server is gone.
     *
     * @param mayAskAgain whether the answers there are may be replaced: whoever judges by them does so now.
     */
    void ask(int memberId, boolean mayAskAgain, long nowNs) {
        if (registered > 0) {
            askRound(memberId, mayAskAgain, roundNs(), nowNs);
        }
    }

    /**
     * As {@link #ask}, whoever is registered. When no Tomcat has said for long that it hears the server, or one has come that was not asked,
     * what the others did not hear in rounds before counts no more: all are asked anew and heard out.
     */
    void askAll(int memberId, boolean mayAskAgain, long nowNs) {
        boolean isWordOld = isHeard && nowNs - heardNs >= PATIENT_NS || role.isWordOld(nowNs);
        if (memberId == subjectId && mayAskAgain && (isWordOld || hasNewcomer)) {
            isHeard &= !isWordOld;
            firstAskedNs = nowNs;
            if (isWordOld) {
                role.begin();
            }
            begin(memberId, false, nowNs);
        } else {
            // The word of one that hears the server is renewed at the usual pace: a pause of it must not outlast that.
            boolean isLongWait = !isHeard && !role.isHeard() && nowNs - firstAskedNs >= longWaitNs;
            askRound(memberId, mayAskAgain, isLongWait ? SLOW_ROUND_NS : roundNs(), nowNs);
        }
    }

    private long roundNs() {
        return alive + dead > 0 || registered == 0 && isRoleTold ? ROUND_NS : SLOW_ROUND_NS;
    }

    private void askRound(int memberId, boolean mayAskAgain, long roundNs, long nowNs) {
        boolean isNewSubject = memberId != subjectId;
        if (!isNewSubject && (!mayAskAgain || nowNs - askedNs < roundNs)) {
            return;
        }
        if (isNewSubject) {
            role.begin();
        }
        subjectId = memberId;
        firstAskedNs = isNewSubject ? nowNs : firstAskedNs;
        isHeard &= !isNewSubject;
        isContradicted &= !isNewSubject;
        hasGoneOnAlone &= !isNewSubject;
        // What the last round said holds until this one is over: a verdict must not waver because it is asked again.
        begin(memberId, !isNewSubject && areHeardOut(nowNs), nowNs);
    }

    private void begin(int memberId, boolean isAnsweredBefore, long nowNs) {
        isAnswered = isAnsweredBefore;
        aliveBefore = isAnswered ? aliveNow(nowNs) : 0;
        deadBefore = isAnswered ? deadNow(nowNs) : 0;
        askedNs = nowNs;
        alive = 0;
        dead = 0;
        isRoleTold = false;
        hasNewcomer = false;
        output.askWitnesses(memberId);
    }

    /** Whether every answer that is to be expected has come. */
    boolean areHeardOut(long nowNs) {
        return registered == 0 || isAnswered || isRoundOver(nowNs);
    }

    private boolean isRoundOver(long nowNs) {
        return alive + dead >= registered || nowNs - askedNs >= ANSWER_NS;
    }

    private int aliveNow(long nowNs) {
        return isRoundOver(nowNs) ? alive : Math.max(alive, aliveBefore);
    }

    private int deadNow(long nowNs) {
        // Slow Tomcats answer later than a round is long; until the first does, what they said before is the newest
        // there is.
        boolean isNewWord = alive + dead > 0 || nowNs - askedNs >= LATE_NS;
        return isRoundOver(nowNs) && isNewWord ? dead : Math.max(dead, deadBefore);
    }

    /** Whether a Tomcat has heard from the server last that it acknowledges without a standby. */
    boolean hasGoneOnAlone() {
        return subjectId != ElectionView.NO_ACTIVE && hasGoneOnAlone;
    }

    /** What Tomcats, registered or not, were told by the server asked about; only while it is asked about. */
    WitnessedRole role() {
        return role;
    }

    /** Whether any Tomcat has heard the server since it is missed. */
    boolean isContradicted() {
        return registered > 0 && isContradicted;
    }

    /** Whether there is any Tomcat that could be asked. */
    boolean hasAny() {
        return registered > 0 || linked > 0;
    }

    /** Whether there is any Tomcat whose "not heard" counts. */
    boolean hasAnyRegistered() {
        return registered > 0;
    }

    /** Whether silence may be taken for death: nobody has heard the server lately, and this server is not the one that is cut off. */
    boolean confirmSilence(long nowNs) {
        return registered == 0
                || areHeardOut(nowNs) && hasEverybodyAnswered(nowNs) && aliveNow(nowNs) == 0 && deadNow(nowNs) > 0;
    }

    /**
     * Whether a registered Tomcat has said that it hears the process asked about. Its word holds until all have been asked anew, see
     * {@link #askAll}: patient with slow ones, since nobody waits for this within milliseconds.
     */
    boolean isHeardLately() {
        return registered > 0 && isHeard;
    }

    /** Whether a Tomcat, registered or not, may be about to say what it hears. */
    boolean isAnswerDue(long nowNs) {
        int asked = Math.max(registered, linked);
        boolean isComplete = aliveNow(nowNs) + deadNow(nowNs) >= asked || nowNs - firstAskedNs >= LATE_NS;
        return asked > 0 && (!areHeardOut(nowNs) || !isComplete);
    }

    /** Whether no Tomcat has answered for so long that none seems to be reached, although there are some. */
    boolean isNobodyReached(long nowNs) {
        return registered > 0
                && subjectId != ElectionView.NO_ACTIVE
                && nowNs - Math.max(firstAskedNs, answeredNs) >= PATIENT_NS;
    }

    /** Whether no answer is missing that may still say that the server is heard. */
    private boolean hasEverybodyAnswered(long nowNs) {
        boolean isComplete = aliveNow(nowNs) + deadNow(nowNs) >= registered || nowNs - firstAskedNs >= LATE_NS;
        return isComplete && !(isHeard && nowNs - heardNs < HEARD_NS);
    }

    /** Whether this server is not the one that is cut off. */
    boolean isAnyReachable(long nowNs) {
        return registered == 0 || areHeardOut(nowNs) && aliveNow(nowNs) + deadNow(nowNs) > 0;
    }
}
