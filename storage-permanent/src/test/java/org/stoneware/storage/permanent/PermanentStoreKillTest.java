package org.stoneware.storage.permanent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.spi.storage.Durability;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.storage.segments.faults.KilledProcess;

/**
 * Kills a process around the store as it is shipped at random moments: while it writes, and while it opens what the kill before has left.
 * This process keeps how far the store had said that all is durable, and looks afterwards: what is found must be what the changes left
 * up to there, or up to a later one, sessions and notes alike. More kills: {@code -Dstoneware.permanent.kills=200}.
 */
final class PermanentStoreKillTest {
    /** For both durabilities together. */
    private static final int KILLS = Integer.getInteger("stoneware.permanent.kills", 20);

    private static final int MAX_LINES = 600;
    private static final int MAX_IN_FLIGHT = 64;
    private static final long OPEN_ONLY = 0;

    private static final long MEMORY_BYTES = 3L << 19;
    private static final long DISK_BYTES = 32L << 20;
    private static final int MAX_RECORD_LENGTH = 64 << 10;

    @TempDir
    Path directory;

    private final StoredState expected = new StoredState();
    private long last;
    private long checked;
    private long beyond;

    @ParameterizedTest
    @EnumSource
    void shouldHoldAPrefixOfTheChangesThatCoversAllThatWasDurableAfterAKill(Durability durability) throws Exception {
        Random random = new Random(20261130);
        for (int kill = 0; kill < KILLS / Durability.values().length; kill++) {
            boolean isOpening = kill % 4 == 3;
            long durable = isOpening
                    ? killWhileItOpens(durability, random.nextInt(150))
                    : killWhileItWrites(durability, random.nextInt(MAX_LINES), random.nextInt(3));
            checked += durable - last;
            check(durability, durable, "kill=" + kill + " durability=" + durability + " from=" + last);
        }
        System.out.println("durability=" + durability + " kills=" + KILLS / Durability.values().length
                + " durable changes checked=" + checked + " later ones found=" + beyond);
        assertThat(checked).isPositive();
    }

    private long killWhileItOpens(Durability durability, int delayMs) throws IOException, InterruptedException {
        KilledProcess.run(Writer.class, arguments(durability, OPEN_ONLY), 0, delayMs, line -> {});
        return last;
    }

    private long killWhileItWrites(Durability durability, int afterLines, int delayMs)
            throws IOException, InterruptedException {
        long[] durable = {last};
        // The first line is told before it opens the store.
        KilledProcess.run(
                Writer.class,
                arguments(durability, last + 1),
                1 + afterLines,
                delayMs,
                line -> durable[0] = line.isEmpty() ? last : Long.parseLong(line));
        return durable[0];
    }

    private List<String> arguments(Durability durability, long firstChange) {
        return List.of(directory.toString(), durability.name(), Long.toString(firstChange));
    }

    /** Looks what is there, and from which change on the next process has to go on. */
    private void check(Durability durability, long durable, String label) {
        SessionStore store = new PermanentStoreProvider().open(context(directory, durability));
        StoredState found;
        try {
            assertThat(store.damage()).as(label).isEmpty();
            assertThat(store.health()).as(label).isEqualTo(StoreHealth.OK);
            found = StoredState.of(store);
        } finally {
            store.close();
        }
        while (last < durable) {
            expected.apply(NumberedChange.of(++last));
        }
        StoredState atLeast = expected.copy();
        while (!found.isSameAs(expected) && last < durable + 2 * MAX_IN_FLIGHT) {
            expected.apply(NumberedChange.of(++last));
        }
        assertThat(found.isSameAs(expected))
                .as(
                        "%s: what the changes up to %d have left, or more in order: %s",
                        label, durable, found.differencesFrom(atLeast))
                .isTrue();
        expected.onEndOfRun();
        beyond += last - durable;
    }

    private static StoreContext context(Path directory, Durability durability) {
        return new StoreContext(directory, MEMORY_BYTES, DISK_BYTES, MAX_RECORD_LENGTH, durability, notice -> {});
    }

    /** The process that is killed: makes changes without end, and tells the number of the last one that is durable. */
    static final class Writer {
        private record Pending(long number, long position) {}

        private final SessionStore store;
        private final Queue<Pending> pending = new ArrayDeque<>();
        private final StringBuilder line = new StringBuilder();
        private boolean isCheckpointBegun;

        private Writer(SessionStore store) {
            this.store = store;
        }

        public static void main(String[] arguments) {
            KilledProcess.tell(new StringBuilder(".\n"));
            StoreContext context = context(Path.of(arguments[0]), Durability.valueOf(arguments[1]));
            Writer writer = new Writer(new PermanentStoreProvider().open(context));
            // As the server does before it changes anything.
            writer.store.visitNotes((buffer, offset, length) -> {});
            long number = Long.parseLong(arguments[2]);
            while (true) {
                if (number != OPEN_ONLY && writer.pending.size() < 1 + number / 100 % MAX_IN_FLIGHT) {
                    writer.change(NumberedChange.of(number++));
                } else {
                    writer.work();
                }
            }
        }

        private void change(NumberedChange change) {
            StoreResult result = change.applyTo(store, isCheckpointBegun);
            while (result == StoreResult.NOT_RESIDENT || result == StoreResult.FULL) {
                if (store.load(NumberedChange.key(change.session()), change.number()) != LoadResult.RESIDENT) {
                    work();
                }
                result = change.applyTo(store, isCheckpointBegun);
            }
            isCheckpointBegun = switch (change.kind()) {
                case BEGIN_CHECKPOINT -> true;
                case END_CHECKPOINT -> false;
                default -> isCheckpointBegun;
            };
            pending.add(new Pending(change.number(), store.appendPosition()));
        }

        private void work() {
            if (store.doWork(System.nanoTime()) == 0) {
                LockSupport.parkNanos(10_000); // the disk has a thread of its own, which tells only in doWork
            }
            if (store.health().state() == StoreHealth.State.FAILED) {
                System.err.println(store.health().reason());
                System.exit(3);
            }
            line.setLength(0);
            long durable = store.durablePosition();
            for (Pending next = pending.peek(); next != null && next.position() <= durable; next = pending.peek()) {
                line.setLength(0);
                line.append(next.number()).append(".\n");
                pending.remove();
            }
            if (!line.isEmpty()) {
                KilledProcess.tell(line);
            }
        }
    }
}
