package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Await;
import org.stoneware.demo.ChildProcess;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.ServerProcess;

/** A server whose bundle set has broken bundles serves, and every door names them. */
class SelfCheckIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String UNRESOLVED =
            "bundle shop.unresolved 1.0.0 does not resolve: missing package shop.missing";
    private static final String WAITING =
            "component shop.Waiting (bundle shop.waiting) waits for reference 'stock': no shop.Stock is registered";
    private static final String CORE = "the core of this server does not run";
    private static final String CAUSE =
            "component org.stoneware.server.agent.ServerComponent (bundle org.stoneware.server) waits for reference"
                    + " 'transport': no org.stoneware.spi.transport.TransportProvider";
    private static final String COMPONENT =
            "<scr:component xmlns:scr='http://www.osgi.org/xmlns/scr/v1.3.0' name='shop.Waiting' immediate='true'>"
                    + "<implementation class='shop.Waiting'/><reference name='stock' interface='shop.Stock'/></scr:component>";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private Path home;
    private TestServerArray array;
    private ServerProcess server;
    private int runs;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> array == null ? "" : array.report());

    private record Run(int exitCode, String output) {}

    /** An installation of its own, the parts that stay as they are by links. */
    @BeforeEach
    void layOut() throws IOException {
        Path distribution = Layout.distribution();
        home = Files.createDirectories(directory.resolve("home"));
        for (String copied : new String[] {"bin", "conf"}) {
            copy(distribution.resolve(copied), home.resolve(copied));
        }
        for (String linked : new String[] {"lib", "shell"}) {
            Files.createSymbolicLink(home.resolve(linked), distribution.resolve(linked));
        }
        Path bundles = Files.createDirectories(home.resolve("bundles"));
        try (Stream<Path> jars = Files.list(distribution.resolve("bundles"))) {
            for (Path jar : jars.toList()) {
                Files.createSymbolicLink(bundles.resolve(jar.getFileName()), jar);
            }
        }
        array = TestServerArray.create(directory.resolve("array"), "Server1", "Server2");
    }

    private void startWithBrokenBundles() throws IOException {
        Path bundles = home.resolve("bundles");
        bundle(bundles.resolve("shop.unresolved.jar"), "shop.unresolved", "Import-Package", "shop.missing", "");
        bundle(bundles.resolve("shop.waiting.jar"), "shop.waiting", "Service-Component", "component.xml", COMPONENT);
        Files.writeString(
                home.resolve("conf/bundle-sets/default.list"),
                "7 shop.unresolved.jar\n7 shop.waiting.jar\n",
                StandardOpenOption.APPEND);
        start();
    }

    private void start() throws IOException {
        server = ServerProcess.start(home, array.config(), "Server1", Layout.SERVER_OPTIONS);
    }

    @AfterEach
    void end() {
        if (server != null) {
            server.close();
        }
        array.close();
    }

    @Test
    void shouldNameWhatIsBrokenOnEveryDoorAndServe() throws Exception {
        startWithBrokenBundles();
        server.awaitRole(Cluster.ACTIVE);
        Await.until(
                "the console names what is broken",
                PATIENCE,
                () -> server.process().output().contains(WAITING)
                        && server.process().output().contains("shell open"),
                () -> server.process().output());
        Run stat = run("server-stat", "-n", "Server1");
        Run shell = run("shell", "-n", "Server1", "cluster:status");
        Run json = run("shell", "-n", "Server1", "cluster:status", "--json");
        Run events = run("shell", "-n", "Server1", "cluster:events", "--limit", "1000");
        HttpResponse<String> ready = get("/health/ready");
        HttpResponse<String> status = get("/api/v1/cluster");

        assertThat(server.process().output()).contains(UNRESOLVED);
        assertThat(stat.exitCode).isEqualTo(1);
        assertThat(stat.output).contains(".health: FAILED", ".role: ACTIVE", ".error: " + UNRESOLVED, WAITING);
        assertThat(shell.exitCode).isZero();
        assertThat(shell.output).contains("problem: " + UNRESOLVED, "problem: " + WAITING);
        assertThat(json.output).contains(UNRESOLVED, WAITING);
        assertThat(events.output).contains("problem  problem: " + UNRESOLVED, "problem  problem: " + WAITING);
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).contains(UNRESOLVED, WAITING);
        assertThat(status.body()).contains(UNRESOLVED, WAITING);
        assertThat(get("/metrics").body()).contains("stoneware_problems 2", "stoneware_ready 0");
        assertThat(get("/health/live").statusCode()).isEqualTo(200);
    }

    @Test
    void shouldNameWhatTheCoreWaitsForOnEveryDoorThoughTheCoreDoesNotRun() throws Exception {
        Path set = home.resolve("conf/bundle-sets/default.list");
        List<String> bundles = Files.readAllLines(set);
        Files.write(
                set,
                bundles.stream()
                        .filter(line -> !line.contains("transport-aeron"))
                        .toList());
        start();
        Await.until(
                "the console names what the core waits for",
                PATIENCE,
                () -> server.process().output().contains(CAUSE),
                () -> server.process().output());
        Run stat = run("server-stat", "-n", "Server1");
        Run shell = run("shell", "-n", "Server1", "cluster:status");
        HttpResponse<String> ready = get("/health/ready");
        Run stop = run("stop-server", "-n", "Server1");

        assertThat(stat.exitCode).isEqualTo(1);
        assertThat(stat.output).contains(".state: START-STATE", ".error: " + CORE, ".error: " + CAUSE);
        assertThat(shell.output).contains("problem: " + CORE, "problem: " + CAUSE);
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).contains(CORE, CAUSE);
        assertThat(stop.exitCode).as(stop.output).isZero();
    }

    private HttpResponse<String> get(String path) throws Exception {
        URI uri = URI.create(server.member().management() + path);
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(uri).timeout(PATIENCE).build(),
                        HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    private Run run(String program, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                home.resolve("bin").resolve(program).toString(),
                "-f",
                array.config().file().toString()));
        command.addAll(List.of(words));
        try (ChildProcess process = ChildProcess.start(
                program, command, Map.of(), directory, directory.resolve("run-" + ++runs + ".txt"))) {
            return new Run(process.awaitExit(PATIENCE), process.output());
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    private static void bundle(Path jar, String name, String header, String value, String component)
            throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", name);
        main.putValue("Bundle-Version", "1.0.0");
        main.putValue(header, value);
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(file, manifest)) {
            if (!component.isEmpty()) {
                entries.putNextEntry(new JarEntry("component.xml"));
                entries.write(component.getBytes(StandardCharsets.UTF_8));
            }
        }
    }
}
