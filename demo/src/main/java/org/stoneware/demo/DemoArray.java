package org.stoneware.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The whole of the article's picture on this machine: two servers, two Tomcats, a proxy.
 * <p>
 * <b>Threading:</b> {@link #start} and {@link #restartEnded} on one thread; {@link #close()} from any, once or more often.
 * <p>
 * <b>Ownership:</b> owns every process it started and its directory.
 */
public final class DemoArray implements AutoCloseable {
    /** Servers of a laptop: small. */
    public static final String SERVER_OPTIONS = "-Xmx192m -XX:+UseSerialGC";

    private static final String TOMCAT_OPTIONS = "-Xmx128m -XX:+UseSerialGC";
    private static final int ARTICLE_PORT = 9510;
    private static final int[] FURTHER_PORTS = {10, 20, 30};

    private final Path distribution;
    private final DemoOptions options;
    private final PrintStream out;
    private final String serverOptions;
    private final Path directory;
    private final List<ServerProcess> servers = new ArrayList<>();
    private final List<TomcatInstance> tomcats = new ArrayList<>();
    private @Nullable ArrayConfig config;
    private @Nullable FrontDoor frontDoor;
    private boolean isClosed;
    private boolean isDirectoryKept;

    /** With servers of {@link #SERVER_OPTIONS}. */
    public DemoArray(Path distribution, DemoOptions options, PrintStream out) throws IOException {
        this(distribution, options, out, SERVER_OPTIONS);
    }

    /** @param serverOptions for the JVM of each server, behind those of {@code bin/start-server}; empty: that one's alone. */
    public DemoArray(Path distribution, DemoOptions options, PrintStream out, String serverOptions) throws IOException {
        this.distribution = distribution;
        this.options = options;
        this.out = out;
        this.serverOptions = serverOptions;
        directory = Files.createTempDirectory("stoneware-demo-");
        isDirectoryKept = options.isKept();
    }

    /** Starts everything, in the order an operator would, and says so step by step. */
    public void start() throws IOException {
        ArrayConfig array = ArrayConfig.write(directory, members());
        config = array;
        addServer(0, "Server1").awaitRole(Cluster.ACTIVE);
        out.println("  Server1 is active");
        ServerProcess second = addServer(1, "Server2");
        for (int i = 0; i < 2; i++) {
            startTomcat(i, array);
        }
        second.awaitRole(Cluster.STANDBY);
        out.println("  Server2 is standby");
        for (TomcatInstance tomcat : List.copyOf(tomcats)) {
            tomcat.awaitReady();
            out.println("  Tomcat " + tomcat.name() + " (" + tomcat.version() + ") serves");
        }
        startFrontDoor();
    }

    private List<ArrayConfig.Member> members() {
        String second = FreePorts.isFree("127.0.0.2", FreePorts.near("127.0.0.1", ARTICLE_PORT)) ? "127.0.0.2" : "";
        if (!second.isEmpty()) {
            int port = FreePorts.base(List.of("127.0.0.1", second), ARTICLE_PORT, FURTHER_PORTS);
            return List.of(
                    new ArrayConfig.Member("Server1", "127.0.0.1", port),
                    new ArrayConfig.Member("Server2", second, port));
        }
        // Systems with one loopback address only: the servers differ by port.
        int port = FreePorts.base(List.of("127.0.0.1"), ARTICLE_PORT, 10, 20, 30, 100, 110, 120, 130);
        return List.of(
                new ArrayConfig.Member("Server1", "127.0.0.1", port),
                new ArrayConfig.Member("Server2", "127.0.0.1", port + 100));
    }

    private synchronized ServerProcess addServer(int position, String name) throws IOException {
        failIfClosed();
        ServerProcess server = ServerProcess.start(distribution, config(), name, serverOptions);
        if (position < servers.size()) {
            servers.set(position, server);
        } else {
            servers.add(server);
        }
        return server;
    }

    private void startTomcat(int position, ArrayConfig array) throws IOException {
        String name = position == 0 ? "A" : "B";
        Path source = options.tomcats().get(Math.min(position, options.tomcats().size() - 1));
        Path home = TomcatInstance.unpack(source, directory.resolve("tomcat-" + name + "-home"));
        int port = FreePorts.near("127.0.0.1", options.port() + 1 + position);
        TomcatInstance tomcat = TomcatInstance.create(name, home, directory.resolve("tomcat-" + name), port);
        tomcat.installValve(distribution, array.tcConfigUrl());
        synchronized (this) {
            failIfClosed();
            tomcats.add(tomcat.start(TOMCAT_OPTIONS, management(array)));
        }
    }

    private static String management(ArrayConfig array) {
        return String.join(
                ",",
                array.servers().stream().map(ArrayConfig.Member::management).toList());
    }

    private void startFrontDoor() throws IOException {
        int port = FreePorts.near("127.0.0.1", options.port());
        Optional<Path> nginx = options.isWithoutNginx() ? Optional.empty() : NginxProxy.find();
        synchronized (this) {
            failIfClosed();
            frontDoor = nginx.isPresent()
                    ? NginxProxy.start(
                            nginx.get(),
                            directory.resolve("nginx"),
                            port,
                            tomcats.stream().map(TomcatInstance::address).toList())
                    : RoundRobinProxy.start(
                            port, tomcats.stream().map(TomcatInstance::port).toList());
        }
    }

    /**
     * Starts again what has ended, for example by the user's kill.
     *
     * @return names of what was started.
     */
    public List<String> restartEnded() throws IOException {
        List<String> restarted = new ArrayList<>();
        for (int i = 0; i < servers.size(); i++) {
            if (!servers.get(i).process().isAlive()) {
                restarted.add(
                        addServer(i, servers.get(i).member().name()).process().name());
            }
        }
        synchronized (this) {
            failIfClosed();
            for (TomcatInstance tomcat : tomcats) {
                if (!tomcat.process().isAlive()) {
                    tomcat.start(TOMCAT_OPTIONS, management(config()));
                    restarted.add(tomcat.process().name());
                }
            }
        }
        return restarted;
    }

    /** Every child that can end by itself or by the user's hand. */
    List<ChildProcess> processes() {
        List<ChildProcess> processes = new ArrayList<>();
        servers.forEach(server -> processes.add(server.process()));
        tomcats.forEach(tomcat -> processes.add(tomcat.process()));
        if (frontDoor instanceof NginxProxy nginx) {
            processes.add(nginx.process());
        }
        return processes;
    }

    public List<ServerProcess> servers() {
        return servers;
    }

    public List<TomcatInstance> tomcats() {
        return tomcats;
    }

    public FrontDoor frontDoor() {
        FrontDoor started = frontDoor;
        if (started == null) {
            throw new IllegalStateException("the proxy is not started");
        }
        return started;
    }

    ArrayConfig config() {
        ArrayConfig written = config;
        if (written == null) {
            throw new IllegalStateException("the configuration is not written");
        }
        return written;
    }

    Path directory() {
        return directory;
    }

    /** Leaves the directory with its logs when closed: something went wrong. */
    synchronized void keepDirectory() {
        isDirectoryKept = true;
    }

    synchronized boolean isClosed() {
        return isClosed;
    }

    private void failIfClosed() {
        if (isClosed) {
            throw new IllegalStateException("the demo is being stopped");
        }
    }

    /** Stops every process, the Tomcats before the servers they use, and removes the directory. */
    @Override
    public synchronized void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        if (frontDoor != null) {
            frontDoor.close();
        }
        List<ChildProcess> tomcatProcesses =
                tomcats.stream().map(TomcatInstance::process).toList();
        tomcatProcesses.forEach(ChildProcess::askToStop);
        tomcatProcesses.forEach(ChildProcess::awaitStop);
        List<ChildProcess> serverProcesses =
                servers.stream().map(ServerProcess::process).toList();
        serverProcesses.forEach(ChildProcess::askToStop);
        serverProcesses.forEach(ChildProcess::awaitStop);
        if (isDirectoryKept) {
            out.println("Logs are left in " + directory);
        } else {
            delete(directory);
        }
    }

    private void delete(Path directory) {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            out.println("could not remove " + directory + ": " + e);
        }
    }
}
