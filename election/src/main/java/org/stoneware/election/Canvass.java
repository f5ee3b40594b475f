package org.stoneware.election;

import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionException;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.Epoch;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/** Asks the voters of one round after the other, again until they answer, and waits after a round that was overtaken. */
final class Canvass {
    /** Answers are waited for this long before what they say is believed to be all. */
    static final long ROUND_NS = TimeUnit.MILLISECONDS.toNanos(150);

    private static final int MAX_PATIENCE = 8;
    private static final long NEVER = Long.MIN_VALUE;

    private final ElectionContext context;
    private final RegisterAcceptor acceptor;
    private final RegisterSender sender;
    private final QuorumRound round;
    private final Peers peers;
    private final VoterSeats seats;
    private final QuorumKeeper keeper;
    private long heardCounter;
    private long retryNs = NEVER;
    private long sinceNs;
    private int overtaken;

    Canvass(
            ElectionContext context,
            RegisterAcceptor acceptor,
            RegisterSender sender,
            QuorumRound round,
            Peers peers,
            VoterSeats seats,
            QuorumKeeper keeper) {
        this.context = context;
        this.acceptor = acceptor;
        this.sender = sender;
        this.round = round;
        this.peers = peers;
        this.seats = seats;
        this.keeper = keeper;
    }

    /** Makes a ballot above everything promised and heard of. */
    Ballot nextBallot() {
        long counter = Math.max(acceptor.nextCounter(), heardCounter + 1);
        if (counter > Epoch.MAX_COUNTER) {
            throw new ElectionException("no ballots are left: counter=" + counter);
        }
        return new Ballot(counter, acceptor.identity());
    }

    /** The epoch a ballot makes; no other ballot makes the same. */
    long epoch(Ballot ballot) {
        return Epoch.of(ballot.counter(), context.selfId(), acceptor.identity());
    }

    /**
     * Begins a round, or asks once more in the one that is on its way.
     *
     * @return false when it is too early to begin.
     */
    boolean progress(long nowNs) {
        if (round.isRunning()) {
            if (sender.isQuiet(RegisterElection.RESEND_NS, nowNs)) {
                ask(nowNs);
            }
            return true;
        }
        Ballot ballot = nextBallot();
        if (retryNs != NEVER && nowNs < retryNs || !acceptor.prepare(ballot)) {
            return false;
        }
        sinceNs = nowNs;
        round.begin(ballot);
        round.onPromise(context.selfId(), sender.withAccepted(RegisterMessage.Type.PROMISE, ballot));
        ask(nowNs);
        return true;
    }

    /** Whether every voter that can be reached has had the time to answer. */
    boolean isHeardOut(long nowNs) {
        return nowNs - sinceNs >= ROUND_NS;
    }

    /** No round begins before that time. */
    void rest(long durationNs, long nowNs) {
        retryNs = nowNs + durationNs;
    }

    /** A round has come to its end. */
    void onChosen() {
        overtaken = 0;
        retryNs = NEVER;
    }

    /** One that takes no part refuses with a lower counter: it is only missing. A higher one has overtaken this round. */
    void onRefuse(RegisterMessage message, boolean isActive, long nowNs) {
        heardCounter = Math.max(heardCounter, message.other().counter());
        boolean isOvertaken = message.other().counter() >= message.ballot().counter();
        if (isOvertaken && round.isRunning() && message.ballot().equals(round.ballot())) {
            overtaken = Math.min(overtaken + 1, MAX_PATIENCE);
            // The active goes first, and two that overtake each other do not try again in step.
            int rank = isActive ? 0 : 1 + context.selfId();
            rest(RegisterElection.RESEND_NS * rank + RegisterElection.RESEND_NS / 2 * overtaken, nowNs);
            round.abandon();
        }
    }

    /** Asks the question of the present phase of everyone whose answer is awaited. */
    void ask(long nowNs) {
        sender.onAsked(nowNs);
        RegisterMessage question = round.phase() == QuorumRound.Phase.PREPARING
                ? sender.message(RegisterMessage.Type.PREPARE, round.ballot(), Ballot.NONE, null)
                : sender.message(RegisterMessage.Type.ACCEPT, round.ballot(), Ballot.NONE, round.value());
        for (Peer peer : peers.all()) {
            VoterId identity = keeper.identity(peer);
            if (peer.isTalking() && (identity == null || round.isAwaited(identity))) {
                sender.send(peer.memberId(), question);
            }
        }
        Set<VoterId> named = new TreeSet<>(round.named());
        RegisterValue accepted = acceptor.acceptedValue();
        QuorumRound.addVoters(named, accepted);
        for (VoterId voter : named) {
            if (seats.isConnected(voter) && round.isAwaited(voter)) {
                sender.send(voter, question);
            }
        }
    }

    @Override
    public String toString() {
        return "heardCounter=" + heardCounter + " retry=" + retryNs + " overtaken=" + overtaken;
    }
}
