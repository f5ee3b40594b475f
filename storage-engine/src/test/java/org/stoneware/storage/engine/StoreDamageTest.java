package org.stoneware.storage.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.storage.segments.faults.FileDamage;
import org.stoneware.testkit.storage.SessionRecordBuilder;

/**
 * Damages the files of a whole store at random. A session is shown as it was last, or it is told that it may not be: a lost one is counted,
 * and an older state of one, also of one that was removed, comes up only where nothing is left that says which sessions a damaged place
 * held, which the store says.
 */
final class StoreDamageTest extends EngineFixture {
    private static final int CASES = Integer.getInteger("stoneware.engine.damages", 300);
    /** To look at one case alone: its seed, and 1 as the number of cases. */
    private static final int FIRST = Integer.getInteger("stoneware.engine.firstDamage", 0);

    private static final int SESSIONS = 80;
    private static final int CHANGES = 450;
    private static final int MAX_VALUE_LENGTH = 2500;
    /** Of a session that no image holds. */
    private static final int NEW_SESSION = 999;

    private static final State ABSENT = new State(0, 0);
    private static final Pattern CUT = Pattern.compile("cutBytes=(\\d+)");
    private static final Pattern LOST = Pattern.compile("sessionsLost=(\\d+)");

    private record State(long version, long accessedMs) {}

    /** @param history every state a session ever had, the newest last. */
    private record Image(Map<String, byte[]> files, Map<Integer, List<State>> history, boolean isClean) {
        State newest(int number) {
            List<State> states = history.get(number);
            return states.get(states.size() - 1);
        }

        String lastSegment() {
            return files.keySet().stream()
                    .filter(name -> name.endsWith(".segment"))
                    .max(String::compareTo)
                    .orElseThrow();
        }
    }

    private enum Outcome {
        REFUSED,
        SILENT,
        TOLD
    }

    private long droppedSegments;
    /** Above all of the images. */
    private long lastVersion = 1_000_000;

    @Test
    void shouldNeverShowAWrongSessionNorAnOldOneWithoutAWordWhateverIsDamaged() {
        segmentBytes = 64 << 10;
        List<Image> images = List.of(image(1, true), image(2, false), image(3, false));
        Image other = image(4, true);
        Map<Outcome, Integer> outcomes = new HashMap<>();
        for (int seed = FIRST; seed < FIRST + CASES; seed++) {
            Image image = images.get(seed % images.size());
            Random random = new Random(seed);
            Map<String, byte[]> damaged = new LinkedHashMap<>(image.files);
            FileDamage damage = FileDamage.inflict(damaged, other.files, random);
            files = FaultySegmentFiles.of(damaged);
            outcomes.merge(
                    check(image, damage.touched(), random, "seed=" + seed + " " + damage.what()), 1, Integer::sum);
        }
        int told = outcomes.getOrDefault(Outcome.TOLD, 0);
        int opened = told + outcomes.getOrDefault(Outcome.SILENT, 0);
        System.out.println("store damage cases=" + CASES + " opened=" + opened + " of these damage reported=" + told
                + " segments emptied afterwards=" + droppedSegments);
        assertThat(opened).isGreaterThanOrEqualTo(CASES / 2);
        // The rest hit what nothing depends on: a hint file, and what newer records have replaced.
        assertThat(told).isGreaterThanOrEqualTo(CASES / 4);
    }

    @Test
    void shouldTellNothingWhenNothingIsDamaged() {
        segmentBytes = 64 << 10;
        for (Image image : List.of(image(5, true), image(6, false))) {
            files = FaultySegmentFiles.of(image.files);

            assertThat(check(image, Set.of(), new Random(1), "sound")).isEqualTo(Outcome.SILENT);
        }
    }

    private Outcome check(Image image, Set<String> touched, Random random, String where) {
        forgetNotices();
        SessionStore store;
        try {
            store = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        } catch (StorageException e) {
            assertThat(e)
                    .as(where)
                    .hasMessageContaining("cannot open the store")
                    .hasMessageContaining(";");
            return Outcome.REFUSED;
        }
        Map<Integer, State> shown = shown(store, where);
        boolean isCut = sum(CUT, allNotices()) > 0;
        boolean isUnknown = isCut || store.damage().contains("sessionsLost=unknown");
        // A tail that is gone without a trace is a run that ended earlier.
        boolean isTailTouched = !image.isClean && touched.contains(image.lastSegment());
        int missing = 0;
        for (int number : image.history.keySet()) {
            State seen = shown.get(number);
            String session = where + " session=" + number + " damage=" + store.damage() + "\n" + allNotices() + "\n";
            assertIsOfItsPast(image.history.get(number), seen, session);
            if (!isUnknown && !isTailTouched && !seen.equals(image.newest(number))) {
                assertThat(seen).as(session + "older without a word").isEqualTo(ABSENT);
                missing++;
            }
        }
        assertThat(missing)
                .as(where + " lost without a word: " + store.damage())
                .isLessThanOrEqualTo((int) sum(LOST, store.damage()));
        boolean isTold = isCut || !store.damage().isEmpty();
        restart(changed(store, shown, random), random);
        SessionStore second = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        assertThat(shown(second, where)).as(where + " opened again").isEqualTo(shown);
        restart(changed(second, shown, random), random);
        SessionStore third = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        assertThat(shown(third, where)).as(where + " opened once more").isEqualTo(shown);
        end(third);
        return isTold ? Outcome.TOLD : Outcome.SILENT;
    }

