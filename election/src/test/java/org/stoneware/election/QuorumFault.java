package org.stoneware.election;

import java.util.List;
import java.util.Set;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.voting.ElectionStore;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/** Protocol faults of the consistency mode; the exploration must find every one of them. */
enum QuorumFault {
    /** As shipped. */
    NONE,
    /** Acts on promises, before a quorum has accepted. */
    ONE_PHASE {
        @Override
        QuorumRound round(VoterId self, int servers) {
            return new QuorumRound(self, servers) {
                @Override
                boolean isChosen(RegisterValue proposed, Set<VoterId> agreed) {
                    return true;
                }
            };
        }
    },
    /** A server forgets at a restart what it promised and accepted, and stays the same voter. */
    FORGOTTEN_VOTE {
        @Override
        boolean isVoteForgotten() {
            return true;
        }
    },
    /** Becomes active without being in sync. */
    NO_IN_SYNC_CHECK {
        @Override
        QuorumRules rules(int selfId, VoterId self, long incarnation, boolean isPersistent) {
            return new QuorumRules(selfId, self, incarnation, isPersistent) {
                @Override
                boolean mayTakeOver(QuorumRound.Base base) {
                    return true;
                }

                @Override
                boolean mayLead(QuorumRound.Base base) {
                    return true;
                }
            };
        }
    },
    /** Changes the voters although the present value may not have been chosen. */
    VOTER_CHANGE_ON_UNCHOSEN {
        @Override
        QuorumRules rules(int selfId, VoterId self, long incarnation, boolean isPersistent) {
            return new QuorumRules(selfId, self, incarnation, isPersistent) {
                @Override
                boolean isChosen(QuorumRound.Base base, org.stoneware.voting.Ballot chosen) {
                    return true;
                }
            };
        }
    },
    /** All voters that are no servers are replaced in one value, which is judged by the new set alone. */
    VOTER_SET_IN_ONE_STEP {
        @Override
        boolean isEverySeatChanged() {
            return true;
        }

        @Override
        QuorumRules rules(int selfId, VoterId self, long incarnation, boolean isPersistent) {
            return new QuorumRules(selfId, self, incarnation, isPersistent) {
                @Override
                List<RegisterValue.Voter> formerOfChange(RegisterValue value) {
                    return List.of();
                }
            };
        }
    },
    /** A server's new identity takes the place of the old one by the new set alone. */
    IDENTITY_SWAP_NEW_QUORUM {
        @Override
        QuorumRules rules(int selfId, VoterId self, long incarnation, boolean isPersistent) {
            return new QuorumRules(selfId, self, incarnation, isPersistent) {
                @Override
                List<RegisterValue.Voter> formerOfChange(RegisterValue value) {
                    return List.of();
                }
            };
        }
    },
    /** A server that doubts its disk never leads, not even when every other one doubts its own. */
    ALL_SUSPECT_STUCK {
        @Override
        QuorumRules rules(ElectionContext context, VoterId self) {
            HeldCopy held = context.held();
            return new QuorumRules(context.selfId(), self, context.incarnation(), context.persistence(), held) {
                @Override
                boolean mayHoldEverything(RegisterValue value, QuorumRound.Base base) {
                    return held.isComplete() && !held.isSuspect();
                }
            };
        }
    },
    /** An active stops while the drop of its standby may still be agreed to. */
    STOPS_IN_A_DROP {
        @Override
        boolean isStoppedAtOnce() {
            return true;
        }
    },
    /** One server is a quorum. */
    SELF_IS_QUORUM {
        @Override
        QuorumRound round(VoterId self, int servers) {
            return new QuorumRound(self, servers) {
                @Override
                boolean isQuorumOf(RegisterValue judged, Set<VoterId> agreed) {
                    return agreed.contains(self);
                }
            };
        }
    };

    boolean isVoteForgotten() {
        return false;
    }

    boolean isEverySeatChanged() {
        return false;
    }

    boolean isStoppedAtOnce() {
        return false;
    }

    QuorumRound round(VoterId self, int servers) {
        return new QuorumRound(self, servers);
    }

    QuorumRules rules(int selfId, VoterId self, long incarnation, boolean isPersistent) {
        return new QuorumRules(selfId, self, incarnation, isPersistent);
    }

    QuorumRules rules(ElectionContext context, VoterId self) {
        return rules(context.selfId(), self, context.incarnation(), context.isStorePersistent());
    }

    ConsistencyElection open(ElectionContext context, ElectionOutput output, ElectionStore store) {
        QuorumFault fault = this;
        return new ConsistencyElection(context, output, new RegisterAcceptor(store)) {
            @Override
            QuorumRules rules(ElectionContext ownContext, VoterId self) {
                return fault == NONE ? super.rules(ownContext, self) : fault.rules(ownContext, self);
            }

            @Override
            QuorumRound round(ElectionContext ownContext, VoterId self) {
                return fault.round(self, ownContext.memberNames().size());
            }

            @Override
            public boolean prepareStop(boolean isStandbyWhole, long nowNs) {
                return fault.isStoppedAtOnce() || super.prepareStop(isStandbyWhole, nowNs);
            }
        };
    }
}
