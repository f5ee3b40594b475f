package org.stoneware.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Single operations of the stores; {@code -prof gc} shows what they allocate. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED", "-Xmx1g"})
public class StoreBenchmark {
    @Param({"stoneware", "map"})
    String engine = "stoneware";

    @Param("100000")
    int sessions = 100_000;

    @Param("2048")
    int value = 2048;

    private SessionEngine measured = new NoEngine();
    private int seed = 1;

    @Setup(Level.Trial)
    public void load() {
        SessionSet set = new SessionSet(sessions, value);
        measured = engine.equals("map") ? new MapEngine(set) : new StoreEngine(set);
        for (int i = 0; i < sessions; i++) {
            measured.load(i);
        }
    }

    @TearDown(Level.Trial)
    public void close() throws Exception {
        if (measured instanceof AutoCloseable closeable) {
            closeable.close();
        }
    }

    @Benchmark
    public void read() {
        measured.read(next());
    }

    @Benchmark
    public void put() {
        measured.put(next());
    }

    @Benchmark
    public void merge() {
        measured.merge(next());
    }

    @Benchmark
    public void touch() {
        measured.touch(next());
    }

    private int next() {
        seed = seed * 1664525 + 1013904223; // Numerical Recipes' generator: enough to defeat prefetching
        return (int) ((seed & 0xFFFFFFFFL) * sessions >>> 32);
    }

    /** Stands in until {@link #load}. */
    private static final class NoEngine implements SessionEngine {
        @Override
        public String name() {
            return "none";
        }

        @Override
        public void load(int number) {}

        @Override
        public void read(int number) {}

        @Override
        public void put(int number) {}

        @Override
        public void merge(int number) {}

        @Override
        public void touch(int number) {}

        @Override
        public void sweep() {}
    }
}
