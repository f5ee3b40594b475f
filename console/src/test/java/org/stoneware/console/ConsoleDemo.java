package org.stoneware.console;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.framework.BundleContext;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.MemberFacts;
import org.stoneware.api.cluster.MemberState;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ManagementAccess;

/** Opens the page on a made-up array to look at: {@code ConsoleDemo port dataDirectory healthy|trouble|dying}. */
final class ConsoleDemo implements ManagementService {
    private final FakeManagement fake = new FakeManagement();
    private final boolean hasTrouble;
    private final AtomicInteger answersLeft;

    private ConsoleDemo(String mode) {
        hasTrouble = mode.equals("trouble");
        answersLeft = new AtomicInteger(mode.equals("dying") ? 2 : Integer.MAX_VALUE);
    }

    public static void main(String[] arguments) throws Exception {
        ConsoleDemo demo = new ConsoleDemo(arguments[2]);
        new ConsoleServer(
                (BundleContext) Proxy.newProxyInstance(
                        ConsoleDemo.class.getClassLoader(),
                        new Class<?>[] {BundleContext.class},
                        (proxy, method, values) -> null),
                demo,
                FakeManagement.settings(
                        Path.of(arguments[1]), Integer.parseInt(arguments[0]), Integer.parseInt(arguments[0]) - 20),
                FakeManagement.EFFECTIVE,
                ManagementAccess.NONE);
        Thread.currentThread().join();
    }

    @Override
    public ClusterStatus status() {
        if (answersLeft.getAndDecrement() <= 0) {
            throw new IllegalStateException("made up: no more answers");
        }
        ClusterStatus plain = fake.status();
        long nowMs = System.currentTimeMillis();
        List<MemberStatus> servers = new ArrayList<>();
        List<ClientStatus> clients = new ArrayList<>();
        clients.add(client("tomcat-a", "00c0ffee", "127.0.0.1:40112", 1017, true, "/", "/shop"));
        clients.add(client("tomcat-b", "5eed5eed", "127.0.0.1:40260", 223, true, "/shop"));
        if (hasTrouble) {
            servers.add(at(FakeManagement.member(1, ServerRole.ACTIVE_COORDINATOR, "solo", true), nowMs - 64_000));
            servers.add(at(
                    FakeManagement.member(2, ServerRole.PASSIVE_UNINITIALIZED, "syncing 40 %", true), nowMs - 3_000));
            servers.add(
                    at(FakeManagement.member(3, ServerRole.STOPPED, "no heartbeat for 64 s", false), nowMs - 64_000));
            servers.add(at(
                    FakeManagement.member(4, ServerRole.FENCED, "a newer active exists: epoch=8", true),
                    nowMs - 9_000));
            clients.add(client("<img src=x onerror=alert(1)>\u202etac\u0007", "bad0bad0", "10.0.0.7:1", 0, false));
        } else {
            servers.add(at(FakeManagement.member(1, ServerRole.ACTIVE_COORDINATOR, "", true), nowMs - 754_000));
            servers.add(at(FakeManagement.member(2, ServerRole.PASSIVE_STANDBY, "lag 0 ms", true), nowMs - 701_000));
        }
        List<String> problems = hasTrouble
                ? List.of(
                        "no standby is in sync: a failure of Server1 now would lose sessions",
                        "array.key is missing <b>")
                : List.of();
        return new ClusterStatus(
                plain.self(), plain.version(), 754_000, servers, clients, plain.storage(), plain.counters(), problems);
    }

    @Override
    public List<ClusterEvent> events() {
        long nowMs = System.currentTimeMillis() / 60_000 * 60_000;
        return List.of(
                new ClusterEvent(
                        1,
                        nowMs - 754_000,
                        "role-changed",
                        "START-STATE -> ACTIVE-COORDINATOR: no other server answers"),
                new ClusterEvent(2, nowMs - 730_000, "client-joined", "Tomcat tomcat-a connected from 127.0.0.1:40112"),
                new ClusterEvent(
                        3, nowMs - 705_000, "sync-started", "Server2 is being brought up to date: 1,240 sessions"),
                new ClusterEvent(
                        4, nowMs - 701_000, "role-changed", "Server2: PASSIVE-UNINITIALIZED -> PASSIVE-STANDBY"));
    }

    @Override
    public HandOverOutcome handOver(String by) {
        return fake.handOver(by);
    }

    @Override
    public StopOutcome stop(boolean force, String by) {
        return new StopOutcome(false, "this is a made-up server");
    }

    private static MemberStatus at(MemberStatus member, long sinceMs) {
        boolean isInSync =
                member.role() == ServerRole.ACTIVE_COORDINATOR || member.role() == ServerRole.PASSIVE_STANDBY;
        return new MemberStatus(
                member.name(),
                member.host(),
                member.clientPort(),
                member.jmxPort(),
                member.groupPort(),
                member.managementPort(),
                member.role(),
                member.detail(),
                member.epoch(),
                isInSync,
                member.isReachable(),
                sinceMs,
                facts(member));
    }

    private static MemberFacts facts(MemberStatus member) {
        return switch (member.role()) {
            case STOPPED, FENCED, START -> MemberFacts.NONE;
            case PASSIVE_UNINITIALIZED ->
                new MemberFacts(Set.of(MemberState.COPYING), 40, MemberFacts.UNKNOWN, 496, 3_000, "memory", "");
            case ACTIVE_COORDINATOR, PASSIVE_STANDBY -> member.facts();
        };
    }

    private static ClientStatus client(
            String name, String id, String address, long owned, boolean isConnected, String... applications) {
        return new ClientStatus(name, id, address, "0.1.0", List.of(applications), owned, isConnected);
    }
}
