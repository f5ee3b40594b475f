package org.stoneware.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Stream;
import org.stoneware.storage.segments.SegmentLogException;
import org.stoneware.storage.segments.SegmentLogFigures;

/**
 * Measures durable appends of the segment log beside a bare loop of write and fdatasync of as many bytes, and beside whatever engines the
 * jar was built with, in turns on the same disk.
 */
public final class SegmentsBenchmark {
    private static final String USAGE =
            """
            usage: java -jar stoneware-benchmarks.jar segments [options]

              --records N     records held; each write replaces one chosen at random  (20000)
              --value BYTES   bytes of a record                                       (2048)
              --millis MS     length of one measurement                               (2000)
              --rounds R      measurements of each kind, in turns                     (5)
              --directory DIR where the files lie; a directory made in it is deleted  (the temporary directory)

            "floor" is W times the rate at which one file takes W records of that size in one write and one fdatasync: a new file that
            grows with each write, and one of 64 MiB whose blocks are there. "nothing to reclaim" is a new log to which records are
            added; "steady" one that replaces them, so that segments are emptied, deleted and used again all the time.
            Write amplification is bytes written to files over bytes of records, headers, hint files and moved records included.
            A jar built with -Procksdb measures RocksDB with a synchronous log as well.
            """;
    private static final Set<String> OPTIONS = Set.of("records", "value", "millis", "rounds", "directory");
    private static final int[] IN_FLIGHT = {1, 64};

    private final int records;
    private final int value;
    private final long millis;
    private final int rounds;
    private final Path directory;
    private int directories;

    private SegmentsBenchmark(CommandLine line) throws IOException {
        records = (int) line.number("records", 20_000, 100, 10_000_000);
        value = (int) line.number("value", 2048, 1, 1 << 20);
        millis = line.number("millis", 2000, 10, 60_000);
        rounds = (int) line.number("rounds", 5, 1, 100);
        String parent = line.text("directory", "");
        directory = parent.isEmpty()
                ? Files.createTempDirectory("stoneware-segments")
                : Files.createTempDirectory(Path.of(parent), "stoneware-segments");
    }

    public static void main(String[] args) throws Exception {
        SegmentsBenchmark benchmark;
        try {
            CommandLine line = new CommandLine(args, OPTIONS, Set.of("help"));
            if (line.has("help")) {
                System.out.print(USAGE);
                return;
            }
            benchmark = new SegmentsBenchmark(line);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        try {
            benchmark.run();
        } finally {
            delete(benchmark.directory);
        }
    }

    private void run() throws Exception {
        System.out.printf(
                Locale.ROOT,
                "records=%d value=%d millis=%d rounds=%d java=%s processors=%d%n",
                records,
                value,
                millis,
                rounds,
                System.getProperty("java.version"),
                Runtime.getRuntime().availableProcessors());
        Path log = newDirectory();
        Map<String, DurableEngine> engines = new LinkedHashMap<>();
        try (SegmentsEngine steady = new SegmentsEngine(log, records, value, true)) {
            engines.put("floor, a file that grows", new WriteFloor(directory.resolve("growing"), value, false));
            engines.put("floor, blocks that are there", new WriteFloor(directory.resolve("allocated"), value, true));
            engines.put("log, nothing to reclaim", new NewLogs());
            engines.put("log, steady", steady);
            for (DurableEngine.Family family : ServiceLoader.load(DurableEngine.Family.class)) {
                engines.putAll(family.open(newDirectory(), records, value));
            }
            steady.fill();
            for (int inFlight : IN_FLIGHT) {
                measure(engines, inFlight);
            }
            print(steady);
        } finally {
            for (DurableEngine engine : engines.values()) {
                engine.close();
            }
        }
        reopen(log);
    }

    private static void print(SegmentsEngine steady) {
        SegmentLogFigures figures = steady.log.figures();
        System.out.printf(
                Locale.ROOT,
                "steady log: write amplification %.2f (appended %d MiB, moved %d MiB, written %d MiB), disk %.2f x live,"
                        + " segments dropped %d%n",
                (double) figures.writtenBytes() / steady.valueBytes,
                figures.appendedBytes() >> 20,
                figures.movedBytes() >> 20,
                figures.writtenBytes() >> 20,
                (double) figures.diskUsedBytes() / figures.liveBytes(),
                figures.droppedSegments());
    }

    private void reopen(Path log) throws SegmentLogException {
        long startNs = System.nanoTime();
        try (SegmentsEngine again = new SegmentsEngine(log, records, value, true)) {
            System.out.printf(
                    Locale.ROOT,
                    "reopened in %.0f ms with %d records%n",
                    (System.nanoTime() - startNs) / 1e6,
                    again.recovered);
        }
    }

    /** Rates of one engine, by round. */
    private record Row(String name, DurableEngine engine, double[] rates) {}

    private void measure(Map<String, DurableEngine> engines, int inFlight) throws Exception {
        List<Row> rows = new ArrayList<>();
        engines.forEach((name, engine) -> rows.add(new Row(name, engine, new double[rounds])));
        for (int round = -1; round < rounds; round++) {
            for (Row row : rows) {
                double rate = row.engine.writesPerSecond(inFlight, millis);
                if (round >= 0) {
                    row.rates[round] = rate;
                }
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%d in flight: durable writes/s, median (lowest..highest); over the floors of the same round%n",
                inFlight);
        double[] growing = rows.get(0).rates;
        double[] allocated = rows.get(1).rates;
        for (Row row : rows) {
            boolean isFloor = row.engine instanceof WriteFloor;
            String ratios = "grows " + text(over(row.rates, growing), "%.2f") + "   there "
                    + text(over(row.rates, allocated), "%.2f");
            System.out.printf(
                    Locale.ROOT, "  %-30s %-26s %s%n", row.name, text(row.rates, "%.0f"), isFloor ? "" : ratios);
        }
    }

    private static double[] over(double[] rates, double[] floors) {
        double[] ratios = new double[rates.length];
        Arrays.setAll(ratios, round -> rates[round] / floors[round]);
        return ratios;
    }

    private static String text(double[] values, String format) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return String.format(
                Locale.ROOT,
                format + " (" + format + ".." + format + ")",
                sorted[sorted.length / 2],
                sorted[0],
                sorted[sorted.length - 1]);
    }

    private Path newDirectory() throws IOException {
        return Files.createDirectory(directory.resolve(Integer.toString(directories++)));
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** A new log for each measurement: nothing was ever deleted in it. */
    private final class NewLogs implements DurableEngine {
        @Override
        public double writesPerSecond(int inFlight, long millis) throws IOException, SegmentLogException {
            Path log = newDirectory();
            try (SegmentsEngine added = new SegmentsEngine(log, records, value, false)) {
                return added.writesPerSecond(inFlight, millis);
            } finally {
                delete(log);
            }
        }

        @Override
        public void close() {}
    }
}
