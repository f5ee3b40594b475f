package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.wire.session.WriteStatus;

/** Both servers end at the same moment, again and again, with stores that keep sessions and hold only a few of them in memory. */
class JointRestartTest {
    private static final int SEEDS = 60;
    private static final int ROUNDS = 4;
    private static final int WRITES = 25;
    private static final int FRAMES_PER_TURN = 16;

    @Test
    void shouldKeepEveryAcknowledgedWriteAndItsAnswer() {
        for (int seed = 0; seed < SEEDS; seed++) {
            assertThat(run(seed, store -> store, 4)).as("seed=%d", seed).isEmpty();
        }
    }

    /** @return what went wrong, or empty. */
    private static String run(int seed, UnaryOperator<SessionStore> fault, int maxForceCycles) {
        Random random = new Random(seed);
        DurableMachine one = new DurableMachine(seed * 2L, fault, maxForceCycles);
        DurableMachine two = new DurableMachine(seed * 2L + 1, fault, maxForceCycles);
        PairFixture pair = new PairFixture(one::create, two::create);
        pair.framesPerTurn = FRAMES_PER_TURN;
        pair.pair(5);
        long epoch = 5;
        int written = 0;
        int acknowledged = 0;
        PairFixture.Server active = pair.first;
        for (int round = 0; round < ROUNDS; round++) {
            PairFixture.Tomcat tomcat = pair.new Tomcat(active);
            String problem = repeat(pair, tomcat, written);
            if (!problem.isEmpty()) {
                return "round=" + round + " " + problem;
            }
            int known = tomcat.written.size();
            for (int i = random.nextInt(WRITES); i > 0; i--) {
                tomcat.create(++written, "S" + written);
                turns(pair, random.nextInt(6));
            }
            turns(pair, random.nextInt(4));
            acknowledged += tomcat.written.size() - known;

            epoch += 4;
            pair.restartBoth(one.restart(), one::create, two.restart(), two::create);
            active = better(pair);
            active.become(ServerRole.ACTIVE_COORDINATOR, epoch, active.id);
            pair.other(active).become(ServerRole.PASSIVE_UNINITIALIZED, epoch, active.id);
            for (int id = 1; id <= acknowledged; id++) {
                if (!active.isHeld("S" + id)) {
                    return "round=" + round + " lost: S" + id + " of " + acknowledged + " acknowledged";
                }
            }
            acknowledged = written;
            pair.pass(2_000);
            if (!active.duties.isInSync(pair.other(active).id)) {
                return "round=" + round + " no pair again: " + active.events + pair.other(active).events;
            }
        }
        return "";
    }

    private static void turns(PairFixture pair, int turns) {
        for (int i = 0; i < turns; i++) {
            pair.turn();
        }
    }

    /** Every request is sent once more, whether it was answered or not, and has taken effect exactly once. */
    private static String repeat(PairFixture pair, PairFixture.Tomcat tomcat, int requests) {
        for (int request = 1; request <= requests; request++) {
            tomcat.create(request, "S" + request);
        }
        pair.pass(500);
        return tomcat.written.size() == requests
                        && tomcat.written.stream().allMatch(each -> each == WriteStatus.COMMITTED)
                ? ""
                : "answers to repeated requests: " + tomcat.written + " of " + requests;
    }

    private static PairFixture.Server better(PairFixture pair) {
        HeldCopy first = pair.first.duties.current().held();
        HeldCopy second = pair.second.duties.current().held();
        return second.isNewerThan(first) ? pair.second : pair.first;
    }
}
