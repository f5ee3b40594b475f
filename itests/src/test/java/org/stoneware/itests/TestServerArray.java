package org.stoneware.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.stoneware.demo.ArrayConfig;
import org.stoneware.demo.Await;
import org.stoneware.demo.ChildProcess;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.Page;
import org.stoneware.demo.ServerProcess;

/**
 * Real servers of one array, each its own process started by {@code bin/start-server}, in a directory and on addresses of their own.
 * <p>
 * <b>Ownership:</b> {@link #close()} ends every process it started, also stopped and killed ones.
 * <p>
 * <b>Failure:</b> {@link #requireNoErrors()} fails the test for an ERROR a server logged and the test did not announce.
 */
final class TestServerArray implements AutoCloseable {
    private static final int CLIENT_PORT = 9510;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LINES_IN_REPORT = 60;
    /** Levels of java.util.logging and of Stoneware's own categories that ask a person to act. */
    private static final Pattern ERROR_LINE = Pattern.compile("(?m)^.*\\b(SEVERE|ERROR|FATAL)\\b.*$");

    private final Path directory;
    private final Hosts hosts;
    private final ArrayConfig config;
    private final Map<String, ServerProcess> servers = new LinkedHashMap<>();
    private final List<ServerProcess> ended = new ArrayList<>();
    private final List<Pattern> expectedErrors = new ArrayList<>();

    private TestServerArray(Path directory, Hosts hosts, ArrayConfig config) {
        this.directory = directory;
        this.hosts = hosts;
        this.config = config;
    }

    /** Writes the configuration of servers with these names; starts none. */
    static TestServerArray create(Path directory, String... names) throws IOException {
        return create(directory, Hosts.loopback(names), names);
    }

    /** @param hosts where each server will run. */
    static TestServerArray create(Path directory, Hosts hosts, String... names) throws IOException {
        return create(directory, hosts, "", List.of(names));
    }

    /** @param failoverPriority content of the element of that name; empty to leave it out. */
    static TestServerArray create(Path directory, Hosts hosts, String failoverPriority, List<String> names)
            throws IOException {
        return create(directory, hosts, failoverPriority, "temporary-swap-only", names);
    }

    /** @param persistenceMode of all servers. */
    static TestServerArray create(
            Path directory, Hosts hosts, String failoverPriority, String persistenceMode, List<String> names)
            throws IOException {
        Files.createDirectories(directory);
        List<ArrayConfig.Member> members = new ArrayList<>();
        for (String name : names) {
            members.add(new ArrayConfig.Member(name, hosts.address(name), CLIENT_PORT));
        }
        return new TestServerArray(
                directory, hosts, ArrayConfig.write(directory, members, failoverPriority, persistenceMode));
    }

    /** Starts a server, or starts it again when it has ended; its role is still open when this returns. */
    ServerProcess start(String name) throws IOException {
        ServerProcess server =
                ServerProcess.start(Layout.distribution(), config, name, Layout.SERVER_OPTIONS, hosts.inside(name));
        ServerProcess before = servers.put(name, server);
        if (before != null) {
            ended.add(before);
        }
        return server;
    }

    ServerProcess server(String name) {
        return servers.get(name);
    }

    ArrayConfig config() {
        return config;
    }

    Path directory() {
        return directory;
    }

    /** Announces an ERROR this test provokes: a line in which {@code pattern} is found is no failure. */
    TestServerArray expectError(String pattern) {
        expectedErrors.add(Pattern.compile(pattern));
        return this;
    }

    /** @throws AssertionError naming every ERROR in a server's output or log files that was not announced. */
    void requireNoErrors() throws IOException {
        List<String> unexpected = new ArrayList<>();
        for (Path log : logs()) {
            ERROR_LINE
                    .matcher(text(log))
                    .results()
                    .map(found -> found.group())
                    .filter(line -> expectedErrors.stream()
                            .noneMatch(expected -> expected.matcher(line).find()))
                    .forEach(line -> unexpected.add(directory.relativize(log) + ": " + line));
        }
        if (!unexpected.isEmpty()) {
            throw new AssertionError("unexpected ERROR in a server's log:\n" + String.join("\n", unexpected));
        }
    }

    /** What is printed is in the character set of the machine. */
    private static String text(Path log) throws IOException {
        return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    }

    /** What helps to understand a failure: roles and counters as each server tells them, and the end of every log. */
    String report() {
        StringBuilder report = new StringBuilder("array in " + directory + "\n");
        for (ServerProcess server : servers.values()) {
            ChildProcess process = server.process();
            report.append(server.member().name())
                    .append(" pid=")
                    .append(process.pid())
                    .append(" alive=")
                    .append(process.isAlive())
                    .append(" view=")
                    .append(said(server))
                    .append('\n');
        }
        try {
            for (Path log : logs()) {
                if (log.endsWith("stoneware-server.log")) {
                    // The same lines as on the console.
                    continue;
                }
                report.append("--- ").append(directory.relativize(log)).append('\n');
                report.append(lastLines(text(log)));
            }
        } catch (IOException | UncheckedIOException e) {
            report.append("logs not readable: ").append(e);
        }
        return report.toString();
    }

    /** The end of a text that may be long. */
    static String lastLines(String text) {
        List<String> lines = text.lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES_IN_REPORT), lines.size())) + "\n";
    }

    /** Starts two servers, the first as active; the second is its standby when this returns. */
    TestServerArray startPair(String first, String second) throws IOException {
        start(first).awaitRole(Cluster.ACTIVE);
        start(second).awaitRole(Cluster.STANDBY);
        return this;
    }

    /** Waits until a server's own page says so. */
    static void awaitSaying(ServerProcess server, String what) {
        Await.until(
                server.member().name() + " says " + what,
                PATIENCE,
                () -> said(server).contains(what),
                () -> said(server) + "\n" + server.process().output());
    }

    /** What a server says of itself and of the others, or why it says nothing. */
    private static String said(ServerProcess server) {
        if (!server.process().isAlive()) {
            return "none";
        }
        try {
            return Page.get(URI.create(server.member().management() + "/api/v1/cluster"), null)
                    .body();
        } catch (IOException e) {
            return e.toString();
        }
    }

    private List<Path> logs() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> {
                        String name = file.getFileName().toString();
                        return name.endsWith(".log") || name.endsWith(".out");
                    })
                    // Tomcats and browsers write of other things.
                    .filter(file -> !file.toString().contains("tomcat") && !file.endsWith("chromium.out"))
                    .sorted()
                    .toList();
        }
    }

    @Override
    public void close() {
        List<ChildProcess> processes = new ArrayList<>();
        servers.values().forEach(server -> processes.add(server.process()));
        ended.forEach(server -> processes.add(server.process()));
        processes.forEach(ChildProcess::askToStop);
        processes.forEach(ChildProcess::awaitStop);
    }
}
