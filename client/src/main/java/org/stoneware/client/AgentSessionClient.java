package org.stoneware.client;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.liveness.LivenessNetwork;
import org.stoneware.spi.transport.Transport;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

/**
 * The client component: request threads on one side, one agent thread on the other.
 * <p>
 * A request thread encodes its message, hands it to the agent and waits: a few microseconds spinning, then parked.
 */
final class AgentSessionClient implements SessionClient {
    private static final System.Logger LOG = System.getLogger("org.stoneware.client");
    private static final long IDLE_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long FAULT_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long CHECK_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long STOP_NS = TimeUnit.SECONDS.toNanos(2);
    private static final int SPINS = 200;
    /** Age of an access: a request that changes a session, or has not ended, uses it. */
    private static final long NOW_MS = 0;

    private static final long MAX_NOTICE_BYTES = 64L * 1024 * 1024;
    private static final int MESSAGE_OVERHEAD = 128;
    /** Stands among the applications for what is none. */
    private static final String CLIENT_LOG = "";

    private static final int FIRST_ENCODER_BYTES = 1024;
    /** Only a key can be long: changes are written where they are kept. */
    private static final int KEPT_ENCODER_BYTES = 16 * 1024;

    private final ClientSettings settings;
    private final LivenessNetwork liveness;
    private final Consumer<String> clientLogs;
    private final Transport transport;
    private final OwnedSessions owned = new OwnedSessions();
    private final ClientAgent agent;
    private final Thread thread;
    private final Thread rehearsal;
    private final ListenerThreads listenerThreads;
    private final ExpiryNotices expiryNotices;
    private final Map<String, ExpiryListener> listeners = new ConcurrentHashMap<>();
    private final ThreadLocal<Encoder> encoders = ThreadLocal.withInitial(Encoder::new);
    private volatile boolean isRunning = true;

    /** Encodes on a request thread. */
    private static final class Encoder {
        final ClientRequestPublisher requests = new ClientRequestPublisher();
        MutableDirectBuffer buffer = new ExpandableArrayBuffer(FIRST_ENCODER_BYTES);

        byte[] copy(int length) {
            byte[] message = new byte[length];
            buffer.getBytes(0, message);
            if (buffer.capacity() > KEPT_ENCODER_BYTES) {
                buffer = new ExpandableArrayBuffer(FIRST_ENCODER_BYTES);
            }
            return message;
        }
    }

    /**
     * @param transport belongs to the client once {@link #start} has returned, as {@code liveness}.
     * @param threads   makes a thread of a task and a name.
     */
    AgentSessionClient(
            ClientSettings settings,
            ClientAgent.Identity identity,
            Transport transport,
            String transportName,
            LivenessNetwork liveness,
            Consumer<String> clientLogs,
            BiFunction<Runnable, String, Thread> threads) {
        this.clientLogs = clientLogs;
        this.settings = settings;
        this.liveness = liveness;
        this.transport = transport;
        this.agent = new ClientAgent(
                settings, identity, liveness, transport, transportName, owned, new AgentEvents(), System.nanoTime());
        this.listenerThreads = new ListenerThreads(task -> threads.apply(task, "stoneware-expiry"));
        this.expiryNotices = new ExpiryNotices(
                listenerThreads::execute,
                Math.min(MAX_NOTICE_BYTES, Runtime.getRuntime().maxMemory() / 16),
                listeners::get,
                jobId -> agent.submit(() -> agent.expiryDone(jobId)));
        this.thread = threads.apply(this::run, "stoneware-client");
        this.rehearsal = threads.apply(NamingRehearsal::run, "stoneware-rehearsal");
    }

    static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    void start() {
        rehearsal.start();
        thread.start();
    }

    private void run() {
        while (isRunning) {
            try {
                if (runCycle() == 0) {
                    transport.awaitWork(IDLE_NS);
                }
            } catch (Throwable e) {
                // The agent's state may be torn; a new connection builds it anew. The pause keeps a lasting fault from
                // filling the log.
                LOG.log(System.Logger.Level.ERROR, "session client failed a cycle and connects again", e);
                startAnew("client failed: " + e);
                LockSupport.parkNanos(FAULT_PAUSE_NS);
            }
        }
        leave();
    }

