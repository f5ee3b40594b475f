package org.stoneware.server.role;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.replication.FrameOutput;
import org.stoneware.server.replication.ReplicaIdentity;
import org.stoneware.server.replication.ReplicationLimits;
import org.stoneware.server.request.ClientPort;
import org.stoneware.server.request.RequestLimits;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.session.HeapShares;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.InSyncSet;
import org.stoneware.spi.storage.LoadResult;
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

/** Two servers whose election the test is, with a wire between them that it can cut, and a Tomcat. */
final class PairFixture {
    static final long RECONNECT_WINDOW_MS = 120_000;

    final ManualClock clock = new ManualClock();
    Server first;
    Server second;
    /** Most frames one end sent that the other had not taken yet. */
    int mostFramesAtOnce;
    /** Frames each end takes in one turn: a store that is given more at once than fits in memory is full. */
    int framesPerTurn = Integer.MAX_VALUE;

    private boolean isCut;

    private final ReplicationLimits replication;

    PairFixture() {
        this(PairFixture::inMemory, PairFixture::inMemory);
    }

    /** Two servers that use no word of a standby that is not connected, as in consistency mode. */
    static PairFixture thatReadOnlyWhileConnected() {
        return new PairFixture(
                PairFixture::inMemory, PairFixture::inMemory, ReplicationLimits.DEFAULTS.readsNeedConnection(true));
    }

    /** @param ofFirst makes empty generations of the first server, of which it begins with one. */
    PairFixture(Supplier<SessionGeneration> ofFirst, Supplier<SessionGeneration> ofSecond) {
        this(ofFirst, ofSecond, ReplicationLimits.DEFAULTS);
    }

    private PairFixture(
            Supplier<SessionGeneration> ofFirst, Supplier<SessionGeneration> ofSecond, ReplicationLimits replication) {
        this.replication = replication;
        first = new Server(0, 100, ofFirst.get(), ofFirst);
        second = new Server(1, 101, ofSecond.get(), ofSecond);
    }

    static SessionGeneration inMemory() {
        return inMemory(() -> {});
    }

    /** @param onClosed hears that its store is closed. */
    static SessionGeneration inMemory(Runnable onClosed) {
        return new SessionGeneration(
                new ReferenceSessionStore(new StoreContext(Path.of(""), 16 << 20, 8_192, line -> {})), onClosed);
    }

    /** Both processes end without a word; the next ones begin with what was left to each. */
    void restartBoth(
            SessionGeneration leftToFirst,
            Supplier<SessionGeneration> ofFirst,
            SessionGeneration leftToSecond,
            Supplier<SessionGeneration> ofSecond) {
        first = new Server(0, first.incarnation + 2, leftToFirst, ofFirst);
        second = new Server(1, second.incarnation + 2, leftToSecond, ofSecond);
    }

    Server other(Server server) {
        return server == first ? second : first;
    }

    /** Both in their first roles, the second in sync. */
    void pair(long epoch) {
        first.become(ServerRole.ACTIVE_COORDINATOR, epoch, 0);
        second.become(ServerRole.PASSIVE_UNINITIALIZED, epoch, 0);
        pass(500);
    }

    void cut() {
        isCut = true;
        first.wire = null;
        second.wire = null;
        first.duties.onConnectionLost(1);
        second.duties.onConnectionLost(0);
    }

    void heal() {
        isCut = false;
    }

    void pass(long ms) {
        for (long left = ms; left > 0; left -= 10) {
            clock.advanceMs(10);
            step();
        }
    }

    void step() {
        for (int i = 0; i < 4; i++) {
            turn();
        }
    }

    /** One duty cycle of each. */
    void turn() {
        for (Server server : List.of(first, second)) {
            server.connect();
            server.receive();
            server.duties.doWork(clock.nowNs());
            mostFramesAtOnce = Math.max(mostFramesAtOnce, server.wire == null ? 0 : server.wire.frames.size());
        }
    }

    /** One server: its duties, and what they asked for. */
    final class Server implements RoleOutput {
        final int id;
        final List<String> events = new ArrayList<>();
        /** Why the role was to be handed over. */
        final List<String> handOverReasons = new ArrayList<>();

