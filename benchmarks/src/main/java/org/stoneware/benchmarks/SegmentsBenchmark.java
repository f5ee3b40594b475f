package org.stoneware.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.storage.segments.Location;
import org.stoneware.storage.segments.RealSegmentFiles;
import org.stoneware.storage.segments.RecordHint;
import org.stoneware.storage.segments.RecordKind;
import org.stoneware.storage.segments.RecoveryVisitor;
import org.stoneware.storage.segments.SegmentLog;
import org.stoneware.storage.segments.SegmentLogContext;
import org.stoneware.storage.segments.SegmentLogException;
import org.stoneware.storage.segments.SegmentLogFigures;
import org.stoneware.storage.segments.SegmentLogListener;

/**
 * Measures durable appends of the segment log beside a bare loop of append and fdatasync of as many bytes, in turns on the same disk.
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

            "floor" is W times the rate at which one file takes W records of that size in one write and one fdatasync.
            Write amplification is bytes written to files over bytes of records, headers, hint files and moved records included.
            """;
    private static final Set<String> OPTIONS = Set.of("records", "value", "millis", "rounds", "directory");
    private static final int[] IN_FLIGHT = {1, 64};

    private final int records;
    private final int value;
    private final long millis;
    private final int rounds;
    private final Path directory;

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

    public static void main(String[] args) throws IOException, SegmentLogException {
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
            try (Stream<Path> paths = Files.walk(benchmark.directory)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private void run() throws IOException, SegmentLogException {
        System.out.printf(
                Locale.ROOT,
                "records=%d value=%d millis=%d rounds=%d java=%s processors=%d%n",
                records,
                value,
                millis,
                rounds,
                System.getProperty("java.version"),
                Runtime.getRuntime().availableProcessors());
        Path log = Files.createDirectory(directory.resolve("log"));
        try (Owner owner = new Owner(log, records, value)) {
            owner.fill();
            for (int inFlight : IN_FLIGHT) {
                measure(owner, inFlight);
            }
            SegmentLogFigures figures = owner.log.figures();
            System.out.printf(
                    Locale.ROOT,
                    "write amplification %.2f (appended %d MiB, moved %d MiB, written %d MiB), disk %.2f x live, segments"
                            + " dropped %d%n",
                    (double) figures.writtenBytes() / owner.valueBytes,
                    figures.appendedBytes() >> 20,
                    figures.movedBytes() >> 20,
                    figures.writtenBytes() >> 20,
                    (double) figures.diskUsedBytes() / figures.liveBytes(),
                    figures.droppedSegments());
        }
        long startNs = System.nanoTime();
        try (Owner owner = new Owner(log, records, value)) {
            System.out.printf(
                    Locale.ROOT,
                    "reopened in %.0f ms with %d records%n",
                    (System.nanoTime() - startNs) / 1e6,
                    owner.recovered);
        }
    }

    private void measure(Owner owner, int inFlight) throws IOException {
        double[] floors = new double[rounds];
        double[] rates = new double[rounds];
        double[] ratios = new double[rounds];
        long forces = 0;
        for (int round = -1; round < rounds; round++) {
            double before = floor(inFlight);
            long forcesBefore = owner.log.figures().forces();
            double rate = owner.writesPerSecond(inFlight, millis);
            double floor = (before + floor(inFlight)) / 2;
            if (round >= 0) {
                floors[round] = floor;
                rates[round] = rate;
                ratios[round] = rate / floor;
                forces += owner.log.figures().forces() - forcesBefore;
            }
        }
        System.out.printf(
                Locale.ROOT,
                "in flight %2d: durable writes/s %s   floor %s   ratio %s   forces/s %.0f%n",
                inFlight,
                text(rates, "%.0f"),
                text(floors, "%.0f"),
                text(ratios, "%.2f"),
                forces * 1000.0 / (rounds * millis));
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

    /** Records per second of a bare loop. */
    private double floor(int inFlight) throws IOException {
        Path file = directory.resolve("floor");
        ByteBuffer batch = ByteBuffer.allocateDirect(SegmentLog.frameLength(value) * inFlight);
        long writes = 0;
        long startNs = System.nanoTime();
        long endNs = startNs + TimeUnit.MILLISECONDS.toNanos(millis / 2);
        long nowNs = startNs;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (nowNs < endNs) {
                batch.clear();
                while (batch.hasRemaining()) {
                    channel.write(batch);
                }
                channel.force(false);
                writes += inFlight;
                nowNs = System.nanoTime();
            }
        } finally {
            Files.deleteIfExists(file);
        }
        return writes * 1e9 / (nowNs - startNs);
    }

    /** Replaces records of a log as a server would: a number of writes in flight, the next ones when they are durable. */
    private static final class Owner implements SegmentLogListener, RecoveryVisitor, AutoCloseable {
        final SegmentLog log;
        private final long[] locations;
        private final int value;
        private final UnsafeBuffer content;
        private final RecordHint hint = new RecordHint();
        private final Random random = new Random(7);
        private final Thread agent = Thread.currentThread();
        long valueBytes;
        long recovered;

        Owner(Path directory, int records, int value) throws SegmentLogException {
            locations = new long[records];
            Arrays.fill(locations, Location.NULL);
            this.value = value;
            byte[] bytes = new byte[value];
            new Random(1).nextBytes(bytes);
            content = new UnsafeBuffer(bytes);
            log = SegmentLog.open(
                    SegmentLogContext.of(
                                    new RealSegmentFiles(directory),
                                    SegmentLogContext.Sync.FORCED,
                                    value,
                                    0,
                                    System.err::println)
                            .withOnProgress(() -> LockSupport.unpark(agent)),
                    this);
            log.recover(this);
        }

        void fill() {
            for (int i = 0; i < locations.length; i++) {
                write(i);
            }
            await(log.appendPosition());
        }

        double writesPerSecond(int inFlight, long millis) {
            long writes = 0;
            long startNs = System.nanoTime();
            long endNs = startNs + TimeUnit.MILLISECONDS.toNanos(millis);
            while (System.nanoTime() < endNs) {
                for (int i = 0; i < inFlight; i++) {
                    write(random.nextInt(locations.length));
                }
                await(log.appendPosition());
                writes += inFlight;
            }
            return writes * 1e9 / (System.nanoTime() - startNs);
        }

        private void write(int key) {
            hint.set(key * 0x9E3779B97F4A7C15L, key, 1, 0, 1800, 0);
            long location = log.append(RecordKind.RECORD, hint, content, 0, value, false);
            while (location == SegmentLog.BACK_PRESSURE) {
                idle();
                location = log.append(RecordKind.RECORD, hint, content, 0, value, false);
            }
            if (location < 0) {
                throw new IllegalStateException("not appended: result=" + location + " " + log.reason());
            }
            release(key);
            locations[key] = location;
            valueBytes += value;
        }

        private void release(int key) {
            if (locations[key] != Location.NULL) {
                log.release(locations[key], value);
            }
        }

        private void await(long position) {
            while (log.durablePosition() < position) {
                idle();
            }
        }

        private void idle() {
            if (log.isFailed()) {
                throw new IllegalStateException(log.reason());
            }
            if (log.doWork(System.nanoTime()) == 0) {
                LockSupport.parkNanos(100_000);
            }
        }

        @Override
        public void onRead(long ticket, long location, RecordHint hint, DirectBuffer content, int offset, int length) {}

        @Override
        public void onReadFailed(long ticket, long location, String reason) {}

        @Override
        public void onDurable(long position) {}

        @Override
        public void onFailed(String reason) {}

        @Override
        public void onFull(String reason) {}

        @Override
        public void onRoom() {}

        @Override
        public boolean isHeld(RecordHint key) {
            return true;
        }

        @Override
        public boolean isNeeded(RecordKind kind, long location, RecordHint hint) {
            return locations[(int) hint.fingerprint()] == location;
        }

        @Override
        public void onMove(
                RecordKind kind, long location, RecordHint hint, DirectBuffer content, int offset, int length) {
            int key = (int) hint.fingerprint();
            locations[key] = log.appendCopy(kind, hint, content, offset, length);
            log.release(location, length);
        }

        @Override
        public void onLost(int segment, int fromOffset, int toOffset) {
            throw new IllegalStateException("damaged: segment=" + segment + " fromOffset=" + fromOffset);
        }

        @Override
        public void onRecord(long location, int length, RecordHint hint) {
            int key = (int) hint.fingerprint();
            release(key);
            recovered += locations[key] == Location.NULL ? 1 : 0;
            locations[key] = location;
        }

        @Override
        public void onRemoval(RecordHint hint) {}

        @Override
        public void onTouch(long location, RecordHint hint) {}

        @Override
        public void onClear() {}

        @Override
        public void onDamaged(RecordHint hint) {}

        @Override
        public void close() {
            log.close();
        }
    }
}