    private int runCycle() {
        // The wall clock first, see SleepWatch.
        long wallMs = System.currentTimeMillis();
        return agent.runCycle(wallMs, System.nanoTime());
    }

    /** Without this thread no request is ever answered, so it outlives whatever the parts throw. */
    private void startAnew(String reason) {
        try {
            agent.disconnect(reason);
        } catch (Throwable e) {
            LOG.log(System.Logger.Level.ERROR, "session client could not drop its connection", e);
        }
    }

    private void leave() {
        try {
            agent.leave();
            long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(300);
            do {
                runCycle();
            } while (!agent.isDrained() && System.nanoTime() - endNs < 0);
            agent.disconnect("Tomcat stops");
        } finally {
            transport.close();
        }
    }

    @Override
    public Opened open(SessionKey key, long knownVersion) {
        return open(key, knownVersion, settings.ownerWaitMs());
    }

    @Override
    public Opened open(SessionKey key, long knownVersion, long maxOwnerWaitMs) {
        if (knownVersion != NO_VERSION) {
            synchronized (owned) {
                if (owned.tryOpen(key, knownVersion, System.currentTimeMillis(), System.nanoTime())) {
                    return new Opened(Opened.Status.CURRENT, knownVersion, null, 0, "");
                }
            }
        }
        Encoder encoder = encoders.get();
        long ownerWaitMs = Math.min(maxOwnerWaitMs, settings.ownerWaitMs());
        int length = encoder.requests.getOwn(encoder.buffer, 0, 0, knownVersion, (int) ownerWaitMs, key);
        PendingRequest request = new PendingRequest(key, encoder.copy(length), true, 0);
        if (!exchange(request, ownerWaitMs + settings.operationTimeoutMs())) {
            return new Opened(Opened.Status.UNAVAILABLE, 0, null, 0, unavailable());
        }
        return switch (request.ownStatus) {
            case CURRENT ->
                new Opened(
                        Opened.Status.CURRENT,
                        request.answerVersion,
                        null,
                        request.logTimeMs,
                        request.lastAccessedTimeMs,
                        "");
            case LOADED ->
                new Opened(Opened.Status.LOADED, request.answerVersion, request.record, request.logTimeMs, "");
            case ABSENT -> new Opened(Opened.Status.ABSENT, 0, null, request.logTimeMs, "");
            case BUSY ->
                new Opened(
                        Opened.Status.BUSY,
                        0,
                        null,
                        request.logTimeMs,
                        "another Tomcat used the session for more than " + ownerWaitMs + " ms");
        };
    }

    @Override
    public boolean share(SessionKey key) {
        synchronized (owned) {
            return owned.share(key);
        }
    }

    @Override
    public boolean create(SessionKey key) {
        synchronized (owned) {
            return owned.create(key);
        }
    }

    @Override
    public Committed commit(
            SessionKey known, long copyVersion, DirectBuffer delta, int offset, int length, boolean isLast) {
        if (length + MESSAGE_OVERHEAD > agent.maxSessionBytes()) {
            return new Committed(
                    Committed.Status.TOO_LARGE,
                    0,
                    "changes of " + length + " bytes; largest session is " + agent.maxSessionBytes() + " bytes");
        }
        SessionKey key;
        long token;
        long grant;
        int flags;
        synchronized (owned) {
            key = owned.resolve(known);
            @Nullable OwnedEntry entry = owned.entry(key);
            if (entry == null || entry.fencedUses > 0 || entry.isReleased) {
                return new Committed(Committed.Status.FENCED, 0, "another Tomcat owns the session now");
            }
            if (!entry.isNewest(copyVersion)) {
                return new Committed(Committed.Status.FENCED, 0, "the session was changed through another copy");
            }
            token = entry.token;
            grant = entry.grant;
            flags = entry.isNew ? SessionProtocol.WRITE_CREATE : 0;
            if (owned.releasesWithWrite(entry, isLast)) {
                flags |= SessionProtocol.WRITE_RELEASE;
                owned.beginRelease(entry);
            }
        }
        Encoder encoder = encoders.get();
        byte[] message = new byte[ClientRequestPublisher.writeLength(key, length)];
        encoder.requests.write(
                new UnsafeBuffer(message), 0, 0, token, NOW_MS, flags, grant, copyVersion, key, delta, offset, length);
        PendingRequest request = new PendingRequest(key, message, false, token);
        request.isFollowed = !isLast;
        return change(request);
    }

