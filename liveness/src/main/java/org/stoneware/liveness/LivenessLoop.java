package org.stoneware.liveness;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;
import org.stoneware.spi.liveness.LivenessListener.ConnectFailure;
import org.stoneware.wire.liveness.LivenessProtocol;
import org.stoneware.wire.liveness.LivenessPublisher;

/**
 * The liveness thread: one selector, all ports, all connections. A cycle waits for the first deadline or event, reads and writes
 * what is ready, carries out what other threads asked for, and only then judges who is silent.
 * <p>
 * <b>Threading:</b> {@link #execute}, {@link #attend}, {@link #wakeUp} and {@link #stop} on any thread; the rest on the thread that
 * runs {@link #run}.
 */
final class LivenessLoop implements Runnable, LinkOwner {
    private static final System.Logger LOG = System.getLogger(LivenessLoop.class.getName());
    private static final int MAX_ACCEPTS_PER_CYCLE = 64;
    private static final int MAX_ATTENDED_PER_CYCLE = 4096;
    private static final int MAX_ATTEMPTS = 1024;
    private static final int HEARTBEAT_BUFFER_LENGTH = 1024;
    private static final long LEAST_HELLO_TIME_NS = 250_000_000L;
    private static final long WAIT_FOR_HELLOS_NS = 5_000_000L;
    private static final long LONGEST_WAIT_NS = 250_000_000L;
    private static final long PAUSE_AFTER_FAILURE_NS = 10_000_000L;

    private final LivenessSettings settings;
    private final LongSupplier nanoTime;
    private final AgentStatus agentStatus;
    private final NameResolver resolver;
    private final Selector selector;
    private final RunningTime runningTime;
    private final ArrayGuard guard;
    private final AtomicLong protocolErrors = new AtomicLong();
    private final AtomicLong unproven = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final Queue<TcpLink> attention = new ConcurrentLinkedQueue<>();
    private final List<Acceptor> acceptors = new ArrayList<>();
    private final List<ConnectAttempt> attempts = new ArrayList<>();
    private final List<TcpLink> links = new ArrayList<>();
    private final LivenessPublisher publisher = new LivenessPublisher();
    private final ByteBuffer heartbeatBytes = ByteBuffer.allocateDirect(HEARTBEAT_BUFFER_LENGTH);
    private final UnsafeBuffer heartbeatBuffer = new UnsafeBuffer(heartbeatBytes);

    private volatile @Nullable Thread thread;
    private volatile boolean isStopped;
    private volatile boolean isFinished;
    private boolean isLeaving;
    private long leaveDeadlineNs;
    private long nowNs;
    private long runNs;
    private long waitNs;

    LivenessLoop(
            LivenessSettings settings,
            LongSupplier nanoTime,
            AgentStatus agentStatus,
            NameResolver resolver,
            ArrayGuard guard)
            throws IOException {
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.agentStatus = agentStatus;
        this.resolver = resolver;
        this.guard = guard;
        nowNs = nanoTime.getAsLong();
        runNs = nowNs;
        runningTime = new RunningTime(nowNs);
        selector = Selector.open();
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        while (!isStopped) {
            try {
                cycle();
            } catch (Throwable t) {
                // The agent loop: whatever it was, heartbeats must go on; a pause keeps a lasting fault from spinning.
                if (Long.bitCount(failures.incrementAndGet()) == 1) {
                    LOG.log(Level.ERROR, "liveness thread failed and goes on: failures=" + failures.get(), t);
                }
                LockSupport.parkNanos(PAUSE_AFTER_FAILURE_NS);
            }
        }
        finish();
    }

    /** @return false when the thread has ended and will not run it. */
    boolean execute(Runnable command) {
        commands.add(command);
        if (isFinished && commands.remove(command)) {
            return false;
        }
        wakeUp();
        return true;
    }

    void wakeUp() {
        if (Thread.currentThread() != thread) {
            selector.wakeup();
        }
    }

    /** Ends the thread after the cycle it is in. */
    void stop() {
        isStopped = true;
        selector.wakeup();
    }

    /** Frees everything when there is no thread to run it. */
    void endUnstarted() {
        isStopped = true;
        finish();
    }

    boolean isSelectorOpen() {
        return selector.isOpen();
    }

    long protocolErrors() {
        return protocolErrors.get() + unproven.get();
    }

    void addAcceptor(Acceptor acceptor) {
        if (isLeaving || isStopped) {
            acceptor.close();
            return;
        }
        try {
            acceptor.register(selector);
            acceptors.add(acceptor);
        } catch (IOException e) {
            acceptor.close();
            LOG.log(Level.ERROR, "cannot listen: address=" + acceptor.address(), e);
        }
    }

