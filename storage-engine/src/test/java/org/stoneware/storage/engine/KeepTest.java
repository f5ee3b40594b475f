package org.stoneware.storage.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.storage.segments.faults.FaultySegmentFiles;
import org.stoneware.testkit.storage.SessionRecordBuilder;

/** What a store promises that keeps sessions over the end of the process. */
final class KeepTest extends EngineFixture {
    private static final long ABSENT = 0;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void shouldHaveEveryDurableChangeAfterPowerIsLostAndNothingElse(long seed) {
        Random random = new Random(seed);
        Map<Integer, List<Change>> changes = new HashMap<>();
        for (int run = 0; run < 3; run++) {
            SessionStore store = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
            check(store, changes, "seed=" + seed + " run=" + run);
            int steps = 500 + random.nextInt(3000);
            for (int i = 0; i < steps; i++) {
                change(store, changes, random, run * 100_000L + i + 1);
                if (random.nextInt(30) == 0) {
                    work(store);
                }
            }
            long durable = store.durablePosition();
            if (random.nextBoolean()) {
                files.losePower(random);
            } else {
                files.endProcess();
            }
            store.close();
            changes.values().forEach(each -> each.replaceAll(change -> change.after(durable)));
        }
        check(open(StorePolicy.KEEP, MEMORY_BYTES, 0), changes, "seed=" + seed + " end");
    }

    /** While a log is read, sessions that have ended since are in the index as well; and a heap may have become smaller. */
    @Test
    void shouldOpenWithMoreSessionsThanItTakesInAndBeFullUntilThereAreLess() {
        SessionStore first = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0, 400 << 10);
        int held = 0;
        while (put(first, record(held, 1, 100)) == StoreResult.STORED) {
            held++;
        }
        first.close();