        final RoleDuties duties;
        long wallMs = ManualClock.START_MS;
        boolean isAddAllowed = true;
        int added;
        int dropsRequested;
        private ElectionView view = new ElectionView(ServerRole.START, 0, ElectionView.NO_ACTIVE, "");
        private int followed = NOBODY;
        private @Nullable Wire wire;
        private @Nullable InSyncSet answer;
        private final long incarnation;

        Server(int id, long incarnation, SessionGeneration first, Supplier<SessionGeneration> generations) {
            this.id = id;
            this.incarnation = incarnation;
            this.duties = new RoleDuties(
                    new RoleLimits(
                            new ReplicaIdentity(0, id, incarnation),
                            List.of("Server1", "Server2"),
                            new RequestLimits("server", 4_096, RECONNECT_WINDOW_MS * 1_000_000L, true, ""),
                            replication,
                            HeapShares.LARGEST),
                    first,
                    generations::get,
                    this);
        }

        void become(ServerRole role, long epoch, int activeId) {
            ElectionView before = view;
            view = new ElectionView(role, epoch, activeId, "test");
            duties.onView(before, view, clock.nowNs(), wallMs);
            if (role == ServerRole.ACTIVE_COORDINATOR) {
                duties.onInSync(inSync(), clock.nowNs());
            }
        }

        ServerRole role() {
            return view.role();
        }

        /** A heartbeat of the other server comes. */
        void hears(Server other) {
            hears(Evidence.Kind.HEARTBEAT, other.id, other.incarnation, other.view);
        }

        /** The other server is silent. */
        void misses(Server other) {
            hears(Evidence.Kind.SILENT, other.id, other.incarnation, new ElectionView(ServerRole.START, 0, -1, ""));
        }

        /** The other server has been started anew, and calls. */
        void hearsNewProcessOf(Server other) {
            ElectionView started = new ElectionView(ServerRole.START, 0, ElectionView.NO_ACTIVE, "");
            hears(Evidence.Kind.HELLO, other.id, other.incarnation + 2, started);
        }

        private void hears(Evidence.Kind kind, int memberId, long process, ElectionView told) {
            duties.onEvidence(new Evidence(kind, memberId, process, told.role(), told.epoch(), 0), clock.nowNs());
        }

        /** The election drops the other server. */
        void dropOther() {
            duties.onInSync(inSync(), clock.nowNs());
        }

        private InSyncSet inSync(int... more) {
            List<InSyncSet.Member> members = new ArrayList<>(List.of(new InSyncSet.Member(id, incarnation)));
            for (int each : more) {
                members.add(new InSyncSet.Member(each, other(this).incarnation));
            }
            return new InSyncSet(view.epoch(), members);
        }

        private void connect() {
            if (wire != null || followed == NOBODY || isCut) {
                return;
            }
            Server active = other(this);
            if (active.duties.standbys() == null) {
                return;
            }
            wire = new Wire(active);
            active.wire = new Wire(this);
            active.duties.onConnected(id, active.wire);
            duties.onConnected(active.id, wire);
        }

        private void receive() {
            Server from = other(this);
            Wire incoming = from.wire;
            for (int i = 0; i < framesPerTurn && incoming != null && !incoming.frames.isEmpty(); i++) {
                byte[] frame = incoming.frames.remove();
                duties.onFrame(from.id, new UnsafeBuffer(frame), 0, frame.length, clock.nowNs());
            }
            InSyncSet decided = answer;
            answer = null;
            if (decided != null && decided.epoch() == view.epoch()) {
                other(this).become(ServerRole.PASSIVE_STANDBY, view.epoch(), id);
                duties.onInSync(decided, clock.nowNs());
            }
        }

        @Override
        public boolean requestAddPeer(int memberId, long incarnation, long nowNs) {
            if (isAddAllowed) {
                added++;
                answer = inSync(memberId);
            }
            return isAddAllowed;
        }