    private Committed change(PendingRequest request) {
        if (!exchange(request, settings.operationTimeoutMs())) {
            synchronized (owned) {
                owned.onUnknown(request.key);
            }
            return new Committed(Committed.Status.UNAVAILABLE, 0, unavailable());
        }
        return new Committed(
                toStatus(request.writeStatus), request.answerVersion, detail(request.writeStatus), request.isReleased);
    }

    private static Committed.Status toStatus(WriteStatus status) {
        return switch (status) {
            case COMMITTED -> Committed.Status.COMMITTED;
            case FENCED -> Committed.Status.FENCED;
            case ABSENT -> Committed.Status.ABSENT;
            case EXISTS -> Committed.Status.EXISTS;
            case FULL -> Committed.Status.FULL;
            case TOO_LARGE -> Committed.Status.TOO_LARGE;
            case FAILED, FORGOTTEN -> Committed.Status.UNAVAILABLE;
        };
    }

    private static String detail(WriteStatus status) {
        return switch (status) {
            case COMMITTED -> "";
            case FENCED -> "another Tomcat owns the session now";
            case ABSENT -> "the session is gone";
            case EXISTS -> "a session with that id exists";
            case FULL -> "the session store is full";
            case TOO_LARGE -> "the session is larger than the array accepts";
            case FAILED -> "the session store refuses changes";
            case FORGOTTEN -> "the answer to this request is not known any more";
        };
    }

