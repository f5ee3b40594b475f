package org.stoneware.election;

import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.agrona.DirectBuffer;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.spi.election.InSyncSet;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.ElectionStore;
import org.stoneware.voting.Epoch;
import org.stoneware.voting.QuorumRule;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.SavedRegister;
import org.stoneware.voting.VoterId;

/** Protocol faults the searches must find; a search that misses all of one's runs has a hole. */
enum PlantedFault {
    /** As shipped. */
    NONE,
    /** Forgets at every restart what it promised and accepted. */
    VOLATILE_VOTE {
        @Override
        ElectionStore store(ElectionStore store) {
            return new DelegatingStore(store) {
                @Override
                public SavedRegister load() {
                    return SavedRegister.empty(super.load().identity());
                }
            };
        }
    },
    /** Answers before the disk has it: what was written last is lost with the process. */
    ACT_BEFORE_FORCE {
        @Override
        ElectionStore store(ElectionStore store) {
            return new DelegatingStore(store) {
                private SavedRegister unforced = super.load();

                @Override
                public void force(SavedRegister register) {
                    super.force(register.isCleanStop() ? register : unforced);
                    unforced = register;
                }
            };
        }
    },
    /** Uses the highest counter known instead of the one after it. */
    EPOCH_REUSED {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                Ballot nextBallot() {
                    return new Ballot(Math.max(1, super.nextBallot().counter() - 1), acceptor.identity());
                }
            };
        }
    },
    /** Epochs do not tell who made them. */
    EPOCH_WITHOUT_PROPOSER {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                long epoch(Ballot ballot) {
                    return Epoch.of(ballot.counter(), 0, VoterId.NONE);
                }
            };
        }
    },
    /** Honours no promise: accepts a value in a lower ballot, and goes on with an own attempt that is overtaken. */
    PROMISE_IGNORED {
        @Override
        RegisterAcceptor acceptor(ElectionStore store) {
            return new RegisterAcceptor(store) {
                @Override
                public boolean accept(Ballot ballot, RegisterValue value) {
                    return super.accept(ballot, value) || ballot.counter() > 0;
                }
            };
        }

        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                void yieldTo(long nowNs) {}
            };
        }
    },
    /** Of two that are active, each takes itself for the lower. */
    BOTH_LOWER {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                boolean isOutranked(Peer other) {
                    return true;
                }
            };
        }
    },
    /** Of two that are active, neither gives way. */
    NEITHER_LOWER {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                boolean isOutranked(Peer other) {
                    return false;
                }
            };
        }
    },
    /** An active takes part in the elections of others and stays active. */
    ACTIVE_VOTES {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                BallotVoter ballotVoter(RegisterAcceptor acceptor, RegisterSender sender, Peers peers) {
                    return new BallotVoter(acceptor, sender, peers) {
                        @Override
                        boolean isRefused(Peer from, RegisterMessage message, ServerRole role) {
                            return false;
                        }
                    };
                }
            };
        }
    },
    /** A standby does not let go when it is dropped. */
    DROP_IGNORED {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                OwnCopy ownCopy(ElectionContext context, RegisterAcceptor acceptor) {
                    return new OwnCopy(context, acceptor) {
                        @Override
                        boolean isStandbyOf(Peer active, RegisterValue value) {
                            return super.isStandbyOf(active, value) || view().role() == ServerRole.PASSIVE_STANDBY;
                        }

                        @Override
                        boolean isInSync(RegisterValue value) {
                            return true;
                        }
                    };
                }
            };
        }

        @Override
        boolean isOfPairs() {
            return true;
        }
    },
    /** A server whose machine went down takes its copy for certain. */
    SUSPECT_TAIL_TRUSTED {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                OwnCopy ownCopy(ElectionContext context, RegisterAcceptor acceptor) {
                    return new OwnCopy(context, acceptor) {
                        @Override
                        boolean isBetter(HeldCopy one, HeldCopy other) {
                            return one.isComplete() && !other.isComplete();
                        }
                    };
                }
            };
        }

        @Override
        boolean isOfPairs() {
            return true;
        }
    },
    /** A server whose machine went down never leads, not even when the other's did as well. */
    ALL_SUSPECT_STUCK {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                OwnCopy ownCopy(ElectionContext context, RegisterAcceptor acceptor) {
                    return new OwnCopy(context, acceptor) {
                        @Override
                        boolean isComplete() {
                            return super.isComplete() && !context.held().isSuspect();
                        }
                    };
                }
            };
        }

        @Override
        boolean isOfPairs() {
            return true;
        }
    },
    /** A server whose disk was replaced believes the register, which says that it holds everything. */
    LOST_STORE_TRUSTED {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                OwnCopy ownCopy(ElectionContext context, RegisterAcceptor acceptor) {
                    return new OwnCopy(context, acceptor) {
                        @Override
                        boolean isComplete() {
                            return true;
                        }

                        @Override
                        boolean isBetter(HeldCopy one, HeldCopy other) {
                            return false;
                        }
                    };
                }
            };
        }

        @Override
        boolean isOfPairs() {
            return true;
        }
    },
    /** The active counts a standby before it has forced that it is one. */
    COUNTED_BEFORE_ANSWER {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                InSyncKeeper inSyncKeeper(
                        RegisterAcceptor acceptor,
                        RegisterSender sender,
                        ElectionOutput output,
                        Peers peers,
                        Suspicion suspicion) {
                    return new InSyncKeeper(acceptor, sender, output, peers, suspicion, this::nextBallot) {
                        @Override
                        boolean isAddCompleteEarly() {
                            return true;
                        }
                    };
                }
            };
        }

        @Override
        boolean isOfPairs() {
            return true;
        }
    },
    /** Silence is death, whatever the Tomcats say. */
    WITNESSES_IGNORED {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                public void onEvidence(Evidence evidence, long nowNs) {
                    if (!evidence.isOfWitnesses()) {
                        super.onEvidence(evidence, nowNs);
                    }
                }
            };
        }

        @Override
        boolean isOfPairs() {
            return true;
        }
    },
    /** Who is active nobody knows who does not hear it, whatever the Tomcats say. */
    ROLES_IGNORED {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                public void onEvidence(Evidence evidence, long nowNs) {
                    if (evidence.kind() != Evidence.Kind.WITNESS_ROLE) {
                        super.onEvidence(evidence, nowNs);
                    }
                }
            };
        }

        @Override
        boolean isOfPairs() {
            return true;
        }
    },
    /** The active stops in the middle of dropping its standby, and the drop is its last word. */
    STOPS_IN_A_DROP {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                public boolean prepareStop(boolean isStandbyWhole, long nowNs) {
                    return true;
                }
            };
        }

        @Override
        boolean isOfPairs() {
            return true;
        }
    },
    /** The active goes on alone without having written that it is alone. */
    ALONE_WITHOUT_FORCE {
        @Override
        RegisterElection election(
                ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
            return new RegisterElection(context, output, acceptor, proposer) {
                @Override
                InSyncKeeper inSyncKeeper(
                        RegisterAcceptor acceptor,
                        RegisterSender sender,
                        ElectionOutput output,
                        Peers peers,
                        Suspicion suspicion) {
                    return new InSyncKeeper(
                            acceptor, sender, aloneUnforced(output), peers, suspicion, this::nextBallot) {
                        @Override
                        void force(List<RegisterValue.InSync> inSync) {
                            if (inSync.size() > 1) {
                                super.force(inSync);
                            }
                        }
                    };
                }
            };
        }

        /** Without the force the old set would be told; tells the active alone when its standby was dropped. */
        private ElectionOutput aloneUnforced(ElectionOutput output) {
            return new ElectionOutput() {
                private boolean isPair;

                @Override
                public void send(int memberId, DirectBuffer buffer, int offset, int length) {
                    output.send(memberId, buffer, offset, length);
                }

                @Override
                public void onView(ElectionView before, ElectionView now) {
                    output.onView(before, now);
                }

                @Override
                public void onInSync(InSyncSet inSync) {
                    boolean isDropped = isPair && inSync.members().size() > 1;
                    isPair = !isDropped && inSync.members().size() > 1;
                    output.onInSync(
                            isDropped
                                    ? new InSyncSet(
                                            inSync.epoch(), inSync.members().subList(0, 1))
                                    : inSync);
                }
            };
        }

        @Override
        boolean isOfPairs() {
            return true;
        }
    },
    /** The own vote is enough. */
    SELF_IS_QUORUM {
        @Override
        RegisterProposer proposer(ElectionContext context, VoterId self) {
            QuorumRule rule = new QuorumRule() {
                @Override
                public boolean isQuorum(
                        List<RegisterValue.Voter> voters,
                        VoterId proposer,
                        Set<VoterId> agreed,
                        IntPredicate isPassedOver) {
                    return agreed.contains(proposer);
                }
            };
            return new RegisterProposer(rule, context.selfId(), self);
        }
    };

    RegisterElection open(ElectionContext context, ElectionOutput output, ElectionStore store) {
        RegisterAcceptor acceptor = acceptor(store);
        return election(context, output, acceptor, proposer(context, acceptor.identity()));
    }

    /** Whether it shows in pairs only. */
    boolean isOfPairs() {
        return false;
    }

    ElectionStore store(ElectionStore store) {
        return store;
    }

    RegisterAcceptor acceptor(ElectionStore store) {
        return new RegisterAcceptor(store);
    }

    RegisterProposer proposer(ElectionContext context, VoterId self) {
        return new RegisterProposer(new QuorumRule(), context.selfId(), self);
    }

    RegisterElection election(
            ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
        return new RegisterElection(context, output, acceptor, proposer);
    }

    private static class DelegatingStore implements ElectionStore {
        private final ElectionStore store;

        DelegatingStore(ElectionStore store) {
            this.store = store;
        }

        @Override
        public SavedRegister load() {
            return store.load();
        }

        @Override
        public void force(SavedRegister register) {
            store.force(register);
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
