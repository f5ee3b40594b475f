package org.stoneware.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ClusterStatus.Counter;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.StorageAdmin;
import org.stoneware.api.cluster.StorageStatus;

/** A pair; who is active is the test's choice. */
final class FakeManagement implements ManagementService {
    static final String TOMCAT_ADDRESS = "[2001:db8:1234:5678:9abc:def0:1234:5678]:54711";
    volatile boolean isActive = true;
    volatile boolean hasStandby = true;
    final FakeStorage storage = new FakeStorage();
    private final List<ClusterEvent> events = new CopyOnWriteArrayList<>(List.of(
            new ClusterEvent(1, 1_000, "role-changed", "Moved to State[ ACTIVE-COORDINATOR ]"),
            new ClusterEvent(2, 2_000, "client-refused", "refused " + FakeSessions.HOSTILE)));

    @Override
    public ClusterStatus status() {
        ServerRole other = isActive ? ServerRole.PASSIVE_STANDBY : ServerRole.ACTIVE_COORDINATOR;
        return new ClusterStatus(
                "Server1",
                "0.1.0",
                123_456,
                List.of(
                        member("Server1", isActive ? ServerRole.ACTIVE_COORDINATOR : ServerRole.PASSIVE_STANDBY),
                        member("Server2", other)),
                List.of(new ClientStatus(
                        "tomcat" + FakeSessions.HOSTILE,
                        "00ff",
                        TOMCAT_ADDRESS,
                        "0.1.0",
                        List.of("localhost/shop"),
                        3,
                        true)),
                new StorageStatus("temporary-swap-only", "memory", "", 4, 8_192, 9_000, 1 << 20, 0, 0),
                List.of(new Counter("requests.written", 5)),
                List.of("a problem" + FakeSessions.HOSTILE));
    }

    private static MemberStatus member(String name, ServerRole role) {
        return new MemberStatus(name, "127.0.0.1", 9510, 9520, 9530, 9540, role, "", 7, true, true, 1_000);
    }

    @Override
    public List<ClusterEvent> events() {
        List<ClusterEvent> all = new ArrayList<>(events);
        all.addAll(storage.events);
        return all;
    }

    void add(String type, String text) {
        events.add(new ClusterEvent(events.size() + 1, 3_000, type, text));
    }

    @Override
    public StorageAdmin storage() {
        return storage;
    }

    @Override
    public StopOutcome stop(boolean force, String by) {
        return new StopOutcome(false, "not in a test");
    }

    @Override
    public HandOverOutcome handOver(String by) {
        if (hasStandby) {
            isActive = false;
        }
        return new HandOverOutcome(hasStandby, hasStandby ? "begins" : "no standby is in sync");
    }
}
