package org.stoneware.server.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.server.storage.OpenedStore;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreListener;

/**
 * Makes empty copies of the sessions, each with a store and a directory of its own, so that an old copy stays whole until a new one is.
 * <p>
 * <b>Threading:</b> the agent thread, but for {@link #open} and {@link #trialContext}.
 * <p>
 * <b>Limits:</b> each store may use the configured memory; while a copy is made there are two.
 */
final class SessionGenerations implements Supplier<SessionGeneration> {
    private static final long TRIAL_MEMORY_BYTES = 64L << 20;

    private final ServerContext context;
    private final EventLog events;
    private final int maxSessionBytes;
    private final StoreListener listener;
    private final AtomicInteger made = new AtomicInteger();
    private StoreOffer offer;

    SessionGenerations(ServerContext context, EventLog events, int maxSessionBytes, StoreListener listener) {
        this.context = context;
        this.events = events;
        this.maxSessionBytes = maxSessionBytes;
        this.listener = listener;
        this.offer = context.stores().first();
    }

    /** Copies made from now on are in stores of this provider. */
    void use(StoreOffer next) {
        offer = next;
    }

    /** Whose stores copies are made in. */
    StoreOffer inUse() {
        return offer;
    }

    @Override
    public SessionGeneration get() {
        SessionGeneration generation = new SessionGeneration(open(offer));
        generation.store().listener(listener);
        return generation;
    }

    /** Opens an empty store in a directory of its own. Any thread. */
    OpenedStore open(StoreOffer from) {
        Path directory = directory("store", String.valueOf(made.incrementAndGet()));
        ServerSettings self = context.settings().self();
        SessionStore store = from.provider().open(storeContext(directory, memoryBytes(self)));
        return new OpenedStore(store, from.inWords(), () -> {}, () -> delete(directory));
    }

    /** Settings for a store that is only tried; the directory goes with {@link #delete}. Any thread. */
    StoreContext trialContext() {
        Path directory = directory("store-trial", String.valueOf(made.incrementAndGet()));
        return storeContext(
                directory,
                Math.min(TRIAL_MEMORY_BYTES, memoryBytes(context.settings().self())));
    }

    /**
     * Whether there is room for another copy of the sessions. Any thread.
     *
     * @param payloadBytes bytes of the sessions.
     * @return why there is none; empty when there is, or when that can't be found out.
     */
    String roomProblem(StoreOffer from, long payloadBytes) {
        ServerSettings self = context.settings().self();
        long needBytes = payloadBytes + payloadBytes / 4;
        long diskBytes = self.dataDirectory().toFile().getUsableSpace();
        if (from.provider().keepsSessions() && diskBytes > 0 && diskBytes < needBytes) {
            return "not enough disk for a second copy: needBytes=" + needBytes + " freeBytes=" + diskBytes + " in "
                    + self.dataDirectory();
        }
        long memoryNeedBytes = Math.min(needBytes, memoryBytes(self));
        long freeBytes = FreeMemory.bytes();
        return freeBytes >= 0 && freeBytes < memoryNeedBytes
                ? "not enough memory for a second copy: needBytes=" + memoryNeedBytes + " freeBytes=" + freeBytes
                : "";
    }

    private StoreContext storeContext(Path directory, long memoryBytes) {
        return new StoreContext(directory, memoryBytes, maxSessionBytes, line -> events.info("storage", line));
    }

    private Path directory(String kind, String name) {
        Path directory = context.settings().self().dataDirectory().resolve(kind).resolve(name);
        try {
            return Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + directory, e);
        }
    }

    private static long memoryBytes(ServerSettings self) {
        return self.maxMemoryBytes() > 0
                ? self.maxMemoryBytes()
                : Runtime.getRuntime().maxMemory() / 2;
    }

    void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            events.warning("storage", "could not remove " + directory + ": " + e.getMessage());
        }
    }
}
