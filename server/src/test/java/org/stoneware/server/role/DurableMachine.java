package org.stoneware.server.role;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.stoneware.server.storage.GenerationPlace;
import org.stoneware.server.storage.OpenedStore;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceDisk;
import org.stoneware.testkit.storage.ReferenceDurableStore;

/** A machine with a disk: what a server's generations leave on it, and which of them a restart opens. */
final class DurableMachine {
    /** A few sessions are in memory at a time. */
    private static final long MEMORY = 20_000;

    private final Random random;
    private final UnaryOperator<SessionStore> fault;
    private final int maxForceCycles;
    private final long memoryBytes;
    private final List<ReferenceDisk> disks = new ArrayList<>();
    private int current = -1;
    private boolean isPublishedSuspect;

    /** @param fault makes of a store one that keeps a promise badly. */
    DurableMachine(long seed, UnaryOperator<SessionStore> fault) {
        this(seed, fault, 4);
    }

    /** @param maxForceCycles most duty cycles from one force to the next. */
    DurableMachine(long seed, UnaryOperator<SessionStore> fault, int maxForceCycles) {
        this(seed, fault, maxForceCycles, MEMORY);
    }

    /** @param memoryBytes what each store may hold in memory. */
    DurableMachine(long seed, UnaryOperator<SessionStore> fault, int maxForceCycles, long memoryBytes) {
        this.memoryBytes = memoryBytes;
        this.random = new Random(seed);
        this.fault = fault;
        this.maxForceCycles = maxForceCycles;
    }

    /** An empty generation beside those that are there; the first one counts at once. */
    SessionGeneration create() {
        disks.add(new ReferenceDisk());
        int number = disks.size() - 1;
        current = current < 0 ? number : current;
        return new SessionGeneration(open(number), new Place(number));
    }

    /** An empty store beside those that are there; a restart opens it once it is published. */
    OpenedStore fresh() {
        disks.add(new ReferenceDisk());
        int number = disks.size() - 1;
        return new OpenedStore(open(number), "durable-" + number, new Place(number));
    }

    /** Which of its stores a restart opens, in the order in which they were made; negative for none. */
    int published() {
        return current;
    }

    /** Whether a restart would be told that something acknowledged may be missing. */
    boolean isPublishedSuspect() {
        return isPublishedSuspect;
    }

    /** Whether a restart finds anything. */
    boolean isAnythingPublished() {
        return current >= 0;
    }

    /** The process has ended: of what no force had reached yet some is there. */
    SessionGeneration restart() {
        for (int i = 0; i < disks.size(); i++) {
            ReferenceDisk disk = disks.get(i);
            disks.set(i, disk.afterCrash(random.nextInt(disk.length() - disk.forced() + 1)));
        }
        SessionStore store = open(current);
        return SessionGeneration.recover(new OpenedStore(store, new Place(current)), false, () -> store.doWork(0));
    }

    ReferenceDisk disk() {
        return disks.get(current);
    }

    private SessionStore open(int number) {
        ReferenceDurableStore.Pace pace = new ReferenceDurableStore.Pace(
                1 + random.nextInt(maxForceCycles), 1 + random.nextInt(3), 1 + random.nextInt(16));
        StoreContext context = new StoreContext(Path.of(""), memoryBytes, 8_192, line -> {});
        return fault.apply(new ReferenceDurableStore(context, disks.get(number), pace));
    }

    private final class Place implements GenerationPlace {
        private final int number;

        Place(int number) {
            this.number = number;
        }

        @Override
        public boolean keepsSessions() {
            return true;
        }

        @Override
        public boolean publish(boolean isSuspect) {
            current = number;
            isPublishedSuspect = isSuspect;
            return true;
        }

        @Override
        public void trust() {}

        @Override
        public void delete() {
            disks.set(number, new ReferenceDisk());
        }
    }
}
