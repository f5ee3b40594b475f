package org.stoneware.benchmarks;

import java.util.concurrent.TimeUnit;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
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
import org.openjdk.jmh.annotations.Warmup;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/** Writing, checking and merging of session records and deltas. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED")
public class SessionCodecBenchmark {
    private static final int VALUE_LENGTH = 200;

    @Param({"1", "10", "1000"})
    int attributes = 10;

    private final SessionKey key = SessionKey.of("localhost/shop", "0123456789ABCDEF0123456789ABCDEF");
    private final RecordStamp stamp = new RecordStamp(2, 1, 2, 1000, 1000);
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[VALUE_LENGTH]);
    private final SessionDelta delta = new SessionDelta();
    private final SessionRecord base = new SessionRecord();
    private SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
    private UnsafeBuffer out = new UnsafeBuffer(0, 0);
    private String[] names = {};

    @Setup(Level.Trial)
    public void prepare() {
        names = new String[attributes];
        for (int i = 0; i < attributes; i++) {
            names[i] = "attribute-" + i;
        }
        builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        delta.wrap(builder.buffer(), 0);
        buildDelta();
        int length = SessionRecord.maxLength(key, null, delta);
        UnsafeBuffer held = new UnsafeBuffer(new byte[length]);
        SessionRecord.write(held, 0, key, null, delta, stamp, 0);
        base.wrap(held, 0);
        out = new UnsafeBuffer(new byte[length * 2]);
    }

    /** What a valve does at a commit point, without the serialization of values. */
    @Benchmark
    public int buildDelta() {
        builder.reset();
        for (String name : names) {
            builder.put(AttributeKind.APPLICATION, name, value, 0, VALUE_LENGTH);
        }
        return builder.finish();
    }

    /** What a server does with bytes from a valve. */
    @Benchmark
    public Object checkDelta() {
        return String.valueOf(SessionDelta.problem(delta.buffer(), 0, delta.length()));
    }

    /** What a server does with bytes from another server. */
    @Benchmark
    public Object checkRecord() {
        return String.valueOf(SessionRecord.problem(base.buffer(), 0, base.length()));
    }

    /** All attributes change: the worst case of a merge. */
    @Benchmark
    public int mergeAll() {
        return SessionRecord.write(out, 0, key, base, delta, stamp, 0);
    }
}
