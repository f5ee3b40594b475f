package org.stoneware.console;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.Histogram;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.MemberFacts;
import org.stoneware.api.cluster.MemberState;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.StorageAdmin;
import org.stoneware.api.cluster.StorageStatus;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.EffectiveConfiguration;
import org.stoneware.api.config.ServerSettings;

/** An array of two as Server1 sees it, whose roles and names a test may choose. */
final class FakeManagement implements ManagementService {
    static final String CONFIG_TEXT =
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<tc:tc-config name=\"caf\u00e9\"/>\n";

    static final EffectiveConfiguration EFFECTIVE = new EffectiveConfiguration(
            "tc-config.xml",
            "Server1",
            List.of(new EffectiveConfiguration.Value(
                    "servers/server[1] jmx-port", "9520", "derived from dso-port + 10")));

    volatile ServerRole role = ServerRole.ACTIVE_COORDINATOR;
    volatile String detail = "";
    volatile List<String> problems = List.of();
    volatile String clientName = "tomcat-a";
    volatile StopOutcome outcome = new StopOutcome(true, "stopping");
    volatile RuntimeException failure;
    volatile Error error;
    volatile Runnable onStop = () -> {};
    volatile HandOverOutcome handOverOutcome = new HandOverOutcome(true, "Server1 hands over to Server2");
    final FakeStores stores = new FakeStores();
    final List<String> handOvers = new CopyOnWriteArrayList<>();
    final List<String> refusedLogIns = new CopyOnWriteArrayList<>();
    final List<String> appoints = new CopyOnWriteArrayList<>();
    final List<ClusterEvent> moreEvents = new CopyOnWriteArrayList<>();
    final List<String> stops = new CopyOnWriteArrayList<>();

    @Override
    public ClusterStatus status() {
        if (failure != null) {
            throw failure;
        }
        if (error != null) {
            throw error;
        }
        List<MemberStatus> servers =
                List.of(member(1, role, detail, true), member(2, ServerRole.PASSIVE_STANDBY, "lag 0 ms", true));
        List<ClientStatus> clients = List.of(new ClientStatus(
                clientName, "00c0ffee00c0ffee", "127.0.0.1:40112", "0.1.0", List.of("/", "/shop"), 1017, true));
        List<ClusterStatus.Counter> counters = List.of(
                new ClusterStatus.Counter("requests.read", 48_211),
                new ClusterStatus.Counter("requests.commit", 20_118));
        StorageStatus storage = new StorageStatus(
                "temporary-swap-only",
                "memory",
                "storage-swap is not installed",
                1_240,
                9_400_000,
                18_350_080,
                268_435_456,
                0,
                0);
        return new ClusterStatus(
                "Server1",
                "0.1.0",
                754_000,
                servers,
                clients,
                storage,
                counters,
                List.of(
                        histogram("requests.commit", 42_000_000),
                        histogram("requests.open", 1),
                        histogram("requests.awaiting-store", 1),
                        histogram("requests.answered.open", 2_000_000),
                        histogram("requests.answered.write", 3_000_000),
                        histogram("replication.acknowledged.Server2", 4_000_000),
                        histogram("store.durable", 1)),
                problems);
    }

    private static Histogram histogram(String name, long sumNs) {
        return new Histogram(name, List.of(50_000L, 1_000_000L), List.of(5L, 3L, 2L), sumNs);
    }

    static MemberStatus member(int number, ServerRole role, String detail, boolean isReachable) {
        return new MemberStatus(
                "Server" + number,
                "127.0.0." + number,
                9510,
                9520,
                9530,
                9540,
                role,
                detail,
                7,
                true,
                isReachable,
                1_795_362_000_000L,
                new MemberFacts(
                        number == 1 ? Set.of(MemberState.SOLO) : Set.of(),
                        MemberFacts.UNKNOWN,
                        number == 1 ? MemberFacts.UNKNOWN : 3,
                        1_240,
                        754_000,
                        "memory",
                        "alone"));
    }

    @Override
    public List<ClusterEvent> events() {
        List<ClusterEvent> events = new ArrayList<>();
        events.add(new ClusterEvent(1, 1_795_362_000_000L, "role-changed", "START-STATE -> ACTIVE-COORDINATOR: alone"));
        events.add(new ClusterEvent(2, 1_795_362_003_000L, "client-joined", "Tomcat " + clientName + " connected"));
        events.addAll(moreEvents);
        return events;
    }

    @Override
    public StorageAdmin storage() {
        return stores;
    }

    @Override
    public StopOutcome stop(boolean force, String by) {
        stops.add("force=" + force + " by=" + by);
        onStop.run();
        return outcome;
    }

    @Override
    public void logInRefused(String door, String from) {
        refusedLogIns.add(door + " " + from);
    }

    @Override
    public AppointOutcome appoint(String server, boolean force, String by) {
        appoints.add(server + " force=" + force + " by=" + by);
        return new AppointOutcome(true, server + " becomes active");
    }

    @Override
    public HandOverOutcome handOver(String by) {
        handOvers.add(by);
        return handOverOutcome;
    }

    static ArraySettings settings(Path dataDirectory, int managementPort) {
        return settings(dataDirectory, managementPort, 9520);
    }

    static ArraySettings settings(Path dataDirectory, int managementPort, int jmxPort) {
        ServerSettings self = new ServerSettings(
                0,
                "Server1",
                "shop1.example",
                "127.0.0.1",
                9510,
                "127.0.0.1",
                jmxPort,
                "127.0.0.1",
                9530,
                "127.0.0.1",
                managementPort,
                dataDirectory,
                dataDirectory,
                true,
                dataDirectory,
                "temporary-swap-only",
                0);
        return new ArraySettings(
                "tc-config.xml",
                CONFIG_TEXT,
                0,
                List.of(self),
                false,
                120,
                true,
                false,
                3600,
                5,
                "availability",
                0,
                false,
                "",
                Map.of());
    }
}
