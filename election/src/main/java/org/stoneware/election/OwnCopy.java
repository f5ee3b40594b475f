package org.stoneware.election;

import org.stoneware.spi.election.ElectionContext;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.Epoch;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterValue;

/**
 * What this server's own copy of the sessions is worth, as far as the register says. Not final: the tests plant faults in a subclass.
 */
class OwnCopy {
    private final ElectionContext context;
    private final RegisterAcceptor acceptor;
    private Ballot forfeited = Ballot.NONE;
    private Ballot excludedBy = Ballot.NONE;

    OwnCopy(ElectionContext context, RegisterAcceptor acceptor) {
        this.context = context;
        this.acceptor = acceptor;
    }

    /** Whether the register makes this process the standby of an active that is heard. */
    boolean isStandbyOf(Peer active, RegisterValue value) {
        return value.activeId() == active.memberId()
                && value.epoch() == active.epoch()
                && value.inSync().size() > 1
                && active.isProcess(value.inSync().get(0).incarnation())
                && isInSync(value)
                && acceptor.acceptedBallot().isHigherThan(forfeited);
    }

    /** Whether this process holds everything acknowledged under a value. */
    boolean isInSync(RegisterValue value) {
        return value.isInSync(acceptor.identity(), context.incarnation());
    }

    /** This server is a standby no longer. What made it one does so only once: its copy may have gone since. */
    void forfeit() {
        forfeited = acceptor.acceptedBallot();
    }

    /** The others know a configuration without this server, accepted in that ballot. */
    void exclude(Ballot ballot) {
        excludedBy = ballot;
    }

    /** Whether the own store can hold every acknowledged session, as far as this server knows. */
    boolean mayHoldEverything(Peers peers) {
        if (!context.isStorePersistent()) {
            return true;
        }
        RegisterValue value = acceptor.acceptedValue();
        if (value == null) {
            return acceptor.highestEpoch() == Epoch.NONE;
        }
        if (excludedBy.isHigherThan(acceptor.acceptedBallot())) {
            return false;
        }
        for (RegisterValue.InSync member : value.inSync()) {
            Peer peer = peers.at(member.memberId());
            if (peer != null && value.isInSync(acceptor.identity()) && !peer.isTalking()) {
                // It may have gone on alone.
                return false;
            }
        }
        return value.epoch() >= acceptor.highestEpoch() && value.isInSync(acceptor.identity());
    }
}
