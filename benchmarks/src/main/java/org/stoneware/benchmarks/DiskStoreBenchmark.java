package org.stoneware.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.stoneware.spi.storage.Durability;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.storage.memory.MemorySessionStoreProvider;
import org.stoneware.storage.permanent.PermanentStoreProvider;
import org.stoneware.storage.swap.SwapStoreProvider;

/**
 * Measures the stores that use a disk as a server drives them: one thread, a number of requests in flight, a request for a session on
 * disk waits for it, and with the permanent store a write is answered when it is durable.
 */
public final class DiskStoreBenchmark {
    private static final String USAGE =
            """
            usage: java [-Xmx512m] -jar stoneware-benchmarks.jar disk-store [options]

              --sessions N    sessions held                                   (100000)
              --value BYTES   bytes of the large attribute of a session       (2048)
              --memory MIB    memory of the store                             (64)
              --window W      requests in flight                              (64)
              --millis MS     length of each measurement                      (5000)
              --engines LIST  of memory,swap,permanent                        (swap,permanent)
              --durability D  fsync or replicated, for permanent              (fsync)
              --directory DIR where the stores lie; emptied                   (a temporary directory)

            The memory store gets as much memory as all sessions take, whatever --memory says.
            Reads and writes are half and half, on sessions chosen at random. CPU is that of the whole process, garbage collection
            and the making of the requests included. Write amplification is bytes written to files over bytes of the sessions stored.
            """;
    private static final Set<String> OPTIONS =
            Set.of("sessions", "value", "memory", "window", "millis", "engines", "durability", "directory");

    private final int sessions;
    private final long memoryBytes;
    private final int window;
    private final long millis;
    private final Durability durability;
    private final SessionSet set;

    private DiskStoreBenchmark(CommandLine line) {
        sessions = (int) line.number("sessions", 100_000, 1000, 10_000_000);
        memoryBytes = line.number("memory", 64, 1, 1 << 20) << 20;
        window = (int) line.number("window", 64, 1, 4096);
        millis = line.number("millis", 5000, 10, 600_000);
        durability = Durability.valueOf(line.text("durability", "fsync").toUpperCase(Locale.ROOT));
        set = new SessionSet(sessions, (int) line.number("value", 2048, 1, 1 << 20), false);
    }