        @Override
        public boolean requestDropPeer(int memberId, String reason, long nowNs) {
            dropsRequested++;
            answer = null;
            return true;
        }

        @Override
        public void requestHandOver(String by, boolean isUrgent, long nowNs) {
            events.add(isUrgent ? "hand-over at once" : "hand-over");
            handOverReasons.add(by);
        }

        @Override
        public void follow(int activeId) {
            followed = activeId;
            wire = null;
            other(this).wire = null;
        }

        @Override
        public void dropClients(String reason) {
            events.add("clients dropped");
        }

        @Override
        public void info(String kind, String text) {
            events.add(kind);
        }

        @Override
        public void warning(String kind, String text) {
            events.add(kind);
        }

        boolean holds(String id) {
            return duties.current().store().read(SessionKey.of("shop", id), new SessionRecord());
        }

        /** Whether a session is here, in memory or on disk. */
        boolean isHeld(String id) {
            return duties.current().store().load(SessionKey.of("shop", id), 0) != LoadResult.ABSENT;
        }

        long lastIndex() {
            return duties.current().state().lastApplied();
        }
    }

    /** One direction of a replication connection. */
    private static final class Wire implements FrameOutput {
        final Queue<byte[]> frames = new ArrayDeque<>();

        Wire(Server to) {
            assert to != null;
        }

        @Override
        public boolean send(DirectBuffer frame, int offset, int length) {
            byte[] copy = new byte[length];
            frame.getBytes(offset, copy);
            frames.add(copy);
            return true;
        }

        @Override
        public void close(String reason) {
            frames.clear();
        }
    }

    /** A Tomcat at one server. */
    final class Tomcat implements ClientResponseListener {
        final List<WriteStatus> written = new ArrayList<>();
        /** Request ids, as {@link #written}. */
        final List<Long> answered = new ArrayList<>();

        /** Request ids of what was granted. */
        final List<Long> owned = new ArrayList<>();

        int registered;
        private final Server server;
        private final long epoch;
        private final ClientRequestPublisher requests = new ClientRequestPublisher();
        private final ClientResponseAdapter responses = new ClientResponseAdapter();
        private final ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        final ClientPort port = new ClientPort(
                (buffer, offset, length) -> {
                    responses.onMessage(buffer, offset, length, this);
                    return true;
                },
                "10.0.0.1");

        Tomcat(Server server) {
            this(server, 7);
        }

        Tomcat(Server server, long identity) {
            this.server = server;
            this.epoch = server.view.epoch();
            send(requests.register(out, epoch, identity, identity, 1, 1, "tomcat", "test", List.of("shop"), List.of()));
            // A registration is answered once every in-sync server has it.
            pass(20);
        }

        void create(long requestId, String id) {
            SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
            builder.maxInactiveIntervalSec(60).finish();
            SessionDelta delta = new SessionDelta().wrap(builder.buffer(), 0);
            send(requests.write(
                    out,
                    epoch,
                    requestId,
                    0,
                    0,
                    SessionProtocol.WRITE_CREATE,
                    0,
                    0,
                    SessionKey.of("shop", id),
                    delta.buffer(),
                    0,
                    delta.length()));
        }

        void open(long requestId, String id) {
            send(requests.getOwn(out, epoch, requestId, 0, 10_000, SessionKey.of("shop", id)));
        }

        private void send(int length) {
            SessionRequestProcessor processor = server.duties.processor();
            if (processor != null) {
                processor.onMessage(port, out, 0, length, clock.nowNs());
            }
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
        }

        @Override
        public void onNamed(long epoch, long number, int part, List<OwnedSession> refused) {}

        @Override
        public void onWritten(long epoch, long requestId, long token, long version, WriteStatus status, int hints) {
            written.add(status);
            answered.add(requestId);
        }

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
                @Nullable SessionRecord record) {
            owned.add(requestId);
        }

        @Override
        public void onRecall(long epoch, long token, long grant, SessionKey key) {}

        @Override
        public void onExpired(long epoch, long jobId, long logTimeMs, SessionRecord record) {}

        @Override
        public void onMustRegister(long epoch) {}
    }
}