        SessionStore second = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0, 250 << 10);

        assertThat(second.figures().sessions()).isEqualTo(held);
        assertThat(held(second, key(held - 1))).isEqualTo(bytes(record(held - 1, 1, 100)));
        assertThat(put(second, record(held, 1, 100))).isEqualTo(StoreResult.FULL);
        assertThat(put(second, record(0, 2, 100))).isEqualTo(StoreResult.STORED);
        for (int i = 1; i < held; i++) {
            second.remove(key(i));
        }
        assertThat(put(second, record(held, 1, 100))).isEqualTo(StoreResult.STORED);
    }

    @Test
    void shouldHaveRoomAgainSoonAfterSomeSessionsHaveEndedThoughTheIndexIsNearlyFull() {
        SessionStore store = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0, 2 << 20);
        int held = 0;
        while (put(store, record(held, 1, 10)) == StoreResult.STORED) {
            held++;
        }
        StoreHealth.State afterRefusal = store.health().state();
        for (int i = 0; i < held / 15; i++) {
            assertThat(remove(store, key(i))).isEqualTo(StoreResult.STORED);
        }
        work(store);
        StoreHealth.State atOnce = store.health().state();

        for (int ms = 0; ms < 10_100; ms++) {
            work(store);
        }

        assertThat(afterRefusal).isEqualTo(StoreHealth.State.FULL);
        assertThat(atOnce).isEqualTo(StoreHealth.State.FULL);
        assertThat(store.health().state()).isEqualTo(StoreHealth.State.OK);
        assertThat(notices).last().asString().startsWith("storage has room again");
        for (int i = 0; i < held / 30; i++) {
            assertThat(put(store, record(held + i, 1, 10))).isEqualTo(StoreResult.STORED);
        }
        assertThat(store.health().state()).isEqualTo(StoreHealth.State.OK);
    }

    @Test
    void shouldHaveAllSessionsAfterAnOrderlyEndAndServeThemFromDiskBeforeTheyAreInMemory() {
        SessionStore first = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        for (int i = 0; i < 8000; i++) {
            assertThat(put(first, record(i, 1, 2000))).isEqualTo(StoreResult.STORED);
        }
        Map<Long, Long> digests = digests(first);
        first.close();

        SessionStore second = open(StorePolicy.KEEP, MEMORY_BYTES, 0);

        assertThat(second.figures().sessions()).isEqualTo(8000);
        assertThat(counter(second, "sessions.resident")).isZero();
        assertThat(digests(second)).isEqualTo(digests);
        assertThat(held(second, key(7999))).isEqualTo(bytes(record(7999, 1, 2000)));
        // How many sessions that are depends on how they fit into pieces of memory.
        await(second, "memory fills by itself", () -> second.figures().memoryUsedBytes() > MEMORY_BYTES / 2);
        for (int i = 0; i < 8000; i += 9) {
            assertThat(held(second, key(i))).as("session " + i).isEqualTo(bytes(record(i, 1, 2000)));
        }
        assertThat(second.figures().memoryUsedBytes()).isLessThanOrEqualTo(MEMORY_BYTES);
    }

    @Test
    void shouldFetchWhatIsOverdueThoughMemoryFillsByItself() {
        SessionStore first = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0);
        for (int i = 0; i < 2000; i++) {
            put(first, record(i, 1, 500));
        }
        awaitDurable(first);
        first.close();
        SessionStore second = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0);
        work(second);
        long filling = counter(second, "memory.loads.under-way.bytes");

        second.visitExpired(Long.MAX_VALUE / 2, 2000, (key, lastAccessedTimeMs) -> {});

        assertThat(second.isFetchingExpired()).isTrue();
        assertThat(counter(second, "memory.loads.under-way.bytes")).isGreaterThan(filling);
    }

    @Test
    void shouldKeepSessionsOfTwoApplicationsApartThatHaveTheSameId() {
        SessionStore first = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        SessionKey shop = SessionKey.of("localhost/shop", "same");
        SessionKey forum = SessionKey.of("localhost/forum", "same");
        put(first, new SessionRecordBuilder(shop).version(1).build());
        put(first, new SessionRecordBuilder(forum).version(2).build());
        touch(first, forum, 7777);
        awaitDurable(first);
        first.close();

        SessionStore second = open(StorePolicy.KEEP, MEMORY_BYTES, 0);

        byte[] ofShop = held(second, shop);
        byte[] ofForum = held(second, forum);
        assertThat(ofShop).isNotNull();
        assertThat(ofForum).isNotNull();
        assertThat(wrapped(ofShop).version()).isEqualTo(1);
        assertThat(wrapped(ofForum).version()).isEqualTo(2);
        assertThat(wrapped(ofForum).lastAccessedTimeMs()).isEqualTo(7777);
        assertThat(remove(second, shop)).isEqualTo(StoreResult.STORED);
        assertThat(held(second, forum)).isNotNull();
    }

    @Test
    void shouldRefuseAllChangesAfterAForceFailedAndGoOnReading() {
        SessionStore store = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        put(store, record(1, 1, 2000));
        awaitDurable(store);
        files.failForces(true);
        put(store, record(2, 1, 2000));
        await(store, "the failure is known", () -> store.health().state() == StoreHealth.State.FAILED);
        files.failForces(false);

        assertThat(store.put(record(1, 2, 10))).isEqualTo(StoreResult.FAILED);
        assertThat(store.touch(key(1), 99_999)).isEqualTo(StoreResult.FAILED);
        assertThat(store.remove(key(1))).isEqualTo(StoreResult.FAILED);
        assertThat(held(store, key(1))).isEqualTo(bytes(record(1, 1, 2000)));
        assertThatThrownBy(store::clear).isInstanceOf(StorageException.class);
    }

    @Test
    void shouldRefuseWhatNeedsRoomWhenTheDiskIsFullAndHealByItself() {
        SessionStore store = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0);
        files.budget(6L << 20);
        int sessions = 0;
        StoreResult result = StoreResult.STORED;
        while (result == StoreResult.STORED && sessions < 10_000) {
            result = put(store, record(sessions, 1, 2000));
            sessions += result == StoreResult.STORED ? 1 : 0;
            work(store);
        }
        assertThat(result).isEqualTo(StoreResult.FULL);
        // Not its health: what the emptying of a segment frees makes it well again at any moment.
        await(store, "it is told", () -> allNotices().contains("storage is full"));
        assertThat(held(store, key(0))).isEqualTo(bytes(record(0, 1, 2000)));

        files.budget(Long.MAX_VALUE);
        await(store, "the store heals", () -> put(store, record(99_999, 1, 2000)) == StoreResult.STORED);
        await(store, "and says so", () -> store.health().equals(StoreHealth.OK));

        awaitDurable(store);
        store.close();
        SessionStore again = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0);
        assertThat(again.figures().sessions()).isEqualTo(sessions + 1);
    }

    @Test
    void shouldKeepDiskWithinTwiceWhatIsHeldWhileSessionsAreOverwritten() {
        SessionStore store = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0);
        Random random = new Random(5);
        for (int i = 0; i < 30_000; i++) {
            assertThat(put(store, record(random.nextInt(3000), i + 1, 2000))).isEqualTo(StoreResult.STORED);
            if (i % 10 == 0) {
                work(store);
            }
        }
        awaitDurable(store);

        assertThat(counter(store, "disk.moved.bytes"))
                .as("less is moved than is stored")
                .isLessThan(counter(store, "disk.appended.bytes"));
        long bound = 2 * store.figures().payloadBytes() * 11 / 10 + (4L << 20);
        await(
                store,
                "segments less than half live are emptied",
                () -> store.figures().diskUsedBytes() < bound);
        for (int i = 0; i < 3000; i++) {
            remove(store, key(i));
        }
        await(store, "expiry gives disk back", () -> store.figures().diskUsedBytes() < 4L << 20);
    }

    @Test
    void shouldNeverShowAnOlderVersionOrAnotherValueWhereTheLastOneIsDamaged() {
        SessionStore first = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0);
        for (int version = 1; version <= 3; version++) {
            for (int i = 0; i < 600; i++) {
                put(first, record(i, version, 2000));
            }
        }
        awaitDurable(first);
        first.close();
        Map<String, byte[]> sound = files.copy();
        Random random = new Random(99);
        int rounds = 25;
        int opened = 0;
        int lost = 0;
        for (int round = 0; round < rounds; round++) {
            files = FaultySegmentFiles.of(sound);
            List<String> names = sound.keySet().stream().sorted().toList();
            String name = names.get(random.nextInt(names.size()));
            byte[] bytes = files.bytes(name);
            if (bytes.length == 0) {
                continue;
            }
            int at = random.nextInt(bytes.length);
            bytes[at] ^= (byte) (1 << random.nextInt(8));
            files.bytes(name, bytes);
            String where = "round=" + round + " file=" + name + " at=" + at;
            SessionStore store;
            try {
                store = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0);
            } catch (StorageException e) {
                assertThat(e).as(where).hasMessageContaining("cannot open the store");
                continue;
            }
            opened++;
            int missing = 0;
            for (int i = 0; i < 600; i++) {
                byte[] held = held(store, key(i));
                if (held == null) {
                    missing++;
                } else {
                    assertThat(held).as(where + " session=" + i).isEqualTo(bytes(record(i, 3, 2000)));
                }
            }
            assertThat(missing).as(where + " one bit hits one session at most").isLessThanOrEqualTo(1);
            assertThat(missing > 0 && store.damage().isEmpty())
                    .as(where + " lost without a word")
                    .isFalse();
            lost += missing;
            end(store);
        }
        System.out.println("single bits flipped=" + rounds + " opened=" + opened + " sessions lost=" + lost);
        assertThat(opened).isGreaterThan(rounds / 2);
    }

    /** Fills a store, closes it, and damages one record in its oldest segment. @return name of the segment's hint file. */
    private String damageOneRecord() {
        SessionStore first = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0);
        for (int i = 0; i < 2_000; i++) {
            put(first, record(i, 1, 2000));
        }
        awaitDurable(first);
        assertThat(first.damage()).isEmpty();
        first.close();
        String hints = files.copy().keySet().stream()
                .filter(name -> name.endsWith(".hints"))
                .sorted()
                .findFirst()
                .orElseThrow();
        String oldest = files.copy().keySet().stream()
                .filter(name -> !name.equals(hints) && name.startsWith(hints.substring(0, hints.indexOf('.') + 1)))
                .findFirst()
                .orElseThrow();
        byte[] bytes = files.bytes(oldest);
        bytes[bytes.length / 2] ^= 1;
        files.bytes(oldest, bytes);
        return hints;
    }

    /** A hint file says where records lie; nobody has read them at the start. */
    @Test
    void shouldSayThatTheDiskHasDamagedWhatWasStoredOnceItIsRead() {
        damageOneRecord();
        SessionStore damaged = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0);

        int missing = 0;
        for (int i = 0; i < 2_000; i++) {
            missing += held(damaged, key(i)) == null ? 1 : 0;
        }

        assertThat(missing).isEqualTo(1);
        assertThat(damaged.damage())
                .isEqualTo("the disk has damaged what was stored: sessionsLost=1 when they were read");
    }

    @Test
    void shouldSayOnceThatTheDiskHasDamagedWhatWasStored() {
        // Without it every record is read.
        files.bytes(damageOneRecord(), new byte[0]);

        SessionStore damaged = open(StorePolicy.KEEP, 4 * MEMORY_BYTES, 0);

        assertThat(damaged.damage()).contains("the disk has damaged what was stored", "places=1");
        assertThat(damaged.figures().sessions()).isBetween(1_998L, 1_999L);
    }

    @Test
    void shouldKeepNotesInOrderWithTheChangesFromTheLastCompleteCheckpoint() {
        SessionStore first = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        note(first, "old");
        first.beginCheckpoint();
        note(first, "all that was");
        first.endCheckpoint();
        put(first, record(1, 1, 100));
        note(first, "after 1");
        first.beginCheckpoint();
        note(first, "never completed");
        awaitDurable(first);
        first.close();

        SessionStore second = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        List<String> found = new ArrayList<>();
        second.visitNotes((buffer, offset, length) -> found.add(buffer.getStringWithoutLengthUtf8(offset, length)));

        assertThat(found).containsExactly("all that was", "after 1", "never completed");
    }

    @Test
    void shouldForgetAllSessionsClearedBefore() {
        SessionStore first = open(StorePolicy.KEEP, MEMORY_BYTES, 0);
        for (int i = 0; i < 100; i++) {
            put(first, record(i, 1, 2000));
        }
        first.clear();
        put(first, record(7, 1, 100));
        awaitDurable(first);
        first.close();

        SessionStore second = open(StorePolicy.KEEP, MEMORY_BYTES, 0);

        assertThat(second.figures().sessions()).isEqualTo(1);
        assertThat(held(second, key(7))).isEqualTo(bytes(record(7, 1, 100)));
    }

    @Test
    void shouldRefuseADirectoryThatIsInUse() {
        open(StorePolicy.KEEP, MEMORY_BYTES, 0);

        assertThatThrownBy(() -> open(StorePolicy.KEEP, MEMORY_BYTES, 0))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("in use");
    }

    private void note(SessionStore store, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        store.note(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    /** A version a session had, {@link #ABSENT} for none, from this position on. */
    private record Change(long position, long version) {
        /** As it looks to a later run: what was durable was so before it began. */
        Change after(long durablePosition) {
            return new Change(position <= durablePosition ? 0 : Long.MAX_VALUE, version);
        }
    }

    private void change(SessionStore store, Map<Integer, List<Change>> changes, Random random, long version) {
        int number = random.nextInt(300);
        boolean isRemoval = random.nextInt(4) == 0;
        StoreResult result = isRemoval
                ? remove(store, key(number))
                : put(store, record(number, version, random.nextInt(20) == 0 ? 30_000 : random.nextInt(3000)));
        if (result == StoreResult.STORED) {
            changes.computeIfAbsent(number, each -> new ArrayList<>())
                    .add(new Change(store.appendPosition(), isRemoval ? ABSENT : version));
        }
    }

    /** Every session is as its last durable change left it, or as a later one did; afterwards that is how it is. */
    private void check(SessionStore store, Map<Integer, List<Change>> changes, String where) {
        changes.forEach((number, all) -> {
            List<Long> allowed = new ArrayList<>(List.of(ABSENT));
            for (Change each : all) {
                if (each.position == 0) {
                    allowed.clear();
                }
                allowed.add(each.version);
            }
            byte[] held = held(store, key(number));
            long version = held == null ? ABSENT : wrapped(held).version();
            assertThat(allowed).as(where + " session=" + number).contains(version);
            if (held != null) {
                assertThat(held)
                        .as(where + " session=" + number)
                        .isEqualTo(bytes(record(number, version, valueLengthOf(held))));
            }
            all.clear();
            all.add(new Change(0, version));
        });
        assertThat(store.figures().sessions())
                .as(where)
                .isEqualTo(changes.values().stream()
                        .filter(all -> all.get(0).version != ABSENT)
                        .count());
    }

    private static int valueLengthOf(byte[] held) {
        int[] length = {0};
        wrapped(held).forEach((kind, name, removed, buffer, offset, valueLength) -> length[0] = valueLength);
        return length[0];
    }

    private static byte[] bytes(SessionRecord record) {
        return SessionRecordBuilder.bytesOf(record);
    }
}
