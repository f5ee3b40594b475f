package org.stoneware.benchmarks;

import java.util.List;
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
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.ClientRequestAdapter;
import org.stoneware.wire.session.ClientRequestListener;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.OwnedSession;

/** Encoding and decoding of a write, beside the bare copy of as many bytes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED")
public class SessionWireBenchmark {
    @Param({"100", "2000", "20000"})
    int valueLength = 2000;

    private final SessionKey key = SessionKey.of("localhost/shop", "0123456789ABCDEF0123456789ABCDEF");
    private final ClientRequestPublisher publisher = new ClientRequestPublisher();
    private final ClientRequestAdapter adapter = new ClientRequestAdapter();
    private final ExpandableArrayBuffer message = new ExpandableArrayBuffer(64 * 1024);
    private final UnsafeBuffer copy = new UnsafeBuffer(new byte[64 * 1024]);
    private final Count count = new Count();
    private SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer());
    private int deltaLength;
    private int messageLength;

    @Setup(Level.Trial)
    public void prepare() {
        delta = new SessionDelta.Builder(new ExpandableArrayBuffer());
        delta.put(AttributeKind.APPLICATION, "cart", new UnsafeBuffer(new byte[valueLength]), 0, valueLength);
        deltaLength = delta.finish();
        messageLength = encodeWrite();
    }

    /** What a request thread does before it hands over. */
    @Benchmark
    public int encodeWrite() {
        return publisher.write(message, 1, 2, 3, 4, 0, 1, 1, key, delta.buffer(), 0, deltaLength);
    }

    /** What the server does before it looks at the session: bounds, key and delta checked. */
    @Benchmark
    public long decodeWrite() {
        adapter.onMessage(message, 0, messageLength, count);
        return count.writes;
    }

    /** The yardstick: the same bytes copied once. */
    @Benchmark
    public byte copyMessage() {
        copy.putBytes(0, message, 0, messageLength);
        return copy.getByte(messageLength - 1);
    }

    /** Counts writes; nothing else arrives. */
    private static final class Count implements ClientRequestListener {
        private long writes;

        @Override
        public void onWrite(
                long epoch,
                long requestId,
                long answeredBelow,
                long token,
                long accessAgeMs,
                int flags,
                long grant,
                long baseVersion,
                SessionKey key,
                SessionDelta delta) {
            writes += delta.entryCount();
        }

        @Override
        public void onRegister(
                long epoch,
                long clientIdHigh,
                long clientIdLow,
                long incarnation,
                long registration,
                String name,
                String productVersion,
                List<String> applications,
                List<OwnedSession> owned,
                long namedFrom) {}

        @Override
        public void onName(long epoch, long registration, int part, long namedFrom, List<OwnedSession> owned) {}

        @Override
        public void onRenew(long epoch, long registration, long sequence) {}

        @Override
        public void onGetOwn(long epoch, long requestId, long knownVersion, int maxWaitMs, SessionKey key) {}

        @Override
        public void onRemove(
                long epoch, long requestId, long answeredBelow, long token, long baseVersion, SessionKey key) {}

        @Override
        public void onRename(
                long epoch,
                long requestId,
                long answeredBelow,
                long token,
                long baseVersion,
                SessionKey from,
                SessionKey to) {}

        @Override
        public void onRelease(long epoch, long token, long accessAgeMs, long grant, SessionKey key) {}

        @Override
        public void onTouch(long epoch, long accessAgeMs, SessionKey key) {}

        @Override
        public void onExpiryDone(long epoch, long jobId) {}

        @Override
        public void onApplication(long epoch, boolean isAdded, String name) {}
    }
}
