package org.stoneware.server.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreListener;

/**
 * Makes empty copies of the sessions, each with a store and a directory of its own, so that an old copy stays whole until a new one is.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> each store may use the configured memory; while a copy is made there are two.
 */
final class SessionGenerations implements Supplier<SessionGeneration> {
    private final ServerContext context;
    private final EventLog events;
    private final int maxSessionBytes;
    private final StoreListener listener;
    private int made;

    SessionGenerations(ServerContext context, EventLog events, int maxSessionBytes, StoreListener listener) {
        this.context = context;
        this.events = events;
        this.maxSessionBytes = maxSessionBytes;
        this.listener = listener;
    }

    @Override
    public SessionGeneration get() {
        ServerSettings self = context.settings().self();
        Path directory = self.dataDirectory().resolve("store").resolve(String.valueOf(++made));
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + directory, e);
        }
        SessionStore store = context.store()
                .open(new StoreContext(
                        directory,
                        self.maxMemoryBytes() > 0 ? self.maxMemoryBytes() : defaultMemoryBytes(),
                        self.maxDiskBytes(),
                        maxSessionBytes,
                        self.durability(),
                        line -> events.info("storage", line)));
        store.listener(listener);
        return new SessionGeneration(store, () -> delete(directory));
    }

    private static long defaultMemoryBytes() {
        return Runtime.getRuntime().maxMemory() / 2;
    }

    private void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            events.warning("storage", "could not remove " + directory + ": " + e.getMessage());
        }
    }
}
