package org.stoneware.election;

import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;

/** Protocol faults the searches must find; a search that misses all of one's runs has a hole. */
enum PlantedFault {
    /** As shipped. */
    NONE,
    /** Becomes active on promises alone, before anybody else has recorded it. */
    ONE_PHASE {
        @Override
        RegisterProposer proposer(ElectionContext context, VoterId self) {
            return new RegisterProposer(new QuorumRule(), context.selfId(), self) {
                @Override
                boolean isAccepted() {
                    return true;
                }
            };
        }
    },
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
                boolean accept(Ballot ballot, RegisterValue value) {
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
                boolean isRefused(Peer sender, RegisterMessage message) {
                    return false;
                }
            };
        }
    },
    /** The own vote is enough. */
    SELF_IS_QUORUM {
        @Override
        RegisterProposer proposer(ElectionContext context, VoterId self) {
            QuorumRule rule = new QuorumRule() {
                @Override
                boolean isQuorum(
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
