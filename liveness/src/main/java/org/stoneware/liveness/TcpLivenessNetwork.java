package org.stoneware.liveness;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.LivenessException;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessNetwork;
import org.stoneware.wire.liveness.LivenessProtocol;
import org.stoneware.wire.liveness.LivenessPublisher;

/**
 * Liveness connections over TCP, on one daemon thread with one selector. Needs no OSGi: a Tomcat creates one, the server's component
 * another.
 * <p>
 * <b>Threading:</b> callable from any thread, listeners are called on the liveness thread. {@link #goodbyeAll} and {@link #close}
 * wait for that thread to end, except when called by it.
 * <p>
 * <b>Limits:</b> those of {@link LivenessSettings}.
 * <p>
 * <b>Failure:</b> a listener that throws loses the connection concerned. After the end {@link #listen(InetSocketAddress, String,
 * LivenessListener) listen} throws {@link IllegalStateException} and {@link #connect} does nothing.
 */
public final class TcpLivenessNetwork implements LivenessNetwork {
    private static final System.Logger LOG = System.getLogger(TcpLivenessNetwork.class.getName());
    private static final long MIN_CONNECT_TIMEOUT_NS = 1_000_000L;
    private static final long MAX_CONNECT_TIMEOUT_NS = 60_000_000_000L;
    private static final long END_MARGIN_MS = 5000;

    private final LivenessSettings settings;
    private final LongSupplier nanoTime;
    private final AgentStatus agentStatus = new AgentStatus();
    private final LivenessLoop loop;
    private final Thread thread;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    /**
     * Talks to everybody, proving nothing.
     *
     * @param threadName name of the liveness thread, for people who look at a thread dump.
     */
    public TcpLivenessNetwork(LivenessSettings settings, String threadName) {
        this(settings, threadName, null);
    }

    /**
     * Talks to ends that hold the same key only, when there is one.
     *
     * @param threadName name of the liveness thread, for people who look at a thread dump.
     * @param key        what the servers and Tomcats of the array share; null to prove nothing.
     */
    public TcpLivenessNetwork(LivenessSettings settings, String threadName, @Nullable ArrayKey key) {
        this(settings, threadName, key, System::nanoTime);
    }

    TcpLivenessNetwork(LivenessSettings settings, String threadName, @Nullable ArrayKey key, LongSupplier nanoTime) {
        this(settings, threadName, key, nanoTime, DetachedThread::new);
    }

    /** @param threads makes the liveness thread of what it runs and its name. */
    TcpLivenessNetwork(
            LivenessSettings settings,
            String threadName,
            @Nullable ArrayKey key,
            LongSupplier nanoTime,
            BiFunction<Runnable, String, Thread> threads) {
        this.settings = settings;
        this.nanoTime = nanoTime;
        try {
            loop = new LivenessLoop(
                    settings, nanoTime, agentStatus, new NameResolver(threadName + "-resolver"), new ArrayGuard(key));
        } catch (IOException e) {
            throw new LivenessException("cannot open a selector: " + e.getMessage(), e);
        }
        boolean isStarted = false;
        try {
            thread = threads.apply(loop, threadName);
            thread.start();
            isStarted = true;
        } finally {
            // A machine short of threads answers an attempt every few seconds so; each would leave a selector behind.
            if (!isStarted) {
                loop.endUnstarted();
            }
        }
    }

    @Override
    public InetSocketAddress listen(InetSocketAddress address, LivenessListener listener) {
        return listen(address, "", listener);
    }

    @Override
    public InetSocketAddress listen(InetSocketAddress address, String door, LivenessListener listener) {
        if (isClosed.get()) {
            throw new IllegalStateException("liveness network is closed");
        }
        Acceptor acceptor = Acceptor.bind(address, door, new GuardedListener(listener));
        if (!loop.execute(() -> loop.addAcceptor(acceptor))) {
            acceptor.close();
            throw new IllegalStateException("liveness network is closed");
        }
        return acceptor.address();
    }

    @Override
    public void connect(String host, int port, long timeoutNs, LivenessListener listener) {
        if (host.isEmpty() || port <= 0 || port > 0xFFFF) {
            throw new IllegalArgumentException("not an address: host=" + host + " port=" + port);
        }
        long boundedNs = Math.min(Math.max(timeoutNs, MIN_CONNECT_TIMEOUT_NS), MAX_CONNECT_TIMEOUT_NS);
        ConnectAttempt attempt =
                new ConnectAttempt(host, port, new GuardedListener(listener), nanoTime.getAsLong() + boundedNs);
        if (isClosed.get() || !loop.execute(() -> loop.addAttempt(attempt))) {
            LOG.log(Level.DEBUG, "not connecting, liveness network is closed: host=" + host + " port=" + port);
        }
    }

    @Override
    public void status(Heartbeat heartbeat) {
        if (agentStatus.isNew(heartbeat)) {
            // Encoded once here, so that what can't be sent is the caller's error and not the liveness thread's.
            UnsafeBuffer scratch = new UnsafeBuffer(new byte[LivenessProtocol.MAX_GREETING_LENGTH]);
            new LivenessPublisher().heartbeat(heartbeat, scratch, 0);
            agentStatus.status(heartbeat);
            loop.wakeUp();
        }
    }

    @Override
    public void agentCycled(long nowNs) {
        agentStatus.agentCycled(nowNs);
    }

    @Override
    public int agentAgeMs() {
        return agentStatus.ageMs(nanoTime.getAsLong());
    }

    @Override
    public void goodbyeAll(String reason) {
        isClosed.set(true);
        loop.execute(() -> loop.leave(reason));
        if (Thread.currentThread() != thread) {
            awaitEnd(2L * settings.goodbyeWaitMs() + END_MARGIN_MS);
            close();
        }
    }

    @Override
    public long protocolErrors() {
        return loop.protocolErrors();
    }

    @Override
    public void close() {
        isClosed.set(true);
        loop.stop();
        if (Thread.currentThread() != thread) {
            awaitEnd(END_MARGIN_MS);
        }
    }

    private void awaitEnd(long timeoutMs) {
        try {
            thread.join(timeoutMs);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            LOG.log(Level.WARNING, "liveness thread has not ended yet: thread=" + thread.getName());
        }
    }
}
