package org.stoneware.election;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.QuorumRule;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/**
 * One attempt after the other to change the register, each in two phases: promises are gathered for a ballot, the value accepted
 * highest among them is the base of the new one, and the new one counts when a quorum has accepted it.
 * <p>
 * Not final: the tests plant faults in subclasses.
 */
class RegisterProposer {
    /** Progress of one attempt. */
    enum Phase {
        /** No attempt. */
        IDLE,
        /** Gathering promises. */
        PREPARING,
        /** Promised by a quorum; the value may be named. */
        PREPARED,
        /** Gathering acceptances of the value. */
        ACCEPTING,
        /** Accepted by a quorum. */
        CHOSEN
    }

    private final QuorumRule quorumRule;
    private final int selfId;
    private final VoterId self;
    private final Int2ObjectHashMap<RegisterMessage> promises = new Int2ObjectHashMap<>();
    private final IntHashSet acceptances = new IntHashSet();
    private final IntHashSet participants = new IntHashSet();
    private Phase phase = Phase.IDLE;
    private Ballot ballot = Ballot.NONE;
    private @Nullable RegisterValue value;

    RegisterProposer(QuorumRule quorumRule, int selfId, VoterId self) {
        this.quorumRule = quorumRule;
        this.selfId = selfId;
        this.self = self;
    }

    Phase phase() {
        return phase;
    }

    Ballot ballot() {
        return ballot;
    }

    @Nullable
    RegisterValue value() {
        return value;
    }

    /** Whether an attempt is on its way that asks exactly these servers. */
    boolean isAsking(IntHashSet servers) {
        return phase != Phase.IDLE && participants.equals(servers);
    }

    /** Whether this participant has not yet answered the question of the present phase. */
    boolean isAwaited(int memberId) {
        return switch (phase) {
            case PREPARING -> participants.contains(memberId) && !promises.containsKey(memberId);
            case ACCEPTING -> participants.contains(memberId) && !acceptances.contains(memberId);
            case IDLE, PREPARED, CHOSEN -> false;
        };
    }

    /**
     * Begins an attempt, giving up any other.
     *
     * @param next    its ballot, promised already by the own acceptor; where this server is the only participant the promise is written with
     *                the value (docs/adr/0265), and the own acceptor has only been asked whether it would give it.
     * @param servers positions of the servers that run, this one included; all others are passed over.
     */
    void begin(Ballot next, IntHashSet servers) {
        abandon();
        ballot = next;
        participants.addAll(servers);
        phase = Phase.PREPARING;
    }

    void abandon() {
        phase = Phase.IDLE;
        promises.clear();
        acceptances.clear();
        participants.clear();
        value = null;
    }

    /** Counts a promise, the own one included. */
    void onPromise(int memberId, RegisterMessage promise) {
        if (phase == Phase.PREPARING && promise.ballot().equals(ballot) && participants.contains(memberId)) {
            promises.put(memberId, promise);
            if (isPromised()) {
                phase = Phase.PREPARED;
            }
        }
    }

    /** The promise of a participant; null when it has not given one. */
    @Nullable
    RegisterMessage promise(int memberId) {
        return promises.get(memberId);
    }

    /** The value accepted in the highest ballot among the promises; null when the register is empty. */
    @Nullable
    RegisterValue highestAccepted() {
        Ballot highest = Ballot.NONE;
        RegisterValue found = null;
        for (RegisterMessage promise : promises.values()) {
            if (promise.other().isHigherThan(highest)) {
                highest = promise.other();
                found = promise.value();
            }
        }
        return found;
    }

    /** The ballot of {@link #highestAccepted()}. */
    Ballot highestAcceptedBallot() {
        Ballot highest = Ballot.NONE;
        for (RegisterMessage promise : promises.values()) {
            highest = promise.other().isHigherThan(highest) ? promise.other() : highest;
        }
        return highest;
    }

    /** The voter set of the next value: as it was, with the identities that answered now. */
    List<RegisterValue.Voter> nextVoters() {
        List<RegisterValue.Voter> voters = new ArrayList<>();
        for (RegisterValue.Voter voter : voters(highestAccepted())) {
            if (!voter.isServer() || !participants.contains(voter.memberId())) {
                voters.add(voter);
            }
        }
        for (int memberId : sorted(participants)) {
            RegisterMessage promise = promises.get(memberId);
            // One that has not answered is counted, so that it can't be outvoted unheard, and can't have agreed.
            voters.add(new RegisterValue.Voter(memberId, promise == null ? VoterId.NONE : promise.sender()));
        }
        return voters;
    }

    /** Names the value; what follows is a matter of sending {@link RegisterMessage.Type#ACCEPT}. */
    void propose(RegisterValue next) {
        assert phase == Phase.PREPARED : phase;
        value = next;
        phase = Phase.ACCEPTING;
    }

    /** Counts an acceptance, the own one included. */
    void onAccepted(int memberId, Ballot accepted) {
        if (phase == Phase.ACCEPTING && accepted.equals(ballot) && participants.contains(memberId)) {
            acceptances.add(memberId);
            if (isAccepted()) {
                phase = Phase.CHOSEN;
            }
        }
    }

    private boolean isPromised() {
        Set<VoterId> agreed = new HashSet<>();
        for (RegisterMessage promise : promises.values()) {
            agreed.add(promise.sender());
        }
        return isAgreed(agreed);
    }

    /** Whether a quorum has accepted the value. */
    boolean isAccepted() {
        Set<VoterId> agreed = new HashSet<>();
        for (int memberId : acceptances) {
            RegisterMessage promise = promises.get(memberId);
            if (promise != null) {
                agreed.add(promise.sender());
            }
        }
        return isAgreed(agreed);
    }

    /** A change of identities needs a quorum of the voters as they were and of the voters as they will be. */
    private boolean isAgreed(Set<VoterId> agreed) {
        return quorumRule.isQuorum(voters(highestAccepted()), self, agreed, this::isPassedOver)
                && quorumRule.isQuorum(nextVoters(), self, agreed, memberId -> !participants.contains(memberId));
    }

    /** A server that does not run, or whose old identity can't run because its place is taken by a new one. */
    private boolean isPassedOver(int memberId) {
        RegisterMessage promise = promises.get(memberId);
        return !participants.contains(memberId) || promise != null && isReplaced(memberId, promise.sender());
    }

    private boolean isReplaced(int memberId, VoterId present) {
        for (RegisterValue.Voter voter : voters(highestAccepted())) {
            if (voter.memberId() == memberId && voter.identity().equals(present)) {
                return false;
            }
        }
        return true;
    }

    private static List<RegisterValue.Voter> voters(@Nullable RegisterValue value) {
        return value == null ? List.of() : value.voters();
    }

    private static int[] sorted(IntHashSet positions) {
        return positions.stream().mapToInt(Integer::intValue).sorted().toArray();
    }

    @Override
    public String toString() {
        return selfId + ":" + phase + " ballot=" + ballot + " participants="
                + participants.stream().sorted().toList()
                + " promises=" + promises + " acceptances="
                + acceptances.stream().sorted().toList()
                + " value=" + value;
    }
}
