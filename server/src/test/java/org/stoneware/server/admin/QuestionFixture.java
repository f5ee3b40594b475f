package org.stoneware.server.admin;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.request.ClientPort;
import org.stoneware.server.request.RequestLimits;
import org.stoneware.server.request.SessionControl;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.server.session.LogClock;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.ManualClock;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.ClientResponseAdapter;
import org.stoneware.wire.session.ClientResponseListener;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

/** One server's sessions, active or not, with questions about them and a Tomcat. */
public final class QuestionFixture implements Surroundings {
    static final long EPOCH = 7;

    public final ManualClock clock = new ManualClock();
    final List<String> notes = new ArrayList<>();
    public final SessionQuestions questions = new SessionQuestions(this);
    public SessionGeneration generation = newGeneration();
    public ServerRole role = ServerRole.ACTIVE_COORDINATOR;
    public String active = "Server1";

    @Nullable
    public SessionRequestProcessor processor = newProcessor();

    private long lastIndex;

    public static SessionGeneration newGeneration() {
        return new SessionGeneration(
                new ReferenceSessionStore(new StoreContext(Path.of(""), 64L << 20, 1 << 20, line -> {})), () -> {});
    }

    public SessionRequestProcessor newProcessor() {
        return new SessionRequestProcessor(
                EPOCH,
                new RequestLimits("Server1", 1 << 20, 120_000_000_000L, true, ""),
                generation.store(),
                generation.state(),
                new LogClock(wallMs(), clock.nowNs()),
                clock.nowNs());
    }

    /** Puts a session straight into the store, with one attribute. */
    public void put(String application, String id, byte[] value) {
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        builder.maxInactiveIntervalSec(600)
                .put(AttributeKind.APPLICATION, "cart", new UnsafeBuffer(value), 0, value.length)
                .finish();
        RecordStamp stamp = new RecordStamp(++lastIndex, EPOCH, lastIndex, wallMs(), wallMs());
        generation
                .store()
                .merge(SessionKey.of(application, id), new SessionDelta().wrap(builder.buffer(), 0), stamp, true, 0);
    }

    public boolean holds(String application, String id) {
        return generation.store().read(SessionKey.of(application, id), new SessionRecord());
    }

    /** Asks, and runs cycles of 10 ms until the answer is there. */
    <T> CompletableFuture<T> answer(java.util.function.Consumer<CompletableFuture<T>> ask) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        ask.accept(answer);
        for (int i = 0; i < 20_000 && !answer.isDone(); i++) {
            cycle();
        }
        return answer;
    }

    <A, T> T answer(BiConsumer<A, CompletableFuture<T>> ask, A argument) {
        return this.<T>answer(answer -> ask.accept(argument, answer)).join();
    }

    public int cycle() {
        clock.advanceMs(10);
        int work = questions.doWork(clock.nowNs());
        SessionRequestProcessor serving = processor;
        if (serving != null) {
            serving.doWork(clock.nowNs());
        }
        return work;
    }

    @Override
    public List<String> memberNames() {
        return List.of("Server1", "Server2");
    }

    @Override
    public int selfId() {
        return 0;
    }

    @Override
    public ServerRole role() {
        return role;
    }

    @Override
    public String active() {
        return active;
    }

    @Override
    public SessionGeneration current() {
        return generation;
    }

    @Override
    public @Nullable SessionControl control() {
        SessionRequestProcessor serving = processor;
        return serving == null ? null : serving.control();
    }

    @Override
    public @Nullable Standbys standbys() {
        return null;
    }

    @Override
    public long wallMs() {
        return ManualClock.START_MS + clock.nowNs() / 1_000_000;
    }

    @Override
    public long logTimeMs(long nowNs) {
        return ManualClock.START_MS + nowNs / 1_000_000;
    }

    @Override
    public void note(String type, String text) {
        notes.add(type + ": " + text);
    }

    /** A Tomcat that creates sessions, and gives them up when asked if it is so minded. */
    final class Tomcat implements ClientResponseListener {
        final List<SessionKey> expired = new ArrayList<>();
        boolean isYielding = true;
        int recalls;
        private long lastRequestId;
        private final ClientRequestPublisher requests = new ClientRequestPublisher();
        private final ClientResponseAdapter responses = new ClientResponseAdapter();
        private final ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        private final List<Runnable> later = new ArrayList<>();
        private final ClientPort port = new ClientPort(
                (buffer, offset, length) -> {
                    responses.onMessage(buffer, offset, length, this);
                    return true;
                },
                "10.0.0.1");

        Tomcat() {
            send(requests.register(out, EPOCH, 7, 7, 1, 1, "Tomcat A", "test", List.of("localhost/shop"), List.of()));
        }

        void create(SessionKey key) {
            SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
            builder.maxInactiveIntervalSec(60).finish();
            SessionDelta delta = new SessionDelta().wrap(builder.buffer(), 0);
            send(requests.write(
                    out,
                    EPOCH,
                    ++lastRequestId,
                    0,
                    0,
                    SessionProtocol.WRITE_CREATE,
                    0,
                    0,
                    key,
                    delta.buffer(),
                    0,
                    delta.length()));
        }

        /** Keeps the lease, and does what it was asked. */
        void live() {
            send(requests.renew(out, EPOCH, 1, 1));
            List<Runnable> due = List.copyOf(later);
            later.clear();
            due.forEach(Runnable::run);
        }

        private void send(int length) {
            SessionRequestProcessor serving = processor;
            if (serving != null) {
                serving.onMessage(port, out, 0, length, clock.nowNs());
            }
        }

        @Override
        public void onRecall(long epoch, long token, long grant, SessionKey key) {
            recalls++;
            if (isYielding) {
                later.add(() -> send(requests.release(out, EPOCH, token, 0, grant, key)));
            }
        }

        @Override
        public void onExpired(long epoch, long jobId, long logTimeMs, SessionRecord record) {
            expired.add(record.key());
        }

        @Override
        public void onRegistered(
                long epoch,
                long number,
                int leaseMs,
                int maxBytes,
                String serverName,
                String logs,
                List<OwnedSession> refused) {}

        @Override
        public void onNamed(long epoch, long number, int part, List<OwnedSession> refused) {}

        @Override
        public void onWritten(long epoch, long requestId, long token, long version, WriteStatus status, int hints) {}

        @Override
        public void onRenewed(long epoch, long sequence) {}

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
                @Nullable SessionRecord record) {}

        @Override
        public void onMustRegister(long epoch) {}
    }
}