    public static void main(String[] args) throws IOException {
        DiskStoreBenchmark benchmark;
        List<SessionStoreProvider> engines;
        Path directory;
        try {
            CommandLine line = new CommandLine(args, OPTIONS, Set.of("help"));
            if (line.has("help")) {
                System.out.print(USAGE);
                return;
            }
            benchmark = new DiskStoreBenchmark(line);
            engines = Arrays.stream(line.text("engines", "swap,permanent").split(","))
                    .map(DiskStoreBenchmark::provider)
                    .toList();
            String place = line.text("directory", "");
            directory = place.isEmpty() ? Files.createTempDirectory("stoneware-disk-store") : Path.of(place);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        System.out.printf(
                Locale.ROOT,
                "sessions=%d memory=%d MiB window=%d millis=%d durability=%s java=%s processors=%d heapMax=%d MiB%n",
                benchmark.sessions,
                benchmark.memoryBytes >> 20,
                benchmark.window,
                benchmark.millis,
                benchmark.durability,
                System.getProperty("java.version"),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() >> 20);
        for (SessionStoreProvider provider : engines) {
            empty(directory);
            benchmark.measure(provider, directory);
            empty(directory);
        }
    }

    private static SessionStoreProvider provider(String engine) {
        return switch (engine) {
            case "memory" -> new MemorySessionStoreProvider();
            case "swap" -> new SwapStoreProvider();
            case "permanent" -> new PermanentStoreProvider();
            default ->
                throw new IllegalArgumentException(
                        "--engines names no store: " + engine + "; there are memory, swap and permanent");
        };
    }

    private void measure(SessionStoreProvider provider, Path directory) {
        String name = provider.mode();
        try (SessionStore store = open(provider, directory)) {
            InFlight load = new InFlight(store, set, window, provider.keepsSessions());
            report(name + " load", store, load, () -> load.loadAll());
            InFlight mixed = new InFlight(store, set, window, provider.keepsSessions());
            report(name + " read/write", store, mixed, () -> mixed.mix(millis));
            InFlight writes = new InFlight(store, set, window, provider.keepsSessions());
            report(name + " write", store, writes, () -> writes.write(millis));
            memory(name, store);
        }
        if (provider.keepsSessions()) {
            reopen(name, provider, directory);
        }
    }

    private SessionStore open(SessionStoreProvider provider, Path directory) {
        long bytes = provider instanceof MemorySessionStoreProvider
                ? Math.max(memoryBytes, 2L * sessions * set.meanLength())
                : memoryBytes;
        return provider.open(
                new StoreContext(directory, bytes, 0, 1 << 20, durability, line -> System.out.println("  " + line)));
    }

    private static void report(String name, SessionStore store, InFlight requests, Runnable body) {
        long writtenBefore = counter(store, "disk.written.bytes");
        long movedBefore = counter(store, "disk.moved.bytes");
        long cpuBefore = cpuNs();
        long startNs = System.nanoTime();
        body.run();
        double seconds = (System.nanoTime() - startNs) / 1e9;
        double cpuSeconds = (cpuNs() - cpuBefore) / 1e9;
        long written = counter(store, "disk.written.bytes") - writtenBefore;
        long moved = counter(store, "disk.moved.bytes") - movedBefore;
        System.out.printf(
                Locale.ROOT,
                "%-28s %9.0f ops/s %9.0f ops/CPU-s  read p50/p99/p99.9 %.1f/%.0f/%.0f us  write %.1f/%.0f/%.0f us"
                        + "  write amplification %.2f (%.2f moved)%n",
                name,
                requests.count() / seconds,
                requests.count() / cpuSeconds,
                requests.reads().getValueAtPercentile(50) / 1e3,
                requests.reads().getValueAtPercentile(99) / 1e3,
                requests.reads().getValueAtPercentile(99.9) / 1e3,
                requests.writes().getValueAtPercentile(50) / 1e3,
                requests.writes().getValueAtPercentile(99) / 1e3,
                requests.writes().getValueAtPercentile(99.9) / 1e3,
                requests.storedBytes() == 0 ? 0 : (double) written / requests.storedBytes(),
                requests.storedBytes() == 0 ? 0 : (double) moved / requests.storedBytes());
    }

    private void memory(String name, SessionStore store) {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        StoreFigures figures = store.figures();
        long onDisk = figures.diskUsedBytes() == 0 ? 0 : figures.sessions() - counter(store, "sessions.resident");
        long resident = figures.sessions() - onDisk;
        long residentPayload = (long) ((double) figures.payloadBytes() / figures.sessions() * resident);
        System.out.printf(
                Locale.ROOT,
                "%-28s sessions=%d resident=%d payload=%d MiB memory=%d MiB, over payload in memory %d bytes per session;"
                        + " disk=%d MiB, live %d MiB; heap used=%d MiB (the requests' keys included)%n",
                name + " memory",
                figures.sessions(),
                resident,
                figures.payloadBytes() >> 20,
                figures.memoryUsedBytes() >> 20,
                (figures.memoryUsedBytes() - residentPayload) / figures.sessions(),
                figures.diskUsedBytes() >> 20,
                counter(store, "disk.live.bytes") >> 20,
                runtime.totalMemory() - runtime.freeMemory() >> 20);
    }

    private void reopen(String name, SessionStoreProvider provider, Path directory) {
        long startNs = System.nanoTime();
        try (SessionStore store = open(provider, directory)) {
            long openNs = System.nanoTime() - startNs;
            InFlight first = new InFlight(store, set, 1, true);
            first.read(1);
            long firstNs = System.nanoTime() - startNs;
            InFlight all = new InFlight(store, set, window, true);
            all.readAll();
            System.out.printf(
                    Locale.ROOT,
                    "%-28s open %.2f s, first answer %.2f s, every session answered once %.2f s%n",
                    name + " reopen",
                    openNs / 1e9,
                    firstNs / 1e9,
                    (System.nanoTime() - startNs) / 1e9);
        }
    }

    private static long counter(SessionStore store, String name) {
        long[] found = {0};
        store.visitCounters((each, value) -> {
            if (each.equals(name)) {
                found[0] = value;
            }
        });
        return found[0];
    }

    private static long cpuNs() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static void empty(Path directory) throws IOException {
        Files.createDirectories(directory);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!each.equals(directory)) {
                    Files.delete(each);
                }
            }
        }
    }

    /** Longest a request may take before the measurement is given up. */
    static final long MAX_WAIT_NS = TimeUnit.SECONDS.toNanos(120);
}
