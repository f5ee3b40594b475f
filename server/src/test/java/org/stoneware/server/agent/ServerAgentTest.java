package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.Histogram;
import org.stoneware.api.cluster.MemberFacts;
import org.stoneware.api.cluster.MemberState;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionProvider;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessNetwork;
import org.stoneware.spi.storage.Durability;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.testkit.transport.InMemoryNetwork;

class ServerAgentTest {
    /** A store that holds much is read. */
    private static final long OPENING_MS = 5_000;

    private static final ElectionView START = view(ServerRole.START, 0);

    @TempDir
    Path directory;

    private final ScriptedElection election = new ScriptedElection();
    private final SilentNetwork liveness = new SilentNetwork();
    private final EventLog events = new EventLog(() -> 0);
    private List<String> otherProblems = List.of();
    private SessionStore store;
    private ServerAgent agent;
    private boolean isStoreBroken;
    private long nowNs = 1_000_000_000L;
    private long wallMs = 1_000_000;

    @BeforeEach
    void open() {
        SessionStoreProvider stores = new SessionStoreProvider() {
            @Override
            public String mode() {
                return "memory";
            }

            @Override
            public SessionStore open(StoreContext context) {
                store = new ReferenceSessionStore(context);
                nowNs += OPENING_MS * 1_000_000;
                wallMs += OPENING_MS;
                return breakable(store);
            }
        };
        agent = new ServerAgent(
                new ServerContext(
                        settings(directory, Durability.FSYNC),
                        liveness,
                        new InMemoryNetwork(),
                        StoreSource.only(stores),
                        election,
                        "test",
                        "",
                        1,
                        () -> nowNs,
                        () -> wallMs,
                        () -> 42),
                events,
                () -> otherProblems);
    }

    /** A store whose classes are gone once {@link #isStoreBroken}. */
    private SessionStore breakable(SessionStore whole) {
        return (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, (proxy, method, given) -> {
                    if (isStoreBroken) {
                        throw new NoClassDefFoundError("planted");
                    }
                    return method.invoke(whole, given);
                });
    }

    @AfterEach
    void close() {
        agent.close();
    }

    @Test
    void shouldKeepSessionsWhenOnlyItsEpochIsRaised() {
        election.become(START, view(ServerRole.ACTIVE_COORDINATOR, 5));
        put("kept");

        election.become(view(ServerRole.ACTIVE_COORDINATOR, 5), view(ServerRole.ACTIVE_COORDINATOR, 9));

        assertThat(store.figures().sessions()).isEqualTo(1);
    }

    @Test
    void shouldReportSessionsThatMayBeOldWhenItBecomesActiveWithoutBeingInSync() {
        election.become(START, view(ServerRole.ACTIVE_COORDINATOR, 5));
        put("old");
        election.become(view(ServerRole.ACTIVE_COORDINATOR, 5), view(ServerRole.FENCED, 9));
        election.become(view(ServerRole.FENCED, 9), view(ServerRole.PASSIVE_UNINITIALIZED, 9));

        election.become(view(ServerRole.PASSIVE_UNINITIALIZED, 9), view(ServerRole.ACTIVE_COORDINATOR, 12));

        assertThat(store.figures().sessions()).isEqualTo(1);
        assertThat(events.list()).extracting(ClusterEvent::type).contains("stale-sessions");
    }

    @Test
    void shouldNotTakeTheTimeItOpenedItsStoreForAPause() {
        agent.runCycle();

        assertThat(election.told).isNotEmpty().noneMatch(each -> each.startsWith("LOCAL_STALL"));
        assertThat(events.list()).extracting(ClusterEvent::type).doesNotContain("long-pause");
    }

    @Test
    void shouldTellTheElectionOfItsOwnStallBeforeTimePasses() {
        agent.runCycle();
        election.told.clear();

        nowNs += 2_000_000_000L;
        agent.runCycle();

        assertThat(election.told).startsWith("LOCAL_STALL 2000 ms", "doWork");
    }

    /** What it has heard before may be long past; so it asks again before it judges anybody. */
    @Test
    void shouldTellTheElectionOfASleepTheMonotonicClockDoesNotShow() {
        agent.runCycle();
        election.told.clear();

        nowNs += 5_000_000L;
        wallMs += 30_000;
        agent.runCycle();
        nowNs += 5_000_000L;
        wallMs += 5;
        agent.runCycle();

        assertThat(election.told).startsWith("LOCAL_STALL 100 ms", "doWork");
        assertThat(election.told)
                .filteredOn(each -> each.startsWith("LOCAL_STALL"))
                .hasSize(1);
        assertThat(events.list()).extracting(ClusterEvent::type).contains("long-pause");
    }

