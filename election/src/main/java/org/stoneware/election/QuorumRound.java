package org.stoneware.election;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.QuorumRule;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/**
 * One attempt after the other to change the register in consistency mode, where nobody is passed over: promises of a quorum, then a
 * value built on what they have accepted, then acceptances of a quorum. See docs/adr/0044. Not final: the tests plant faults in
 * subclasses.
 */
class QuorumRound {
    /** Progress of one attempt. */
    enum Phase {
        /** No attempt. */
        IDLE,
        /** Gathering promises. */
        PREPARING,
        /** Gathering acceptances of the value. */
        ACCEPTING,
        /** Accepted by a quorum. */
        CHOSEN
    }

    private final QuorumRule quorumRule = new QuorumRule();
    private final VoterId self;
    private final int servers;
    private final Map<VoterId, Promise> promises = new TreeMap<>();
    private final Set<VoterId> acceptances = new TreeSet<>();
    private Phase phase = Phase.IDLE;
    private Ballot ballot = Ballot.NONE;
    private @Nullable RegisterValue value;

    /** @param servers number of configured servers: all of them must have agreed to the first value. */
    QuorumRound(VoterId self, int servers) {
        this.self = self;
        this.servers = servers;
    }

    Phase phase() {
        return phase;
    }

    boolean isRunning() {
        return phase != Phase.IDLE;
    }

    Ballot ballot() {
        return ballot;
    }

    /** The value proposed, null before. */
    @Nullable
    RegisterValue value() {
        return value;
    }

    /** Begins an attempt, giving up any other; the own acceptor has promised the ballot. */
    void begin(Ballot next) {
        abandon();
        ballot = next;
        phase = Phase.PREPARING;
    }

    void abandon() {
        phase = Phase.IDLE;
        promises.clear();
        acceptances.clear();
        value = null;
    }

    /** Whether a voter has not yet answered the question of the present phase. */
    boolean isAwaited(VoterId voter) {
        return switch (phase) {
            case PREPARING -> !promises.containsKey(voter);
            case ACCEPTING, CHOSEN -> !acceptances.contains(voter);
            case IDLE -> false;
        };
    }

    /** Whether a voter has accepted the value. */
    boolean isAcceptedBy(VoterId voter) {
        return acceptances.contains(voter);
    }

    /**
     * Counts a promise, the own one included.
     *
     * @param memberId position of the server, or {@link RegisterValue.Voter#NOT_A_SERVER}.
     */
    void onPromise(int memberId, RegisterMessage message) {
        if (phase == Phase.PREPARING && message.ballot().equals(ballot)) {
            promises.put(
                    message.sender(),
                    new Promise(memberId, message.incarnation(), message.other(), message.value(), message.held()));
        }
    }

    /**
     * A value the next one may be built on: the one accepted in the highest ballot among promises that are a quorum by its own voters.
     * Promises of higher ballots may be left out as if they had not arrived: what they tell of was not chosen if the others are a
     * quorum.
     *
     * @param isUsable whether the proposer may go on from there.
     * @return the highest usable one, or null.
     */
    @Nullable
    Base base(Predicate<Base> isUsable) {
        Set<Ballot> ballots = new TreeSet<>((a, b) -> b.compareTo(a));
        promises.values().forEach(promise -> ballots.add(promise.accepted()));
        for (Ballot highest : ballots) {
            Base base = upTo(highest);
            if (isQuorumOf(base) && isUsable.test(base)) {
                return base;
            }
        }
        return null;
    }

    private Base upTo(Ballot highest) {
        Map<VoterId, Promise> counted = new TreeMap<>();
        RegisterValue found = null;
        for (Map.Entry<VoterId, Promise> each : promises.entrySet()) {
            int comparison = each.getValue().accepted().compareTo(highest);
            if (comparison <= 0) {
                counted.put(each.getKey(), each.getValue());
                found = comparison == 0 ? each.getValue().value() : found;
            }
        }
        return new Base(highest, found, counted);
    }

    /** Whether these promises are enough to build on. The first value needs every configured server. */
    boolean isQuorumOf(Base base) {
        RegisterValue present = base.value();
        if (present != null) {
            return isQuorumOf(present, base.promises().keySet());
        }
        Set<Integer> positions = new HashSet<>();
        base.promises().values().forEach(promise -> positions.add(promise.memberId()));
        positions.remove(RegisterValue.Voter.NOT_A_SERVER);
        return positions.size() == servers;
    }

