package org.stoneware.server.request;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.session.HeapShares;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.ManualClock;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.ClientResponseAdapter;
import org.stoneware.wire.session.ClientResponseListener;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.ToldVersions;
import org.stoneware.wire.session.WriteStatus;

/** A processor with a plain store, time at will, and Tomcats that keep what they hear. */
final class ProcessorFixture {
    static final long EPOCH = 7;
    static final long RECONNECT_WINDOW_MS = 120_000;
    static final int MAX_SESSION_BYTES = 4_096;
    static final SessionKey KEY = SessionKey.of("shop", "S1");

    final ManualClock clock = new ManualClock();
    final SessionStore store;
    final SessionStateMachine stateMachine;
    /** What people are told. */
    final List<String> events = new ArrayList<>();

    private final HeapShares shares;
    SessionRequestProcessor processor;
    long epoch = EPOCH;

    ProcessorFixture() {
        this(plain -> plain, HeapShares.LARGEST);
    }

    /** @param around what the processor sees of the plain store. */
    ProcessorFixture(UnaryOperator<SessionStore> around, HeapShares shares) {
        this.store = around.apply(new ReferenceSessionStore(
                new StoreContext(Path.of(""), 8 * 1024 * 1024, 2 * MAX_SESSION_BYTES, line -> {})));
        this.stateMachine = new SessionStateMachine(store);
        this.shares = shares;
        this.processor = newProcessor(EPOCH, null);
    }

    private SessionRequestProcessor newProcessor(long newEpoch, @Nullable Standbys standbys) {
        return new SessionRequestProcessor(
                newEpoch,
                new RequestLimits("server", MAX_SESSION_BYTES, RECONNECT_WINDOW_MS * 1_000_000L, true, "", shares),
                store,
                stateMachine,
                new LogClock(ManualClock.START_MS + clock.nowNs() / 1_000_000, clock.nowNs()),
                clock.nowNs(),
                clock.nowNs(),
                standbys,
                new RecordedEvents());
    }

    private final class RecordedEvents implements RequestEvents {
        @Override
        public void info(String kind, String text) {
            events.add(kind + " " + text);
        }

        @Override
        public void warning(String kind, String text) {
            events.add(kind + " " + text);
        }
    }

    /** Another server with the same sessions becomes active; nobody is connected. */
    void takeOver() {
        takeOver(null);
    }

    void takeOver(@Nullable Standbys standbys) {
        // As from one millisecond of log time to a later one.
        clock.advanceMs(1);
        epoch++;
        processor = newProcessor(epoch, standbys);
    }

    /** A session a Tomcat names in a registration. */
    static OwnedSession named(SessionKey key, long token, long grant) {
        return new OwnedSession(key, token, grant);
    }

    /** An answer to GetOwn. */
    record Owned(
            long requestId, long token, long version, OwnStatus status, int hints, long grant, boolean hasRecord) {}

    /** An answer to a change. */
    record Written(long requestId, long token, long version, WriteStatus status, int hints) {}

    /** A recall. */
    record Recall(long token, long grant, SessionKey key) {}

    /** An expiry notice. */
    record Expired(long jobId, SessionKey key) {}

    Tomcat tomcat(long id) {
        return new Tomcat(id);
    }

    /** Lets time pass with a renewal of each Tomcat named, and the processor's own work. */
    void pass(long ms, Tomcat... alive) {
        for (long left = ms; left > 0; left -= 100) {
            clock.advanceMs(Math.min(left, 100));
            for (Tomcat tomcat : alive) {
                tomcat.renew();
            }
            processor.doWork(clock.nowNs());
        }
    }

    /** As {@link #pass} in duty cycles of a millisecond; Tomcats release what is recalled and confirm what has ended in between. */
    void cycles(int ms, Tomcat... alive) {
        for (int i = 0; i < ms; i++) {
            clock.advanceMs(1);
            for (Tomcat tomcat : alive) {
                if (i % 100 == 0) {
                    tomcat.renew();
                }
                tomcat.answerAll();
            }
            processor.doWork(clock.nowNs());
        }
    }

