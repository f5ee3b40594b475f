package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.server.storage.ExchangeableStore;
import org.stoneware.server.storage.GenerationPlace;
import org.stoneware.server.storage.OpenedStore;
import org.stoneware.server.storage.StoreSwitch;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;

/**
 * Sessions move to a store that keeps them, from one that does not or from another one that does, on the standby and then on the active,
 * while changes go on; at some moment both servers end. Whatever a restart finds is every acknowledged change.
 */
class DurableExchangeTest {
    private static final int SEEDS = 120;
    private static final int MAX_TURNS = 500;
    /** Enough for all sessions: an exchange is given up when the new store has no room. */
    private static final long MEMORY = 1 << 20;

    private static final int FRAMES_PER_TURN = 16;

    /** What is done badly, to see that it shows. */
    private enum Fault {
        NONE,
        NO_CHECKPOINT,
        PUBLISHED_BEFORE_IT_IS_FILLED
    }

    @Test
    void shouldFindEveryAcknowledgedWriteWheneverBothServersEnd() {
        int published = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Run run = new Run(seed, Fault.NONE);
            assertThat(run.problem()).as("seed=%d", seed).isEmpty();
            published += run.isExchanged() ? 1 : 0;
        }
        assertThat(published).as("runs that ended after an exchange").isGreaterThan(SEEDS / 3);
    }

    @ParameterizedTest
    @EnumSource(value = Fault.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void shouldNoticeAnExchangeDoneBadly(Fault fault) {
        long bad = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            bad += new Run(seed, fault).problem().isEmpty() ? 0 : 1;
        }
        assertThat(bad).isPositive();
    }

    /** One pair, one exchange on each server, and the end of both. */
    private static final class Run {
        private final Random random;
        private final Fault fault;
        private final DurableMachine one;
        private final DurableMachine two;
        private final boolean isKeptBefore;
        private final PairFixture pair;
        private int written;

        Run(int seed, Fault fault) {
            this.random = new Random(seed * 0x9E3779B97F4A7C15L);
            this.fault = fault;
            this.one = new DurableMachine(seed * 2L, store -> store, 4, MEMORY);
            this.two = new DurableMachine(seed * 2L + 1, store -> store, 4, MEMORY);
            this.isKeptBefore = seed % 2 == 0;
            this.pair = new PairFixture(() -> generation(one), () -> generation(two));
            pair.framesPerTurn = FRAMES_PER_TURN;
        }

        private SessionGeneration generation(DurableMachine machine) {
            return isKeptBefore
                    ? machine.create()
                    : new SessionGeneration(
                            new ReferenceSessionStore(new StoreContext(Path.of(""), 16 << 20, 8_192, line -> {})),
                            () -> {});
        }

        boolean isExchanged() {
            return !isKeptBefore && one.isAnythingPublished();
        }

        /** @return what went wrong, or empty. */
        String problem() {
            pair.pair(5);
            PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
            for (int i = 0; i < 40; i++) {
                tomcat.create(++written, "S" + written);
                turns(2);
            }
            Exchange onStandby = new Exchange(pair.second, two);
            Exchange onActive = new Exchange(pair.first, one);
            onStandby.begin();
            int turns = random.nextInt(MAX_TURNS);
            boolean isActiveAsked = false;
            for (int i = 0; i < turns; i++) {
                if (random.nextInt(3) == 0) {
                    tomcat.create(++written, "S" + written);
                }
                turns(1);
                onStandby.work();
                onActive.work();
                if (!isActiveAsked && !onStandby.exchange.isBusy()) {
                    isActiveAsked = true;
                    onActive.begin();
                }
            }
            return crash(tomcat.written.size());
        }

        private void turns(int turns) {
            for (int i = 0; i < turns; i++) {
                pair.clock.advanceMs(1);
                pair.turn();
            }
        }

        private String crash(int acknowledged) {
            if (!one.isAnythingPublished() && !two.isAnythingPublished()) {
                return "";
            }
            pair.restartBoth(left(one), () -> generation(one), left(two), () -> generation(two));
            HeldCopy first = pair.first.duties.current().held();
            HeldCopy second = pair.second.duties.current().held();
            PairFixture.Server better =
                    !first.isComplete() || second.isComplete() && second.isNewerThan(first) ? pair.second : pair.first;
            if (!better.duties.current().held().isComplete()) {
                return "nothing whole is found: " + first + " " + second;
            }
            better.become(ServerRole.ACTIVE_COORDINATOR, 9, better.id);
            for (int id = 1; id <= acknowledged; id++) {
                if (!better.isHeld("S" + id)) {
                    return "lost: S" + id + " of " + acknowledged + " acknowledged";
                }
            }
            return "";
        }

        private SessionGeneration left(DurableMachine machine) {
            return machine.isAnythingPublished() ? machine.restart() : generation(machine);
        }

        /** The exchange of one server. */
        private final class Exchange implements StoreSwitch.Output {
            private final PairFixture.Server server;
            private final DurableMachine machine;
            private final StoreSwitch exchange;
            private long clockNs;

            Exchange(PairFixture.Server server, DurableMachine machine) {
                this.server = server;
                this.machine = machine;
                // Each look at the clock takes a while, so that a duty cycle does a few batches only.
                this.exchange = new StoreSwitch(() -> server.duties.current().store(), () -> clockNs += 5_000, this);
            }

            void begin() {
                OpenedStore next = machine.fresh();
                if (fault == Fault.PUBLISHED_BEFORE_IT_IS_FILLED) {
                    GenerationPlace place = next.place();
                    place.publish(false);
                }
                exchange.begin(next, "test", pair.clock.nowNs());
            }

            void work() {
                exchange.doWork(pair.clock.nowNs());
            }

            @Override
            public void info(String kind, String text) {}

            @Override
            public void warning(String kind, String text) {
                throw new AssertionError(kind + ": " + text);
            }

            @Override
            public void onExchanged(OpenedStore inUse) {}

            @Override
            public void onFellBack(OpenedStore inUse, OpenedStore broken, String reason) {
                throw new AssertionError(reason);
            }

            @Override
            public void onUnfit(OpenedStore unfit, String reason) {
                throw new AssertionError(reason);
            }

            @Override
            public void onInterrupted(String reason) {
                throw new AssertionError(List.of(reason).toString());
            }

            @Override
            public void onStoresChanged(ExchangeableStore store) {
                server.duties.current().state().keepNotes(store.isNoting());
            }

            @Override
            public void checkpoint(ExchangeableStore into) {
                onStoresChanged(into);
                if (fault != Fault.NO_CHECKPOINT) {
                    server.duties.current().state().checkpoint();
                }
            }
        }
    }
}