    /** Sends and waits; false when there was no answer in time. */
    private boolean exchange(PendingRequest request, long timeoutMs) {
        long startNs = System.nanoTime();
        long operationNs = TimeUnit.MILLISECONDS.toNanos(settings.operationTimeoutMs());
        if (!isRunning || agent.disconnectedForNs(startNs) > operationNs) {
            if (request.isRemoval) {
                synchronized (owned) {
                    owned.notRemoved(request.key);
                }
            }
            return false;
        }
        agent.submit(() -> agent.send(request));
        long deadlineNs = startNs + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        boolean wasInterrupted = false;
        int spins = SPINS;
        while (!request.isDone()) {
            if (spins-- > 0) {
                Thread.onSpinWait();
                continue;
            }
            long nowNs = System.nanoTime();
            wasInterrupted |= Thread.interrupted();
            boolean isHopeless = agent.disconnectedForNs(nowNs) > operationNs;
            if (nowNs - deadlineNs >= 0 || isHopeless || wasInterrupted || !isRunning) {
                giveUp(request);
                break;
            }
            LockSupport.parkNanos(this, Math.min(CHECK_NS, deadlineNs - nowNs));
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
        return request.isDone();
    }

    private void giveUp(PendingRequest request) {
        synchronized (owned) {
            if (request.isDone()) {
                return;
            }
            request.isCancelled = true;
        }
        agent.submit(() -> agent.cancel(request));
    }

    private String unavailable() {
        ClientView now = agent.view();
        return now.isConnected()
                ? "server " + now.activeName() + " did not answer in time"
                : "no active server: " + now.problem();
    }

    @Override
    public void end(SessionKey known, long accessAgeMs) {
        end(known, accessAgeMs, OwnedSessions.Ending.WHOLE);
    }

    @Override
    public void rest(SessionKey known, long accessAgeMs) {
        end(known, accessAgeMs, OwnedSessions.Ending.RESTING);
    }

    @Override
    public void endGivenUp(SessionKey known) {
        end(known, NOW_MS, OwnedSessions.Ending.GIVEN_UP);
    }

    private void end(SessionKey known, long accessAgeMs, OwnedSessions.Ending ending) {
        long accessNs = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(accessAgeMs);
        SessionKey key;
        @Nullable OwnedSession freed;
        synchronized (owned) {
            key = owned.resolve(known);
            freed = owned.end(key, accessNs, ending);
            if (freed != null) {
                owned.takeTouch(key);
            }
        }
        if (freed != null) {
            agent.submit(() -> agent.release(key, freed.token(), freed.grant(), accessNs));
        }
    }

    @Override
    public boolean giveBack(SessionKey known) {
        @Nullable OwnedSession idle;
        SessionKey key;
        synchronized (owned) {
            key = owned.resolve(known);
            if (owned.isUsed(key)) {
                return false;
            }
            // Its last access stays to be told with those of others: a release is not said again after a failover.
            idle = owned.takeIdle(key);
        }
        if (idle != null) {
            agent.submit(() -> agent.release(key, idle.token(), idle.grant(), null));
        }
        return true;
    }

    @Override
    public Committed remove(SessionKey known) {
        SessionKey key;
        long token;
        long base;
        synchronized (owned) {
            key = owned.resolve(known);
            @Nullable OwnedEntry entry = owned.entry(key);
            if (entry == null || entry.isReleased || entry.fencedUses > 0) {
                return new Committed(Committed.Status.FENCED, 0, "another Tomcat owns the session now");
            }
            if (entry.isNew) {
                return entry.isRecalled
                        ? new Committed(Committed.Status.UNAVAILABLE, 0, "whether the session was created is not known")
                        : new Committed(Committed.Status.COMMITTED, 0, "");
            }
            token = entry.token;
            base = entry.version;
            // A request that begins now asks the array, and hears that the session has ended.
            owned.beginRemoval(entry);
        }
        Encoder encoder = encoders.get();
        int length = encoder.requests.remove(encoder.buffer, 0, 0, token, base, key);
        PendingRequest request = new PendingRequest(key, encoder.copy(length), false, token);
        request.isRemoval = true;
        return change(request);
    }

    @Override
    public Committed rename(SessionKey known, SessionKey to) {
        SessionKey from;
        long token;
        long base;
        synchronized (owned) {
            from = owned.resolve(known);
            @Nullable OwnedEntry entry = owned.entry(from);
            if (entry == null || entry.isReleased || entry.fencedUses > 0) {
                return new Committed(Committed.Status.FENCED, 0, "another Tomcat owns the session now");
            }
            if (entry.isNew) {
                owned.renamed(from, to, entry.version);
                return new Committed(Committed.Status.COMMITTED, entry.version, "");
            }
            token = entry.token;
            base = entry.version;
        }
        Encoder encoder = encoders.get();
        int length = encoder.requests.rename(encoder.buffer, 0, 0, token, base, from, to);
        PendingRequest request = new PendingRequest(from, encoder.copy(length), false, token);
        request.renamedTo = to;
        request.isFollowed = true;
        return change(request);
    }

    @Override
    public void addApplication(String application, ExpiryListener listener) {
        listeners.put(application, listener);
        agent.submit(() -> agent.application(application, true));
    }

    @Override
    public void removeApplication(String application) {
        listeners.remove(application);
        agent.submit(() -> agent.application(application, false));
    }

    @Override
    public ClientView view() {
        return agent.view();
    }

    @Override
    public void close() {
        if (!isRunning) {
            return;
        }
        isRunning = false;
        listenerThreads.shutdown();
        transport.wakeup();
        try {
            thread.join(TimeUnit.NANOSECONDS.toMillis(STOP_NS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        liveness.close();
    }

    /** What the agent tells goes to the log and to the application's listeners, on a thread of its own. */
    private final class AgentEvents implements ClientEvents {
        @Override
        public void onExpired(long jobId, long logTimeMs, SessionRecord record) {
            expiryNotices.offer(jobId, logTimeMs, record);
        }

        @Override
        public void onClientLogs(String path) {
            try {
                listenerThreads.execute(CLIENT_LOG, () -> clientLogs.accept(path));
            } catch (OutOfMemoryError e) {
                // Not worth the connection.
                LOG.log(System.Logger.Level.WARNING, "where to log was not taken over: " + e.getMessage());
            }
        }

        @Override
        public void notice(System.Logger.Level level, String text) {
            LOG.log(level, text);
        }
    }
}
