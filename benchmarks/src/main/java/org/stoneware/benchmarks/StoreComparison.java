package org.stoneware.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.storage.StoreFigures;

/**
 * Measures the memory store beside a map of byte arrays and beside one bare random copy, in one process and in turns, so that
 * noise of the machine meets all of them.
 */
public final class StoreComparison {
    private static final String USAGE =
            """
            usage: java [-Xmx4g] -jar stoneware-benchmarks.jar store [options]

              --sessions N    sessions held                                 (100000)
              --value BYTES   bytes of the large attribute of a session     (2048)
              --millis MS     length of one measurement                     (500)
              --rounds R      measurements of each operation, in turns      (5)
              --engines LIST  of stoneware,map                              (stoneware,map)

            Costs are processor time of the whole process, garbage collection included; the median of the rounds is
            shown with the lowest and the highest. "x copy" is the cost over that of copying as many bytes from a random
            place, measured in the same round.
            """;
    private static final Set<String> OPTIONS = Set.of("sessions", "value", "millis", "rounds", "engines");
    private static final int BATCH = 200;
    /** So many that no measurement comes to the same ones twice and finds them in the caches of the processor. */
    private static final int PICKS = 1 << 21;

    private final int sessions;
    private final long millis;
    private final int rounds;

    private StoreComparison(int sessions, long millis, int rounds) {
        this.sessions = sessions;
        this.millis = millis;
        this.rounds = rounds;
    }

    public static void main(String[] args) {
        CommandLine line;
        StoreComparison comparison;
        int value;
        try {
            line = new CommandLine(args, OPTIONS, Set.of("help"));
            if (line.has("help")) {
                System.out.print(USAGE);
                return;
            }
            value = (int) line.number("value", 2048, 1, 1 << 20);
            comparison = new StoreComparison(
                    (int) line.number("sessions", 100_000, 1000, 10_000_000),
                    line.number("millis", 500, 10, 60_000),
                    (int) line.number("rounds", 5, 1, 100));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        List<String> engines =
                Arrays.asList(line.text("engines", "stoneware,map").split(","));
        System.out.printf(
                Locale.ROOT,
                "sessions=%d value=%d millis=%d rounds=%d java=%s processors=%d heapMax=%d MiB%n",
                comparison.sessions,
                value,
                comparison.millis,
                comparison.rounds,
                System.getProperty("java.version"),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() >> 20);
        SessionSet set = new SessionSet(comparison.sessions, value);
        if (engines.contains("stoneware")) {
            try (StoreEngine engine = new StoreEngine(set)) {
                comparison.measure(set, engine);
                StoreFigures figures = engine.figures();
                System.out.printf(
                        Locale.ROOT,
                        "stoneware memory: payload=%d MiB, over payload per session=%d bytes%n",
                        figures.payloadBytes() >> 20,
                        (figures.memoryUsedBytes() - figures.payloadBytes()) / figures.sessions());
            }
        }
        if (engines.contains("map")) {
            comparison.measure(set, new MapEngine(set));
        }
    }

    private void measure(SessionSet set, SessionEngine engine) {
        List<Operation> operations = new ArrayList<>();
        long startNs = cpuNs();
        for (int i = 0; i < sessions; i++) {
            engine.load(i);
        }
        System.out.printf(
                Locale.ROOT, "%s load: %.2f us/session%n", engine.name(), (cpuNs() - startNs) / 1e3 / sessions);
        operations.add(new Operation("read + copy", engine::read));
        operations.add(new Operation("put", engine::put));
        operations.add(new Operation("merge 100 B", engine::merge));
        operations.add(new Operation("touch", engine::touch));
        operations.add(new Operation("expiry sweep, 0.1 % due", i -> engine.sweep()));
        double[][] costs = new double[operations.size()][rounds];
        double[][] ratios = new double[operations.size()][rounds];
        double[] copies = new double[rounds];
        for (int round = -1; round < rounds; round++) {
            double copyNs = costNs(set::copyRandom, round);
            for (int i = 0; i < operations.size(); i++) {
                double ns = costNs(operations.get(i).body(), round);
                if (round >= 0) {
                    costs[i][round] = ns;
                    ratios[i][round] = ns / copyNs;
                }
            }
            if (round >= 0) {
                copies[round] = copyNs;
            }
        }
        System.out.println(row(engine.name() + " bare random copy", copies, null));
        for (int i = 0; i < costs.length; i++) {
            System.out.println(row(engine.name() + " " + operations.get(i).name(), costs[i], ratios[i]));
        }
    }

    private static String row(String name, double[] costsNs, double @Nullable [] ratios) {
        double[] sorted = costsNs.clone();
        Arrays.sort(sorted);
        String text = String.format(
                Locale.ROOT,
                "%-42s %10.3f us CPU/op (%.3f..%.3f)",
                name,
                sorted[sorted.length / 2] / 1e3,
                sorted[0] / 1e3,
                sorted[sorted.length - 1] / 1e3);
        if (ratios == null) {
            return text;
        }
        double[] sortedRatios = ratios.clone();
        Arrays.sort(sortedRatios);
        return text + String.format(Locale.ROOT, "  %8.2f x copy", sortedRatios[sortedRatios.length / 2]);
    }

    /** Processor time of the whole process per call, over one measurement. */
    private double costNs(IntConsumer operation, int round) {
        Random random = new Random(round + 17L);
        int[] picks = random.ints(PICKS, 0, sessions).toArray();
        long calls = 0;
        long endNs = System.nanoTime() + millis * 1_000_000;
        long startCpuNs = cpuNs();
        while (System.nanoTime() < endNs) {
            for (int i = 0; i < BATCH; i++) {
                operation.accept(picks[(int) (calls++ & (picks.length - 1))]);
                if ((i & 15) == 15 && System.nanoTime() > endNs) {
                    break; // a sweep may take long
                }
            }
        }
        return (double) (cpuNs() - startCpuNs) / calls;
    }

    private static long cpuNs() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private record Operation(String name, IntConsumer body) {}
}