    long counter(String name) {
        return processor.counterList().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow()
                .value();
    }

    /** One Tomcat as the server sees it. */
    final class Tomcat implements ClientResponseListener {
        final long id;
        final List<Owned> owned = new ArrayList<>();
        /** Time since the last access of the session granted last. */
        long idleMs;

        final List<Written> written = new ArrayList<>();
        final List<Recall> recalls = new ArrayList<>();
        final List<Expired> expired = new ArrayList<>();
        int registered;
        long base;
        /** What it named last, when that is answered, without what was refused. */
        List<OwnedSession> kept = List.of();
        /** Parts of its names that were answered. */
        final List<Integer> named = new ArrayList<>();

        private List<OwnedSession> asked = List.of();
        int renewed;
        int mustRegister;
        ClientPort port;
        boolean isConfirming = true;
        /** The ends of its sessions are not confirmed. */
        String deafTo = "";

        private int recallsAnswered;
        private int confirmed;
        private final List<Expired> unheard = new ArrayList<>();
        private final ClientRequestPublisher requests = new ClientRequestPublisher();
        private final ClientResponseAdapter responses = new ClientResponseAdapter();
        private final ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        private long registration;

        Tomcat(long id) {
            this.id = id;
            connect();
            register();
        }

        void connect() {
            port = new ClientPort(
                    (buffer, offset, length) -> {
                        responses.onMessage(buffer, offset, length, this);
                        return true;
                    },
                    "10.0.0." + id);
        }

        void register() {
            register(++registration, List.of());
        }

        /** Registers on a new connection in the epoch of now. */
        void comeBack(OwnedSession... names) {
            connect();
            register(++registration, List.of(names));
        }

        long registration() {
            return registration;
        }

        /** The same, and says from which version on these are all it owns. */
        void comeBackAndGoOn(long namedFrom, OwnedSession... names) {
            connect();
            register(++registration, List.of(names), namedFrom);
        }

        void register(long number, List<OwnedSession> names) {
            register(number, names, 0);
        }

        private void register(long number, List<OwnedSession> names, long namedFrom) {
            asked = names;
            send(requests.register(
                    out,
                    epoch,
                    id,
                    id,
                    1,
                    number,
                    "tomcat-" + id,
                    "test",
                    ToldVersions.NOTHING,
                    List.of("shop"),
                    names,
                    namedFrom));
        }

        void name(int part, long namedFrom, OwnedSession... names) {
            name(registration, part, namedFrom, names);
        }

        void name(long number, int part, long namedFrom, OwnedSession... names) {
            asked = List.of(names);
            send(requests.name(out, epoch, number, part, namedFrom, asked));
        }

        private void keepAllBut(List<OwnedSession> refused) {
            List<OwnedSession> all = new ArrayList<>(asked);
            all.removeAll(refused);
            kept = all;
        }

        void lose() {
            processor.onDisconnected(port);
        }

        void renew() {
            send(requests.renew(out, epoch, registration, 1));
        }

        void getOwn(long requestId, SessionKey key, long known) {
            send(requests.getOwn(out, epoch, requestId, known, 1_000, key));
        }

        void write(long requestId, SessionKey key, long token, int flags, long grant, int valueLength) {
            SessionDelta delta = delta(valueLength);
            write(requestId, epoch, key, token, flags, grant, delta);
        }

        void write(
                long requestId, long inEpoch, SessionKey key, long token, int flags, long grant, SessionDelta delta) {
            int length = requests.write(
                    out, inEpoch, requestId, token, 0, flags, grant, base, key, delta.buffer(), 0, delta.length());
            send(length);
        }

        /** Creates the session and keeps it; returns its token. */
        long create(long requestId, SessionKey key) {
            write(requestId, key, 0, SessionProtocol.WRITE_CREATE, 0, 8);
            return written.get(written.size() - 1).token();
        }

