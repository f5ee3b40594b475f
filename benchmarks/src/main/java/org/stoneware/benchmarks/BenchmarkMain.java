package org.stoneware.benchmarks;

import java.util.Arrays;

/**
 * Entry point of the benchmark jar: the first argument chooses what is measured.
 *
 * @see StoreComparison
 * @see DiskStoreBenchmark
 * @see SegmentsBenchmark
 * @see HttpCounterLoad
 * @see FailoverBenchmark
 */
public final class BenchmarkMain {
    private static final String USAGE =
            """
            usage: java -jar stoneware-benchmarks.jar COMMAND [options]

              store       memory store beside ConcurrentHashMap and a bare random copy, as ratios (--help)
              disk-store  the stores that use a disk: swap and permanent (--help)
              segments    the log on disk beside a bare append and fdatasync, as ratios (--help)
              http        closed-loop load on a counter page, checks every counter (--help)
              failover    a real pair: kill -9, freeze, what a standby costs (--help)
              jmh         JMH: codecs and single store operations (-h for the options of JMH)
            """;

    private BenchmarkMain() {}

    public static void main(String[] args) throws Exception {
        String command = args.length == 0 ? "--help" : args[0];
        String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
        switch (command) {
            case "store" -> StoreComparison.main(rest);
            case "disk-store" -> DiskStoreBenchmark.main(rest);
            case "segments" -> SegmentsBenchmark.main(rest);
            case "http" -> HttpCounterLoad.main(rest);
            case "failover" -> FailoverBenchmark.main(rest);
            case "jmh" -> org.openjdk.jmh.Main.main(rest);
            case "-h", "--help", "help" -> System.out.print(USAGE);
            default -> {
                System.err.println("unknown command: " + command);
                System.err.print(USAGE);
                System.exit(2);
            }
        }
    }
}