    void addAttempt(ConnectAttempt attempt) {
        if (isLeaving || isStopped) {
            attempt.fail(ConnectFailure.UNREACHABLE, "this end is closing");
            return;
        }
        if (attempts.size() >= MAX_ATTEMPTS) {
            attempt.fail(ConnectFailure.UNREACHABLE, "too many attempts under way: max=" + MAX_ATTEMPTS);
            return;
        }
        attempts.add(attempt);
        String host = attempt.host();
        if (NameResolver.isLiteral(host)) {
            attempt.onResolved(NameResolver.lookUp(host), selector, nowNs);
        } else {
            resolver.resolve(host, found -> execute(() -> onResolved(attempt, found)));
        }
    }

    /** Says goodbye to everybody; the thread ends when they have heard it, or have had the time to. */
    void leave(String reason) {
        if (isLeaving) {
            return;
        }
        isLeaving = true;
        leaveDeadlineNs = nowNs + 2 * settings.goodbyeWaitMs() * 1_000_000L;
        acceptors.forEach(Acceptor::close);
        acceptors.clear();
        attempts.forEach(attempt -> attempt.fail(ConnectFailure.UNREACHABLE, "this end is closing"));
        attempts.clear();
        for (TcpLink link : List.copyOf(links)) {
            link.goodbye(reason);
        }
    }

    @Override
    public void attend(TcpLink link) {
        if (link.isAttended().compareAndSet(false, true)) {
            attention.add(link);
            wakeUp();
        }
    }

    @Override
    public void ended(TcpLink link) {
        links.remove(link);
    }

    @Override
    public void countProtocolError(TcpLink link, String what) {
        long count = protocolErrors.incrementAndGet();
        // Anybody can cause these, so the log grows with the logarithm only.
        Level level = Long.bitCount(count) == 1 ? Level.WARNING : Level.DEBUG;
        LOG.log(level, "not the liveness protocol, connection closed: " + what + " count=" + count + " " + link);
    }

    @Override
    public void countUnproven(TcpLink link, String what) {
        long count = unproven.incrementAndGet();
        Level level = Long.bitCount(count) == 1 ? Level.WARNING : Level.DEBUG;
        LOG.log(level, "connection closed without proof: " + what + " count=" + count + " " + link);
    }

    @Override
    public @Nullable ProofExchange newExchange() {
        return guard.newExchange();
    }

    @Override
    public @Nullable Heartbeat status() {
        return agentStatus.current();
    }

    @Override
    public ByteBuffer heartbeatFrame(@Nullable Heartbeat status, long incarnation, boolean isSealed) {
        Heartbeat heartbeat = agentStatus.heartbeat(status, incarnation, nanoTime.getAsLong());
        int length = publisher.heartbeat(heartbeat, heartbeatBuffer, isSealed ? LivenessProtocol.SEAL_LENGTH : 0);
        return heartbeatBytes.clear().limit(isSealed ? publisher.seal(heartbeatBuffer, 0, length) : length);
    }

    private void cycle() throws IOException {
        select();
        nowNs = nanoTime.getAsLong();
        runNs = runningTime.advance(nowNs, waitNs);
        agentStatus.stalled(runningTime.stalledNs());
        // A thread that overslept may have slept after its select: it first goes round once more and reads.
        boolean isJudging = !runningTime.isStalled();
        waitNs = LONGEST_WAIT_NS;

        selector.selectedKeys().forEach(this::onReady);
        selector.selectedKeys().clear();
        runCommands();
        attendLinks();
        progress(isJudging);

        if (!isJudging || !attention.isEmpty() || !commands.isEmpty()) {
            waitNs = 0;
        }
        if (isLeaving && (links.isEmpty() || nowNs - leaveDeadlineNs >= 0)) {
            isStopped = true;
        }
    }

    private void select() throws IOException {
        // Some library in this JVM may interrupt any thread; an interrupted one could neither wait nor use a channel.
        Thread.interrupted();
        long waitMs = (waitNs + 999_999L) / 1_000_000L;
        waitNs = waitMs * 1_000_000L;
        runningTime.waiting(nanoTime.getAsLong());
        if (waitMs == 0) {
            selector.selectNow();
        } else {
            selector.select(waitMs);
        }
    }

    private void onReady(SelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        Object attachment = key.attachment();
        if (attachment instanceof TcpLink link) {
            if (key.isReadable()) {
                link.onReadable(runNs);
            }
            if (key.isValid() && key.isWritable()) {
                link.onAttended(nowNs, runNs);
            }
        } else if (attachment instanceof ConnectAttempt attempt) {
            attempt.onConnectable(key, nowNs);
        } else if (attachment instanceof Acceptor acceptor) {
            onAcceptable(acceptor);
        }
    }

