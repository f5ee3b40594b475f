package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.storage.StoreSnapshot;

/** Random changes on both sides of a split, with breaks while it is mended; what must come out is known session by session. */
class SplitSeedTest {
    private static final int SESSIONS = 40;
    private static final int CHANGES = 60;

    private final PairFixture pair = new PairFixture();
    private Random random = new Random(0);
    private SplitTomcat visitor;
    /** What users who wait for their session are to read. */
    private final Map<String, String> visiting = new TreeMap<>();

    /** One side of the split: where each session of before is now, and what it holds; gone when its key is missing. */
    private static final class Side {
        private final SplitTomcat tomcat;
        private final String name;
        private final Map<String, String> keyOf = new HashMap<>();
        private final Map<String, String> values = new HashMap<>();
        private final Set<String> changed = new HashSet<>();
        private int created;

        Side(String name, SplitTomcat tomcat) {
            this.name = name;
            this.tomcat = tomcat;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void shouldKeepEverySessionOnlyOneSideChanged(long seed) {
        random = new Random(seed);
        Map<String, String> expected = split();
        mend();

        assertThat(contents(pair.second)).as("seed " + seed).isEqualTo(expected);
        assertThat(contents(pair.first)).as("seed " + seed).isEqualTo(contents(pair.second));
    }

    /** Each reads what is to be kept, adds to it, and finds it there later, however early it comes. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void shouldLoseNothingOfUsersWhoClickBetweenHealAndOffer(long seed) {
        random = new Random(seed);
        Map<String, String> expected = split();
        visitor = new SplitTomcat(pair, pair.second, 9, 3);
        pair.pass(20);
        pair.second.hears(pair.first);
        visit(expected);
        mend();

        assertThat(visiting).as("seed " + seed).isEmpty();
        assertThat(contents(pair.second)).as("seed " + seed).isEqualTo(expected);
        assertThat(contents(pair.first)).as("seed " + seed).isEqualTo(contents(pair.second));
    }

    private Map<String, String> split() {
        pair.pair(5);
        pair.second.hears(pair.first);
        pair.second.misses(pair.first);
        Side loser = new Side("loser", new SplitTomcat(pair, pair.first, 5, 1));
        pair.pass(50);
        Map<String, String> before = new HashMap<>();
        for (int i = 0; i < SESSIONS; i++) {
            before.put("S" + i, "before");
            loser.tomcat.create("S" + i, "before");
        }
        pair.pass(200);
        pair.cut();
        pair.first.dropOther();
        pair.pass(20);
        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        Side winner = new Side("winner", new SplitTomcat(pair, pair.second, 9, 2));
        pair.pass(1_000);
        begin(loser, before);
        begin(winner, before);

        for (int i = 0; i < CHANGES; i++) {
            change(random.nextBoolean() ? loser : winner);
        }
        return expected(loser, winner);
    }

    /** A user of each session that is to be kept comes to the winner. */
    private void visit(Map<String, String> kept) {
        visiting.putAll(kept);
        kept.replaceAll((key, value) -> value + "+");
        for (String key : visiting.keySet()) {
            visitor.own(key);
        }
    }

    /** Those who have been given their session go on. */
    private void goOn() {
        if (visiting.isEmpty()) {
            return;
        }
        visitor.renew();
        visiting.entrySet().removeIf(each -> {
            String read = visitor.read(each.getKey());
            if (read == null) {
                return false;
            }
            assertThat(read).as(each.getKey()).isEqualTo(each.getValue());
            visitor.putOwned(each.getKey(), read + "+");
            return true;
        });
    }

    private static void begin(Side side, Map<String, String> before) {
        before.forEach((id, value) -> {
            side.keyOf.put(id, id);
            side.values.put(id, value);
        });
    }

    private void change(Side side) {
        List<String> living = new ArrayList<>(new TreeMap<>(side.keyOf).keySet());
        String session = living.get(random.nextInt(living.size()));
        String key = side.keyOf.get(session);
        String value = side.name + random.nextInt(1_000_000);
        side.changed.add(session);
        switch (random.nextInt(6)) {
            case 0 -> {
                side.tomcat.remove(key);
                side.keyOf.remove(session);
                side.values.remove(session);
            }
            case 1 -> {
                String next = side.name + "-" + random.nextInt(1_000_000);
                side.tomcat.rename(key, next);
                side.keyOf.put(session, next);
            }
            case 2 -> {
                String created = side.name + "-new" + side.created++;
                side.tomcat.create(created, value);
                side.keyOf.put(created, created);
                side.values.put(created, value);
                side.changed.add(created);
                side.changed.remove(session);
                if (!side.values.get(session).equals("before")
                        || !side.keyOf.get(session).equals(session)) {
                    side.changed.add(session);
                }
            }
            default -> {
                side.tomcat.put(key, value);
                side.values.put(session, value);
            }
        }
    }

    /** The loser follows the winner; the connection breaks now and then. */
    private void mend() {
        pair.heal();
        pair.first.become(ServerRole.FENCED, 9, 1);
        pair.first.become(ServerRole.PASSIVE_UNINITIALIZED, 9, 1);
        for (int i = 0; i < random.nextInt(3); i++) {
            int turns = random.nextInt(8);
            for (int turn = 0; turn < turns; turn++) {
                pair.turn();
                goOn();
            }
            pair.cut();
            pair.pass(random.nextInt(3) * 10L);
            pair.heal();
        }
        for (int i = 0; i < 3_000 && !pair.second.duties.isInSync(0); i++) {
            goOn();
            pair.pass(10);
        }
        goOn();
    }

    private static Map<String, String> expected(Side loser, Side winner) {
        Map<String, String> expected = new TreeMap<>();
        Set<String> all = new HashSet<>(loser.keyOf.keySet());
        all.addAll(winner.keyOf.keySet());
        for (String session : all) {
            Side side = loser.changed.contains(session) && !winner.changed.contains(session) ? loser : winner;
            if (side.keyOf.containsKey(session)) {
                expected.put(side.keyOf.get(session), side.values.get(session));
            }
        }
        return expected;
    }

    private static Map<String, String> contents(PairFixture.Server server) {
        Map<String, String> contents = new TreeMap<>();
        try (StoreSnapshot all = server.duties.current().store().openSnapshot()) {
            all.next(Integer.MAX_VALUE, record -> contents.put(record.key().id(), SplitFixture.valueOf(record)));
        }
        return contents;
    }
}
