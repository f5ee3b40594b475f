package org.stoneware.election;

import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/**
 * Which values of the register one process may build on in consistency mode, and what it builds: the rules without time and messages.
 * See docs/adr/0044. Not final: the tests plant faults in subclasses.
 */
class QuorumRules {
    private final int selfId;
    private final VoterId self;
    private final long incarnation;
    private final BooleanSupplier persistence;
    private final HeldCopy held;

    QuorumRules(int selfId, VoterId self, long incarnation, boolean isStorePersistent) {
        this(selfId, self, incarnation, () -> isStorePersistent, new HeldCopy(isStorePersistent, 0, 0, false));
    }

    static QuorumRules of(ElectionContext context, VoterId self) {
        return new QuorumRules(
                context.selfId(), self, context.incarnation(), context::isStorePersistent, context.held());
    }

    /**
     * @param persistence whether sessions outlive the process as of now.
     * @param held        what this server found of the sessions when it started.
     */
    QuorumRules(int selfId, VoterId self, long incarnation, BooleanSupplier persistence, HeldCopy held) {
        this.held = held;
        this.selfId = selfId;
        this.self = self;
        this.incarnation = incarnation;
        this.persistence = persistence;
    }

    /** The own entry of an in-sync set. */
    RegisterValue.InSync own() {
        return new RegisterValue.InSync(selfId, self, incarnation);
    }

    /** What a server in this role, which is not active, may build on. */
    Predicate<QuorumRound.Base> mayLeadAs(ServerRole role) {
        return switch (role) {
            case PASSIVE_STANDBY -> this::mayTakeOver;
            case START -> this::mayLead;
            default -> this::mayLeadAfterPassive;
        };
    }

    /** A standby may lead when its process is in sync. */
    boolean mayTakeOver(QuorumRound.Base base) {
        RegisterValue value = base.value();
        return value != null && value.isInSync(self, incarnation);
    }

    /** A server that has just started may lead when it holds everything, or when nobody holds anything any more. */
    boolean mayLead(QuorumRound.Base base) {
        RegisterValue value = base.value();
        if (value == null) {
            return true;
        }
        return persistence.getAsBoolean()
                ? value.isInSync(self) && mayHoldEverything(value, base)
                : isEverythingGone(value, base);
    }

    /** Whether the own copy is whole and certain; or suspect, as are those of all others that held everything, and none is newer. */
    boolean mayHoldEverything(RegisterValue value, QuorumRound.Base base) {
        if (!held.isComplete() || !held.isSuspect()) {
            return held.isComplete();
        }
        for (RegisterValue.InSync member : value.inSync()) {
            QuorumRound.Promise promise = base.promises().get(member.identity());
            HeldCopy other = promise == null ? null : promise.held();
            boolean isOther = !member.identity().equals(self);
            if (isOther && (other == null || other.isComplete() && (!other.isSuspect() || other.isNewerThan(held)))) {
                return false;
            }
        }
        return true;
    }

    /** A server beside an active may lead only when nobody holds anything any more: its own copy may be half replaced. */
    boolean mayLeadAfterPassive(QuorumRound.Base base) {
        RegisterValue value = base.value();
        return value == null || !persistence.getAsBoolean() && isEverythingGone(value, base);
    }

    /**
     * Whether all processes that held everything have ended: every data server answers, as another process. One that was to be added and
     * never agreed does not count: nothing was acknowledged before it had.
     */
    private boolean isEverythingGone(RegisterValue value, QuorumRound.Base base) {
        for (RegisterValue.Voter voter : value.voters()) {
            QuorumRound.Promise promise = base.promises().get(voter.identity());
            if (voter.isServer() && (promise == null || mayHold(value, voter, promise))) {
                return false;
            }
        }
        return true;
    }

    private static boolean mayHold(RegisterValue value, RegisterValue.Voter voter, QuorumRound.Promise promise) {
        RegisterValue own = promise.value();
        return value.isInSync(voter.identity(), promise.incarnation())
                && own != null
                && own.isInSync(voter.identity(), promise.incarnation());
    }

    /** Whether this process is active with a value, in that epoch. */
    boolean isMine(QuorumRound.Base base, long epoch) {
        RegisterValue value = base.value();
        return value != null
                && value.epoch() == epoch
                && value.activeId() == selfId
                && value.isInSync(self, incarnation);
    }

    /** This server becomes active, alone. The voters stay: a change of them that may not have been chosen goes on. */
    RegisterValue promotion(QuorumRound.Base base, long epoch) {
        RegisterValue value = base.value();
        return value == null
                ? new RegisterValue(epoch, selfId, List.of(own()), base.servers(), 0)
                : new RegisterValue(epoch, selfId, List.of(own()), value.voters(), value.former(), value.mapEpoch());
    }

    /** This server alone holds everything and alone votes: an operator says that nobody else can be asked. */
    RegisterValue forced(long epoch) {
        return new RegisterValue(epoch, selfId, List.of(own()), List.of(new RegisterValue.Voter(selfId, self)), 0);
    }

    /** Another in-sync set, and perhaps another epoch; nothing else. */
    RegisterValue withInSync(QuorumRound.Base base, Ballot chosen, List<RegisterValue.InSync> inSync, long epoch) {
        RegisterValue value = mustValue(base);
        return new RegisterValue(epoch, selfId, inSync, value.voters(), former(base, value, chosen), value.mapEpoch());
    }

    /**
     * Other voters and nothing else, if the present value is known to be chosen; else the present value once more.
     *
     * @param voters the next set; equal to the present one it ends the time in which both sets must agree.
     */
    RegisterValue withVoters(QuorumRound.Base base, Ballot chosen, List<RegisterValue.Voter> voters) {
        RegisterValue value = mustValue(base);
        boolean isSettled = isChosen(base, chosen) && (value.former().isEmpty() || voters.equals(value.voters()));
        if (!isSettled) {
            return new RegisterValue(
                    value.epoch(), selfId, value.inSync(), value.voters(), value.former(), value.mapEpoch());
        }
        boolean isChange = !Set.copyOf(voters).equals(Set.copyOf(value.voters()));
        return new RegisterValue(
                value.epoch(),
                selfId,
                value.inSync(),
                voters,
                isChange ? formerOfChange(value) : List.of(),
                value.mapEpoch());
    }

    /** Who must agree to a change of the voters besides the new ones. */
    List<RegisterValue.Voter> formerOfChange(RegisterValue value) {
        return value.voters();
    }

    /** Whether the present value is the one this active knows to be chosen. */
    boolean isChosen(QuorumRound.Base base, Ballot chosen) {
        return base.ballot().equals(chosen);
    }

    /** Both sets stay needed until a value that names both is known to be chosen. */
    private List<RegisterValue.Voter> former(QuorumRound.Base base, RegisterValue value, Ballot chosen) {
        return isChosen(base, chosen) ? List.of() : value.former();
    }

    private static RegisterValue mustValue(QuorumRound.Base base) {
        RegisterValue value = base.value();
        if (value == null) {
            throw new IllegalStateException("active without a configuration");
        }
        return value;
    }
}
