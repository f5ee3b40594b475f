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

    /** How long the word of a Tomcat holds where a whole election time has gone by before; twice as long as it takes to ask slow ones again. */
    static final long PATIENT_NS = TimeUnit.SECONDS.toNanos(2);

    private final ElectionOutput output;
    private final WitnessedRole role = new WitnessedRole();
    private int registered;
    private int subjectId = ElectionView.NO_ACTIVE;
    private long firstAskedNs;
    private long askedNs;
    private long heardNs;
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
        this.output = output;
    }

    void onEvidence(Evidence evidence, long nowNs) {
        if (evidence.kind() == Evidence.Kind.WITNESSES) {
            registered = evidence.count();
        } else if (evidence.memberId() == subjectId) {
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

    /** As {@link #askAll}, if a Tomcat is registered: only those can say that a server is gone. */
    void ask(int memberId, boolean mayAskAgain, long nowNs) {
        if (registered > 0) {
            askAll(memberId, mayAskAgain, nowNs);
        }
    }

    /**
     * Asks at the beginning, and again when the answers are old.
     *
     * @param mayAskAgain whether the answers there are may be replaced: whoever judges by them does so now.
     */
    void askAll(int memberId, boolean mayAskAgain, long nowNs) {
        boolean isNewSubject = memberId != subjectId;
        long roundNs = alive + dead > 0 || registered == 0 && isRoleTold ? ROUND_NS : SLOW_ROUND_NS;
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
        isAnswered = !isNewSubject && areHeardOut(nowNs);
        aliveBefore = isAnswered ? aliveNow(nowNs) : 0;
        deadBefore = isAnswered ? deadNow(nowNs) : 0;
        askedNs = nowNs;
        alive = 0;
        dead = 0;
        isRoleTold = false;
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
        return registered > 0;
    }

    /** Whether silence may be taken for death: nobody has heard the server lately, and this server is not the one that is cut off. */
    boolean confirmSilence(long nowNs) {
        return registered == 0
                || areHeardOut(nowNs) && hasEverybodyAnswered(nowNs) && aliveNow(nowNs) == 0 && deadNow(nowNs) > 0;
    }

    /** Whether a Tomcat hears the server, or may be about to say so; patient with slow ones, since nobody waits for this within milliseconds. */
    boolean mayBeHeard(long nowNs) {
        boolean wasHeard = isHeard && nowNs - heardNs < PATIENT_NS;
        return registered > 0 && (wasHeard || !areHeardOut(nowNs) || !hasEverybodyAnswered(nowNs));
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