    private void onAcceptable(Acceptor acceptor) {
        for (int i = 0; i < MAX_ACCEPTS_PER_CYCLE; i++) {
            if (!canTakeStranger()) {
                acceptor.pause(nowNs + WAIT_FOR_HELLOS_NS);
                return;
            }
            SocketChannel channel = acceptor.accept(nowNs);
            if (channel == null) {
                return;
            }
            admit(channel, acceptor.listener());
        }
    }

    private void admit(SocketChannel channel, LivenessListener listener) {
        try {
            if (links.size() >= settings.maxConnections()) {
                LOG.log(Level.WARNING, "too many connections, one closed: maxConnections=" + settings.maxConnections());
                channel.close();
                return;
            }
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            makeRoomForStranger();
            addLink(key, listener, false);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "connection ended while being accepted", e);
            closeQuietly(channel);
        }
    }

    /**
     * Honest callers say hello within a round trip, so when too many have not, it is the oldest who has to go, but not before it had
     * its time: when all Tomcats come at once after a restart, the later ones wait in the kernel's queue.
     */
    private boolean canTakeStranger() {
        TcpLink oldest = oldestStranger();
        return oldest == null
                || strangers() < settings.maxUngreeted()
                || oldest.greetingNs(runNs) > LEAST_HELLO_TIME_NS;
    }

    private void makeRoomForStranger() {
        TcpLink oldest = oldestStranger();
        if (oldest != null && strangers() >= settings.maxUngreeted()) {
            countProtocolError(oldest, "no hello, and others are waiting");
            oldest.end(new CloseRequest(CloseCause.CLOSED_HERE, "no hello, and others are waiting", false));
        }
    }

    private int strangers() {
        int count = 0;
        for (TcpLink link : links) {
            count += link.isStranger() ? 1 : 0;
        }
        return count;
    }

    private @Nullable TcpLink oldestStranger() {
        for (TcpLink link : links) {
            if (link.isStranger()) {
                return link;
            }
        }
        return null;
    }

    private @Nullable TcpLink addLink(SelectionKey key, LivenessListener listener, boolean isInitiator) {
        try {
            TcpLink link = new TcpLink(this, settings, key, listener, isInitiator, runNs);
            key.attach(link);
            links.add(link);
            return link;
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "connection ended at once", e);
            closeQuietly((SocketChannel) key.channel());
            return null;
        }
    }

    private void onResolved(ConnectAttempt attempt, List<InetAddress> found) {
        attempt.onResolved(found, selector, nowNs);
    }

    private void runCommands() {
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
            command.run();
        }
    }

    private void attendLinks() {
        for (int i = 0; i < MAX_ATTENDED_PER_CYCLE; i++) {
            TcpLink link = attention.poll();
            if (link == null) {
                return;
            }
            link.isAttended().set(false);
            link.onAttended(nowNs, runNs);
        }
    }

    private void progress(boolean isJudging) {
        // Backwards, since each may end and leave the list.
        for (int i = links.size() - 1; i >= 0; i--) {
            waitNs = Math.min(waitNs, links.get(i).progress(nowNs, runNs, isJudging));
        }
        for (int i = attempts.size() - 1; i >= 0; i--) {
            ConnectAttempt attempt = attempts.get(i);
            waitNs = Math.min(waitNs, attempt.progress(selector, nowNs));
            if (attempt.isDone()) {
                attempts.remove(i);
                connected(attempt);
            }
        }
        for (Acceptor acceptor : acceptors) {
            waitNs = Math.min(waitNs, acceptor.progress(nowNs));
        }
    }

    private void connected(ConnectAttempt attempt) {
        SelectionKey key = attempt.takeConnected();
        TcpLink link = key == null ? null : addLink(key, attempt.listener(), true);
        if (link != null) {
            attempt.listener().onConnected(link);
        }
    }

    private void finish() {
        isLeaving = true;
        isFinished = true;
        acceptors.forEach(Acceptor::close);
        attempts.forEach(attempt -> attempt.fail(ConnectFailure.UNREACHABLE, "this end is closing"));
        for (TcpLink link : List.copyOf(links)) {
            link.end(new CloseRequest(CloseCause.CLOSED_HERE, "closed here", false));
        }
        runCommands();
        resolver.close();
        try {
            selector.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "close failed", e);
        }
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "close failed", e);
        }
    }
}