    @Test
    void shouldSayItsRoleInItsHeartbeatsAtOnce() {
        election.become(START, view(ServerRole.ACTIVE_COORDINATOR, 5));

        assertThat(liveness.said.role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(liveness.said.epoch()).isEqualTo(5);
        assertThat(liveness.said.activeAddress()).isEqualTo("127.0.0.1:9510");
    }

    @Test
    void shouldTellPausesAndProblemsAsEvents() {
        agent.runCycle();
        otherProblems = List.of("component shop needs a bank");

        nowNs += 2_000_000_000L;
        agent.runCycle();
        otherProblems = List.of();
        nowNs += 1_000_000_000L;
        agent.runCycle();

        assertThat(events.list()).extracting(ClusterEvent::type).contains("long-pause", "problem", "problem-solved");
        assertThat(agent.status().counters()).contains(new ClusterStatus.Counter("events.problem", 1));
    }

    @Test
    void shouldSayWithinItsRoleWhatItHolds() {
        election.become(START, view(ServerRole.ACTIVE_COORDINATOR, 5));
        put("kept", 0);
        nowNs += 2_000_000_000L;

        agent.runCycle();

        MemberFacts facts = agent.status().servers().get(0).facts();
        assertThat(facts.sessions()).isEqualTo(1);
        assertThat(facts.uptimeMs()).isEqualTo(OPENING_MS + 2_000);
        assertThat(facts.storageMode()).isEqualTo(store.mode());
        assertThat(facts.lastChange()).isEqualTo("test");
        assertThat(agent.status().histograms())
                .extracting(Histogram::name)
                .contains("requests.open", "requests.commit", "requests.answered.write", "requests.awaiting-store");
    }

    @Test
    void shouldStayActiveAndSayThatItIsBlockedWithoutAStore() {
        election.become(START, view(ServerRole.ACTIVE_COORDINATOR, 5));

        isStoreBroken = true;
        agent.runCycle();
        nowNs += 2_000_000_000L;
        agent.runCycle();

        MemberStatus self = agent.status().servers().get(0);
        assertThat(self.role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(self.detail()).startsWith("blocked: no store");
        assertThat(self.facts().states()).contains(MemberState.BLOCKED);
        assertThat(agent.status().problems()).anyMatch(each -> each.startsWith("the session store refuses changes"));
    }

    @Test
    void shouldStopWhenItsElectionHasFinishedWhatItBegan() {
        election.become(START, view(ServerRole.ACTIVE_COORDINATOR, 5));
        election.askedBeforeReady = 3;
        election.told.clear();

        agent.close();

        assertThat(election.told)
                .containsSubsequence("prepareStop", "doWork", "prepareStop", "doWork", "prepareStop", "onStop");
        assertThat(events.list()).extracting(ClusterEvent::type).doesNotContain("stop");
    }

    @Test
    void shouldStopInTimeWhateverItsElectionStillHasOpen() {
        election.become(START, view(ServerRole.ACTIVE_COORDINATOR, 5));
        election.askedBeforeReady = Integer.MAX_VALUE;
        election.onAsked = () -> nowNs += 500_000_000L;

        agent.close();

        assertThat(election.told).contains("onStop");
        assertThat(events.list()).extracting(ClusterEvent::type).contains("stop");
    }

    @Test
    void shouldSayThatItStopsWithTheLastCopy() {
        election.become(START, view(ServerRole.ACTIVE_COORDINATOR, 5));
        put("last");

        agent.close();

        assertThat(events.list())
                .filteredOn(event -> event.type().equals("stop"))
                .extracting(ClusterEvent::text)
                .containsExactly("stops with the last copy of 1 sessions: its store does not keep them");
    }

    @Test
    void shouldFreeWhatItHasOpenedWhenItsStartEndsWithAnError() {
        agent.close();
        election.error = new NoClassDefFoundError("planted");

        assertThatThrownBy(this::open).isInstanceOf(NoClassDefFoundError.class);

        assertThatThrownBy(() -> store.clear()).isInstanceOf(StorageException.class);
        election.error = null;
        open();
        assertThat(agent.status().self()).isEqualTo("Server1");
    }

    private void put(String id) {
        put(id, 60);
    }

    private void put(String id, int maxInactiveIntervalSec) {
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        builder.maxInactiveIntervalSec(maxInactiveIntervalSec).finish();
        store.merge(
                SessionKey.of("localhost/shop", id),
                new SessionDelta().wrap(builder.buffer(), 0),
                new RecordStamp(1, 5, 1, 1000, 1000),
                true,
                0);
    }

    private static ElectionView view(ServerRole role, long epoch) {
        return new ElectionView(role, epoch, role == ServerRole.ACTIVE_COORDINATOR ? 0 : -1, "test");
    }

    /** What parts of a server are made of that need no network and no election. */
    static ServerContext context(Path directory, SessionStoreProvider stores, LongSupplier nanoClock) {
        return context(directory, StoreSource.only(stores), nanoClock);
    }

    static ServerContext context(
            Path directory, SessionStoreProvider stores, LongSupplier nanoClock, Durability durability) {
        return context(settings(directory, durability), StoreSource.only(stores), nanoClock);
    }

    /** As above, with stores that come and go. */
    static ServerContext context(Path directory, StoreSource stores, LongSupplier nanoClock) {
        return context(settings(directory, Durability.FSYNC), stores, nanoClock);
    }

    private static ServerContext context(ArraySettings settings, StoreSource stores, LongSupplier nanoClock) {
        return new ServerContext(
                settings,
                new SilentNetwork(),
                new InMemoryNetwork(),
                stores,
                new ScriptedElection(),
                "test",
                "",
                1,
                nanoClock,
                () -> 1_000_000,
                () -> 42);
    }

    private static ArraySettings settings(Path directory, Durability durability) {
        ServerSettings self = new ServerSettings(
                0,
                "Server1",
                "127.0.0.1",
                "127.0.0.1",
                9510,
                "127.0.0.1",
                9520,
                "127.0.0.1",
                9530,
                "127.0.0.1",
                9540,
                directory,
                directory,
                false,
                directory,
                "temporary-swap-only",
                1 << 20,
                0,
                durability);
        return new ArraySettings(
                "test", "", 0, List.of(self), false, 120, true, false, 3600, 5, "availability", 0, false, "", Map.of());
    }

    /** Lets the test decide; notes what it is told. */
    private static final class ScriptedElection implements ElectionProvider, Election {
        final List<String> told = new java.util.ArrayList<>();
        int askedBeforeReady = 1;
        Runnable onAsked = () -> {};
        Error error;
        private ElectionOutput output;
        private ElectionView view = START;

        void become(ElectionView before, ElectionView now) {
            view = now;
            output.onView(before, now);
        }

        @Override
        public String policy() {
            return "scripted";
        }

        @Override
        public Election open(ElectionContext context, ElectionOutput electionOutput) {
            if (error != null) {
                throw error;
            }
            output = electionOutput;
            return this;
        }

        @Override
        public void onEvidence(Evidence evidence, long nowNs) {
            told.add(evidence.kind() + " " + evidence.valueNs() / 1_000_000 + " ms");
        }

        @Override
        public void onMessage(int senderId, DirectBuffer buffer, int offset, int length, long nowNs) {}

        @Override
        public int doWork(long nowNs) {
            told.add("doWork");
            return 0;
        }

        @Override
        public boolean prepareStop(boolean isStandbyWhole, long nowNs) {
            told.add("prepareStop");
            onAsked.run();
            return --askedBeforeReady <= 0;
        }

        @Override
        public void onStop(long nowNs) {
            told.add("onStop");
        }

        @Override
        public ElectionView view() {
            return view;
        }

        @Override
        public void close() {}
    }

    /** Nobody calls and nobody answers. */
    private static final class SilentNetwork implements LivenessNetwork {
        Heartbeat said;

        @Override
        public InetSocketAddress listen(InetSocketAddress address, LivenessListener listener) {
            return address;
        }

        @Override
        public void connect(String host, int port, long timeoutNs, LivenessListener listener) {}

        @Override
        public void status(Heartbeat heartbeat) {
            said = heartbeat;
        }

        @Override
        public void agentCycled(long nowNs) {}

        @Override
        public int agentAgeMs() {
            return 0;
        }

        @Override
        public void goodbyeAll(String reason) {}

        @Override
        public long protocolErrors() {
            return 0;
        }

        @Override
        public void close() {}
    }
}