    /** The touch of a version that can't be read is one of an older one, where nothing says that there was another. */
    private static void assertIsOfItsPast(List<State> past, State seen, String where) {
        assertThat(past).extracting(State::version).as(where + "version").contains(seen.version);
        assertThat(past).extracting(State::accessedMs).as(where + "accessed").contains(seen.accessedMs);
    }

    /** Replaces most sessions, so that damaged segments are emptied; removes some, and makes a new one. What is left must stay as shown. */
    private SessionStore changed(SessionStore store, Map<Integer, State> shown, Random random) {
        BitSet replaced = new BitSet();
        for (int number = 0; number < SESSIONS; number++) {
            int kind = random.nextInt(10);
            replaced.set(number, kind < 6);
            if (kind == 6) {
                assertThat(remove(store, key(number))).isIn(StoreResult.STORED, StoreResult.ABSENT);
                shown.put(number, ABSENT);
            }
        }
        for (int round = 0; round < 4; round++) {
            replaced.stream().forEach(number -> put(store, number, ++lastVersion, shown));
            put(store, NEW_SESSION, ++lastVersion, shown);
            awaitDurable(store);
        }
        droppedSegments += counter(store, "disk.segments.dropped");
        return store;
    }

    private void put(SessionStore store, int number, long version, Map<Integer, State> shown) {
        State state = new State(version, version);
        assertThat(put(store, recordOf(number, state))).isEqualTo(StoreResult.STORED);
        shown.put(number, state);
    }

    private void restart(SessionStore store, Random random) {
        switch (random.nextInt(3)) {
            case 0 -> files.endProcess();
            case 1 -> files.losePower(random);
            default -> {} // an orderly end
        }
        end(store);
    }

    /** Every session as the store shows it; each is whole. */
    private Map<Integer, State> shown(SessionStore store, String where) {
        Map<Integer, State> shown = new HashMap<>();
        for (int number = 0; number < SESSIONS; number++) {
            store.load(key(number), number);
        }
        for (int number = 0; number < SESSIONS; number++) {
            shown.put(number, shown(held(store, key(number)), number, where));
        }
        State added = shown(held(store, key(NEW_SESSION)), NEW_SESSION, where);
        if (added != ABSENT) {
            shown.put(NEW_SESSION, added);
        }
        assertThat(store.figures().sessions())
                .as(where)
                .isEqualTo(
                        shown.values().stream().filter(state -> state != ABSENT).count());
        return shown;
    }

    private static State shown(byte @Nullable [] held, int number, String where) {
        if (held == null) {
            return ABSENT;
        }
        SessionRecord view = wrapped(held);
        State state = new State(view.version(), view.lastAccessedTimeMs());
        assertThat(held)
                .as(where + " session=" + number + " state=" + state)
                .isEqualTo(SessionRecordBuilder.bytesOf(recordOf(number, state)));
        return state;
    }

    private static long sum(Pattern figure, String text) {
        Matcher matcher = figure.matcher(text);
        long sum = 0;
        while (matcher.find()) {
            sum += Long.parseLong(matcher.group(1));
        }
        return sum;
    }

    private static SessionRecord recordOf(int number, State state) {
        Random random = new Random(number * 31L + state.version);
        byte[] value = new byte[random.nextInt(MAX_VALUE_LENGTH)];
        random.nextBytes(value);
        return new SessionRecordBuilder(key(number))
                .version(state.version)
                .lastAccessedTimeMs(state.accessedMs)
                .maxInactiveIntervalSec(1800)
                .attribute("cart", value)
                .build();
    }

    private Image image(long seed, boolean isClean) {
        files = new FaultySegmentFiles();
        SessionStore store = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        Random random = new Random(seed);
        Map<Integer, List<State>> history = new HashMap<>();
        for (int number = 0; number < SESSIONS; number++) {
            history.put(number, new ArrayList<>(List.of(ABSENT)));
        }
        for (int i = 1; i <= CHANGES; i++) {
            int number = random.nextInt(SESSIONS);
            List<State> states = history.get(number);
            State before = states.get(states.size() - 1);
            long time = seed * 1000 + i;
            int kind = random.nextInt(10);
            if (kind < 2 && before != ABSENT) {
                assertThat(remove(store, key(number))).isEqualTo(StoreResult.STORED);
                states.add(ABSENT);
            } else if (kind < 4 && before != ABSENT) {
                assertThat(touch(store, key(number), time)).isEqualTo(StoreResult.STORED);
                states.add(new State(before.version, time));
            } else {
                State state = new State(time, time);
                assertThat(put(store, recordOf(number, state))).isEqualTo(StoreResult.STORED);
                states.add(state);
            }
            if (random.nextInt(10) == 0) {
                awaitDurable(store);
            }
        }
        awaitDurable(store);
        if (isClean) {
            end(store);
        }
        Image image = new Image(files.copy(), history, isClean);
        end(store);
        return image;
    }
}
