package org.stoneware.demo;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real Tomcat with its own CATALINA_BASE: the Tomcat it runs from is only read, so any installed one may be lent.
 */
public final class TomcatInstance implements AutoCloseable {
    private static final Duration START_PATIENCE = Duration.ofSeconds(90);
    private static final Duration INSTALL_PATIENCE = Duration.ofSeconds(30);
    private static final String LOOPBACK = "127.0.0.1";
    private static final List<String> PAGES = List.of("index.jsp", "counter.jsp", "plain.txt");

    private final String name;
    private final Path home;
    private final Path base;
    private final String host;
    private final int port;
    private List<String> wrapper = List.of();
    private int printedBefore;
    private @Nullable ChildProcess process;

    private TomcatInstance(String name, Path home, Path base, String host, int port) {
        this.name = name;
        this.home = home;
        this.base = base;
        this.host = host;
        this.port = port;
    }

    /**
     * Unpacks a Tomcat.
     *
     * @param archive a tar.gz of a Tomcat, or the directory of one, which is returned as it is.
     * @return its CATALINA_HOME.
     */
    public static Path unpack(Path archive, Path directory) throws IOException {
        if (Files.isDirectory(archive)) {
            return archive.toAbsolutePath();
        }
        Files.createDirectories(directory);
        ChildProcess tar = ChildProcess.start(
                "tar",
                List.of("tar", "-xzf", archive.toAbsolutePath().toString(), "--strip-components=1"),
                Map.of(),
                directory,
                directory.resolveSibling(directory.getFileName() + ".tar.out"));
        if (tar.awaitExit(INSTALL_PATIENCE) != 0) {
            throw new IOException("cannot unpack " + archive + ":\n" + tar.output());
        }
        return directory.toAbsolutePath();
    }

    /**
     * Lays out an instance on 127.0.0.1 with the test page as its only web application.
     *
     * @param name what the page calls it.
     * @param home CATALINA_HOME to run from.
     * @param base directory to create.
     * @param port HTTP port.
     */
    public static TomcatInstance create(String name, Path home, Path base, int port) throws IOException {
        return create(name, home, base, LOOPBACK, port);
    }

    /**
     * Lays out an instance with the test page as its only web application.
     *
     * @param name what the page calls it.
     * @param home CATALINA_HOME to run from.
     * @param base directory to create.
     * @param host address to listen on.
     * @param port HTTP port.
     */
    public static TomcatInstance create(String name, Path home, Path base, String host, int port) throws IOException {
        for (String directory : List.of("conf", "lib", "logs", "temp", "work", "webapps/ROOT")) {
            Files.createDirectories(base.resolve(directory));
        }
        try (Stream<Path> files = Files.list(home.resolve("conf"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, base.resolve("conf").resolve(file.getFileName()));
            }
        }
        Files.writeString(
                base.resolve("conf/server.xml"),
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <Server port="-1">
                  <Service name="Catalina">
                    <Connector port="%d" address="%s" protocol="HTTP/1.1" connectionTimeout="20000" maxThreads="32"/>
                    <Engine name="Catalina" defaultHost="localhost">
                      <Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false"/>
                    </Engine>
                  </Service>
                </Server>
                """
                        .formatted(port, host));
        for (String page : PAGES) {
            try (InputStream content =
                    Objects.requireNonNull(TomcatInstance.class.getResourceAsStream("webapp/" + page), page)) {
                Files.copy(content, base.resolve("webapps/ROOT").resolve(page));
            }
        }
        return new TomcatInstance(name, home, base, host, port);
    }

    /**
     * Lets it keep its sessions in Stoneware, as a user would: with {@code bin/install-valve}.
     *
     * @return what the program printed.
     */
    public String installValve(Path distribution, String tcConfigUrl) throws IOException {
        Path log = base.resolve("logs/install-valve.out");
        ChildProcess install = ChildProcess.start(
                "install-valve",
                List.of(distribution.resolve("bin/install-valve").toString(), base.toString(), tcConfigUrl),
                Map.of(),
                base,
                log);
        int exit = install.awaitExit(INSTALL_PATIENCE);
        if (exit != 0) {
            throw new IOException("install-valve failed: exit=" + exit + "\n" + install.output());
        }
        return install.output();
    }

    /** Starts it, now and later, through another program, which then becomes Tomcat, such as {@code ip netns exec NAME}. */
    public TomcatInstance startThrough(List<String> program) {
        wrapper = List.copyOf(program);
        return this;
    }

    /**
     * Starts it with Tomcat's own script; {@link #awaitReady()} waits until it serves.
     *
     * @param options    JVM options, for CATALINA_OPTS.
     * @param management management addresses of the array, comma separated, for the page's view of it.
     */
    public TomcatInstance start(String options, String management) throws IOException {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(List.of("sh", home.resolve("bin/catalina.sh").toString(), "run"));
        Path log = base.resolve("logs/console.out");
        // Runs of one Tomcat share the file.
        printedBefore = Files.exists(log) ? Files.readString(log).length() : 0;
        process = ChildProcess.start(
                "Tomcat " + name,
                command,
                Map.of(
                        "CATALINA_HOME",
                        home.toString(),
                        "CATALINA_BASE",
                        base.toString(),
                        "CATALINA_OPTS",
                        options + " -Dstoneware.demo.tomcat=" + name + " -Dstoneware.demo.management=" + management),
                base,
                log);
        return this;
    }

    /** Waits until pages without a session are served. */
    public TomcatInstance awaitReady() {
        Await.until(
                "Tomcat " + name + " serves",
                START_PATIENCE,
                () -> {
                    if (!process().isAlive()) {
                        throw new IllegalStateException(
                                "Tomcat " + name + " ended:\n" + process().output());
                    }
                    boolean isStarted = process().output().indexOf("Server startup in", printedBefore) >= 0;
                    boolean isServed = Page.isServed(uri("/plain.txt"));
                    if (isStarted && !isServed) {
                        throw new IllegalStateException("Tomcat " + name + " has started without the test page:\n"
                                + process().output());
                    }
                    return isServed;
                },
                () -> process().output());
        return this;
    }

    public String name() {
        return name;
    }

    public Path base() {
        return base;
    }

    public int port() {
        return port;
    }

    /** Where it serves, {@code host:port}. */
    public String address() {
        return host + ':' + port;
    }

    /** Version as Tomcat itself tells it, for example {@code 10.1.59}; {@code unknown} when it does not. */
    public String version() {
        try {
            for (String line : Files.readAllLines(home.resolve("RELEASE-NOTES"), StandardCharsets.UTF_8)) {
                if (line.contains("Apache Tomcat Version")) {
                    return line.substring(line.indexOf("Version") + "Version".length())
                            .trim();
                }
            }
        } catch (IOException e) {
            // Packaged Tomcats come without the file; the version is only shown.
        }
        return "unknown";
    }

    public URI uri(String path) {
        return URI.create("http://" + address() + path);
    }

    /** @throws IllegalStateException before {@link #start}. */
    public ChildProcess process() {
        ChildProcess started = process;
        if (started == null) {
            throw new IllegalStateException("not started: Tomcat " + name);
        }
        return started;
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }
}