    /** Whether these are a quorum for a value: of its voters and, if it changes them, of the ones before. */
    boolean isQuorumOf(RegisterValue judged, Set<VoterId> agreed) {
        return isQuorum(judged.voters(), agreed) && (judged.former().isEmpty() || isQuorum(judged.former(), agreed));
    }

    private boolean isQuorum(List<RegisterValue.Voter> voters, Set<VoterId> agreed) {
        for (RegisterValue.Voter voter : voters) {
            if (voter.identity().equals(self)) {
                return quorumRule.isQuorum(voters, self, agreed, memberId -> false);
            }
        }
        return false;
    }

    /** Names the value; the own acceptor has accepted it. */
    void propose(RegisterValue next) {
        assert phase == Phase.PREPARING : phase;
        value = next;
        phase = Phase.ACCEPTING;
        onAccepted(self, ballot);
    }

    /** Counts an acceptance. */
    void onAccepted(VoterId voter, Ballot accepted) {
        RegisterValue proposed = value;
        if (proposed != null && accepted.equals(ballot)) {
            acceptances.add(voter);
            if (isChosen(proposed, acceptances)) {
                phase = Phase.CHOSEN;
            }
        }
    }

    /** Whether a value counts. */
    boolean isChosen(RegisterValue proposed, Set<VoterId> agreed) {
        return isQuorumOf(proposed, agreed);
    }

    /** Voters any answer has named so far: those to ask. */
    Set<VoterId> named() {
        Set<VoterId> named = new TreeSet<>();
        promises.values().forEach(promise -> addVoters(named, promise.value()));
        addVoters(named, value);
        return named;
    }

    static void addVoters(Set<VoterId> voters, @Nullable RegisterValue of) {
        if (of != null) {
            of.voters().forEach(voter -> voters.add(voter.identity()));
            of.former().forEach(voter -> voters.add(voter.identity()));
        }
    }

    /** How many votes there are and how many a majority takes, for people: {@code 1 of 2}. */
    String votes() {
        Base base = phase == Phase.PREPARING && !promises.isEmpty() ? upTo(highestAccepted()) : null;
        RegisterValue judged = value != null ? value : base == null ? null : base.value();
        Set<VoterId> agreed = value != null ? acceptances : promises.keySet();
        if (judged == null) {
            return agreed.size() + " of " + servers;
        }
        List<RegisterValue.Voter> voters = judged.voters();
        if (!judged.former().isEmpty() && isQuorum(voters, agreed)) {
            voters = judged.former();
        }
        long agreeing = voters.stream()
                .filter(voter -> agreed.contains(voter.identity()))
                .count();
        return agreeing + " of " + (voters.size() / 2 + 1);
    }

    private Ballot highestAccepted() {
        Ballot highest = Ballot.NONE;
        for (Promise promise : promises.values()) {
            highest = promise.accepted().isHigherThan(highest) ? promise.accepted() : highest;
        }
        return highest;
    }

    /** The value in the highest ballot found, whether or not it may be built on. */
    @Nullable
    RegisterValue highestValue() {
        return upTo(highestAccepted()).value();
    }

    @Override
    public String toString() {
        return phase + " ballot=" + ballot + " promises=" + promises + " acceptances=" + acceptances + " value="
                + value;
    }

    /**
     * What one voter has promised with.
     *
     * @param memberId    position of a server, or {@link RegisterValue.Voter#NOT_A_SERVER}.
     * @param incarnation its process.
     * @param accepted    ballot of what it accepted last.
     * @param value       what it accepted last, or null.
     */
    record Promise(
            int memberId, long incarnation, Ballot accepted, @Nullable RegisterValue value, @Nullable HeldCopy held) {}

    /**
     * What a new value would be built on.
     *
     * @param ballot   ballot of the present value; {@link Ballot#NONE} before the first.
     * @param value    the present value, or null before the first.
     * @param promises promises that speak for it.
     */
    record Base(Ballot ballot, @Nullable RegisterValue value, Map<VoterId, Promise> promises) {
        /** The voters of a first value: every server that promised. */
        List<RegisterValue.Voter> servers() {
            List<RegisterValue.Voter> voters = new ArrayList<>();
            promises.forEach((identity, promise) -> {
                if (promise.memberId() != RegisterValue.Voter.NOT_A_SERVER) {
                    voters.add(new RegisterValue.Voter(promise.memberId(), identity));
                }
            });
            voters.sort((a, b) -> Integer.compare(a.memberId(), b.memberId()));
            return voters;
        }
    }
}
