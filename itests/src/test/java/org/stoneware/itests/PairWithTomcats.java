package org.stoneware.itests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.stoneware.demo.ArrayConfig;
import org.stoneware.demo.Await;
import org.stoneware.demo.ChildProcess;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.FreePorts;
import org.stoneware.demo.FrontDoor;
import org.stoneware.demo.NginxProxy;
import org.stoneware.demo.ServerProcess;
import org.stoneware.demo.TomcatInstance;

/**
 * The article's picture with real parts: Server1 and Server2, Tomcat 10.1 and 11 with the Valve, nginx with round robin in front.
 * <p>
 * <b>Ownership:</b> {@link #close()} ends every process.
 * <p>
 * <b>Failure:</b> where nginx is not installed, {@link #start} skips the test.
 */
final class PairWithTomcats implements AutoCloseable {
    static final String FIRST = "Server1";
    static final String SECOND = "Server2";

    private static final int HTTP_PORT = 8091;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Path directory;
    private final Hosts hosts;
    private final TestServerArray array;
    private final List<TomcatInstance> tomcats = new ArrayList<>();
    private FrontDoor door;

    private PairWithTomcats(Path directory, Hosts hosts, String failoverPriority) throws IOException {
        this.directory = directory;
        this.hosts = hosts;
        array = TestServerArray.create(directory.resolve("array"), hosts, failoverPriority, List.of(FIRST, SECOND));
    }

    /** Starts everything on loopback addresses and waits until the second server is standby and both Tomcats serve. */
    static PairWithTomcats start(Path directory) throws IOException {
        return start(directory, Hosts.loopback(FIRST, SECOND));
    }

    /** @param hosts places for Server1, Server2, A and B. */
    static PairWithTomcats start(Path directory, Hosts hosts) throws IOException {
        return start(directory, hosts, "");
    }

    /** @param failoverPriority content of the element of that name; empty to leave it out. */
    static PairWithTomcats start(Path directory, Hosts hosts, String failoverPriority) throws IOException {
        Optional<Path> nginx = NginxProxy.find();
        assumeTrue(nginx.isPresent(), "nginx is not installed");
        PairWithTomcats pair = new PairWithTomcats(directory, hosts, failoverPriority);
        try {
            ServerProcess first = pair.array.start(FIRST);
            if (failoverPriority.isEmpty()) {
                // With consistency it would wait for the vote of the second.
                first.awaitRole(Cluster.ACTIVE);
            }
            pair.array.start(SECOND);
            pair.startTomcat("A", "10.1");
            pair.startTomcat("B", "11.0");
            pair.tomcats.forEach(TomcatInstance::awaitReady);
            pair.awaitComplete();
            pair.door = NginxProxy.start(
                    nginx.get(),
                    directory.resolve("nginx"),
                    FreePorts.near("127.0.0.1", HTTP_PORT + 2),
                    pair.tomcats.stream().map(TomcatInstance::address).toList());
        } catch (IOException | RuntimeException e) {
            e.addSuppressed(new AssertionError(pair.report()));
            pair.close();
            throw e;
        }
        return pair;
    }

    private void startTomcat(String name, String line) throws IOException {
        Path home = TomcatInstance.unpack(Layout.tomcatArchive(line), directory.resolve("tomcat-" + line));
        String host = hosts.address(name);
        int port = FreePorts.near("127.0.0.1", HTTP_PORT + tomcats.size());
        TomcatInstance tomcat = TomcatInstance.create(name, home, directory.resolve("tomcat-" + name), host, port)
                .startThrough(hosts.inside(name));
        tomcat.installValve(Layout.distribution(), array.config().tcConfigUrl());
        tomcats.add(tomcat);
        startTomcat(tomcat);
    }

    /** Starts a Tomcat of the pair, or starts it again. */
    void startTomcat(TomcatInstance tomcat) throws IOException {
        tomcat.start(
                Layout.TOMCAT_OPTIONS,
                String.join(
                        ",",
                        array.config().servers().stream()
                                .map(ArrayConfig.Member::management)
                                .toList()));
    }

    TestServerArray array() {
        return array;
    }

    List<TomcatInstance> tomcats() {
        return tomcats;
    }

    /** So many users, all through nginx: each request of each goes to the next Tomcat. */
    CounterLoad load(int users) {
        return CounterLoad.start(Collections.nCopies(users, door.uri("/counter.jsp")));
    }

    FrontDoor door() {
        return door;
    }

    /** The server that says it is active. */
    ServerProcess active() {
        for (String name : List.of(FIRST, SECOND)) {
            if (array.server(name).role().equals(Cluster.ACTIVE)) {
                return array.server(name);
            }
        }
        throw new IllegalStateException("no server is active\n" + roles());
    }

    ServerProcess other(ServerProcess server) {
        return array.server(server.member().name().equals(FIRST) ? SECOND : FIRST);
    }

    /** Starts again what has ended and lets go on what was frozen, in file order; waits until one is active, the other its standby. */
    void complete() throws IOException {
        for (String name : List.of(FIRST, SECOND)) {
            if (array.server(name).process().isAlive()) {
                array.server(name).process().signal("CONT");
            } else {
                array.start(name);
            }
        }
        awaitComplete();
        for (TomcatInstance tomcat : tomcats) {
            if (!tomcat.process().isAlive()) {
                startTomcat(tomcat);
            }
        }
        tomcats.forEach(TomcatInstance::awaitReady);
    }

    /** Waits until one server is active and the other its standby, and both say so. */
    void awaitComplete() {
        Await.until("one server is active, the other its standby", PATIENCE, this::isComplete, this::roles);
    }

    private boolean isComplete() {
        Map<String, String> first = view(FIRST);
        return first.equals(view(SECOND))
                && first.containsValue(Cluster.ACTIVE)
                && first.containsValue(Cluster.STANDBY);
    }

    /** What each server says of both. */
    String roles() {
        return FIRST + " sees " + view(FIRST) + ", " + SECOND + " sees " + view(SECOND);
    }

    private Map<String, String> view(String name) {
        return array.server(name).process().isAlive() ? array.server(name).view() : Map.of(name, "ended");
    }

    String report() {
        StringBuilder report = new StringBuilder(array.report());
        for (TomcatInstance tomcat : tomcats) {
            report.append("--- Tomcat ")
                    .append(tomcat.name())
                    .append('\n')
                    .append(TestServerArray.lastLines(tomcat.process().output()));
        }
        return report.toString();
    }

    @Override
    public void close() {
        if (door != null) {
            door.close();
        }
        List<ChildProcess> running =
                tomcats.stream().map(TomcatInstance::process).toList();
        running.forEach(ChildProcess::askToStop);
        running.forEach(ChildProcess::awaitStop);
        array.close();
    }
}