        void remove(long requestId, SessionKey key, long token) {
            send(requests.remove(out, epoch, requestId, token, 0, key));
        }

        void rename(long requestId, SessionKey from, SessionKey to, long token) {
            send(requests.rename(out, epoch, requestId, token, base, from, to));
        }

        void release(SessionKey key, long token, long grant) {
            send(requests.release(out, epoch, token, -1, grant, key));
        }

        void touch(SessionKey key) {
            ExpandableArrayBuffer run = new ExpandableArrayBuffer();
            int length = requests.appendTouch(run, 0, 0, key);
            send(requests.touch(out, epoch, 1, run, length));
        }

        void expiryDone(long jobId) {
            send(requests.expiryDone(out, epoch, jobId));
        }

        /** Does what was asked since the last call. */
        void answerAll() {
            while (recallsAnswered < recalls.size()) {
                Recall next = recalls.get(recallsAnswered++);
                release(next.key(), next.token(), next.grant());
            }
            while (isConfirming && confirmed < expired.size()) {
                Expired next = expired.get(confirmed++);
                if (next.key().application().equals(deafTo)) {
                    unheard.add(next);
                } else {
                    expiryDone(next.jobId());
                }
            }
            if (deafTo.isEmpty()) {
                unheard.forEach(each -> expiryDone(each.jobId()));
                unheard.clear();
            }
        }

        /** Ended sessions of an application it was told of. */
        long expiredOf(String application) {
            return expired.stream()
                    .filter(each -> each.key().application().equals(application))
                    .count();
        }

        void application(String name, boolean isAdded) {
            send(requests.application(out, epoch, isAdded, name));
        }

        void sendBytes(byte[] bytes) {
            processor.onMessage(port, new UnsafeBuffer(bytes), 0, bytes.length, clock.nowNs());
        }

        private void send(int length) {
            processor.onMessage(port, out, 0, length, clock.nowNs());
        }

        Owned lastOwned() {
            return owned.get(owned.size() - 1);
        }

        Written lastWritten() {
            return written.get(written.size() - 1);
        }

        @Override
        public void onRegistered(
                long epoch,
                long number,
                int leaseMs,
                int maxBytes,
                String serverName,
                String logs,
                List<OwnedSession> refused) {
            registered++;
            keepAllBut(refused);
        }

        @Override
        public void onNamed(long epoch, long number, int part, List<OwnedSession> refused) {
            named.add(part);
            keepAllBut(refused);
        }

        @Override
        public void onRenewed(long epoch, long sequence) {
            renewed++;
        }

        @Override
        public void onOwned(
                long epoch,
                long requestId,
                long token,
                long version,
                long logTimeMs,
                OwnStatus status,
                int hints,
                long grant,
                long lastAccessedTimeMs,
                @Nullable SessionRecord record) {
            owned.add(new Owned(requestId, token, version, status, hints, grant, record != null));
            idleMs = logTimeMs - lastAccessedTimeMs;
        }

        @Override
        public void onWritten(long epoch, long requestId, long token, long version, WriteStatus status, int hints) {
            written.add(new Written(requestId, token, version, status, hints));
        }

        @Override
        public void onRecall(long epoch, long token, long grant, SessionKey key) {
            recalls.add(new Recall(token, grant, key));
        }

        @Override
        public void onExpired(long epoch, long jobId, long logTimeMs, SessionRecord record) {
            expired.add(new Expired(jobId, record.key()));
        }

        @Override
        public void onMustRegister(long epoch) {
            mustRegister++;
        }
    }

    /** Sets the attribute {@code a} and an interval of a minute. */
    static SessionDelta delta(int valueLength) {
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        DirectBuffer value = new UnsafeBuffer(new byte[valueLength]);
        builder.maxInactiveIntervalSec(60)
                .put(AttributeKind.APPLICATION, "a", value, 0, valueLength)
                .finish();
        return new SessionDelta().wrap(builder.buffer(), 0);
    }
}
