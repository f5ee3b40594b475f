package org.stoneware.itests;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.frameworkStartLevel;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.options;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import javax.inject.Inject;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.ops4j.pax.exam.util.Filter;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.api.config.ArrayKeyException;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.client.ClientSettings;
import org.stoneware.client.Committed;
import org.stoneware.client.Opened;
import org.stoneware.client.SessionClient;
import org.stoneware.client.SessionClients;
import org.stoneware.liveness.LivenessSettings;
import org.stoneware.liveness.TcpLivenessNetwork;
import org.stoneware.spi.transport.TransportProvider;

/**
 * The server assembled in Felix from the bundles that ship, by Declarative Services and Configuration Admin alone, with an array's key,
 * and used over Aeron. Runs inside Felix, so everything it names comes from a bundle.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class FelixAssemblyIT {
    private static final String HOST = "stoneware.itests.host";
    private static final String KEY = "stoneware.itests.key";
    private static final int HIGHEST_START_LEVEL = 100;
    private static final long SERVICE_PATIENCE_MS = 60_000;
    private static final long ROLE_PATIENCE_MS = 60_000;

    @Inject
    private BundleContext bundles;

    @Inject
    @Filter(timeout = SERVICE_PATIENCE_MS)
    private ManagementService management;

    @Inject
    @Filter(value = "(transport.name=aeron)", timeout = SERVICE_PATIENCE_MS)
    private TransportProvider aeron;

    /** Bundles and levels of the shipped minimal set, and what {@code start-server} would hand to Felix. */
    @Configuration
    public Option[] shippedServer() throws IOException {
        String host = Layout.loopbackAddresses(1).get(0);
        Path directory = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "felix-");
        // Beside the configuration, so that the server asks everybody for a proof.
        Path key = Files.createFile(
                directory.resolve(ArrayKey.FILE_NAME),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(key, "0123456789abcdef".repeat(4));
        List<Option> options = new ArrayList<>();
        Path distribution = Layout.distribution();
        for (String line : Files.readAllLines(distribution.resolve("conf/bundle-sets/minimal.list"))) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] words = line.trim().split("\\s+");
                options.add(bundle(distribution
                                .resolve("bundles")
                                .resolve(words[1])
                                .toUri()
                                .toString())
                        .startLevel(Integer.parseInt(words[0])));
            }
        }
        options.add(bundle(
                Path.of(System.getProperty("stoneware.client.jar")).toUri().toString()));
        String text =
                """
                <tc:tc-config xmlns:tc="http://www.terracotta.org/config">
                  <servers><server host="%s" name="Server1"><data>data</data><logs>logs</logs></server></servers>
                </tc:tc-config>
                """
                        .formatted(host);
        return options(
                composite(options.toArray(new Option[0])),
                junitBundles(),
                frameworkStartLevel(HIGHEST_START_LEVEL),
                frameworkProperty("org.osgi.framework.bootdelegation").value("jdk.internal.misc,sun.misc"),
                frameworkProperty("stoneware.config.source").value("FelixAssemblyIT"),
                frameworkProperty("stoneware.config.text").value(text),
                frameworkProperty("stoneware.config.directory").value(directory.toString()),
                frameworkProperty("stoneware.server.name").value("Server1"),
                frameworkProperty("stoneware.home").value(distribution.toString()),
                frameworkProperty(KEY).value(key.toString()),
                frameworkProperty(HOST).value(host));
    }

    @Test
    public void shouldStartEveryBundleOfTheSet() {
        for (Bundle each : bundles.getBundles()) {
            assertTrue(each + " is in state " + each.getState(), each.getState() == Bundle.ACTIVE);
        }
    }

    @Test
    public void shouldPassSessionFromOneClientToAnotherOverAeron() throws Exception {
        awaitActive();
        SessionKey key = SessionKey.of("localhost/shop", "0123456789ABCDEF");

        try (SessionClient first = client("A");
                SessionClient second = client("B")) {
            Committed written = create(first, key, "cart", "3 apples");
            first.end(key, 0);
            Opened read = second.open(key, SessionClient.NO_VERSION);

            assertEquals(written.detail(), Committed.Status.COMMITTED, written.status());
            assertEquals(read.detail(), Opened.Status.LOADED, read.status());
            assertEquals(written.version(), read.version());
            assertEquals("3 apples", attribute(read, "cart"));
            second.end(key, 0);
        }
    }

    @Test
    public void shouldGiveNoSessionToClientWithoutTheArraysKey() throws Exception {
        awaitActive();
        SessionKey key = SessionKey.of("localhost/shop", "FEDCBA9876543210");

        try (SessionClient stranger =
                client("C", 2_000, new TcpLivenessNetwork(LivenessSettings.defaults(), "client-C"))) {
            Opened read = stranger.open(key, SessionClient.NO_VERSION);

            assertEquals(Opened.Status.UNAVAILABLE, read.status());
            assertTrue(read.detail(), read.detail().contains("array.key"));
        }
    }

    /** Declarative Services says nothing of either; both must be named, and the naming must end with them. */
    @Test
    public void shouldNameComponentsThatCanNotComeToLife() throws Exception {
        awaitActive();
        Bundle shop = bundles.installBundle("test:shop", new ByteArrayInputStream(brokenShop()));
        shop.start();

        awaitProblems(
                "names both",
                problems -> problems.contains("component shop.till")
                        && problems.contains("failed to activate")
                        && problems.contains("component shop.counter")
                        && problems.contains("no com.example.Bank is registered"));
        awaitEvent("problem", "shop.till");

        shop.uninstall();

        awaitProblems("is well again", String::isEmpty);
        awaitEvent("problem-solved", "shop.till");
    }

    /** A bundle with one component whose activation fails, and one that needs what nobody offers. */
    private static byte[] brokenShop() throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().putValue("Manifest-Version", "1.0");
        manifest.getMainAttributes().putValue("Bundle-ManifestVersion", "2");
        manifest.getMainAttributes().putValue("Bundle-SymbolicName", "com.example.shop");
        manifest.getMainAttributes().putValue("Service-Component", "till.xml, counter.xml");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarOutputStream jar = new JarOutputStream(bytes, manifest)) {
            // Abstract, so that it can't be made.
            component(jar, "till.xml", "shop.till", "java.io.InputStream", "");
            component(
                    jar,
                    "counter.xml",
                    "shop.counter",
                    "java.lang.Object",
                    "<reference name=\"bank\" interface=\"com.example.Bank\"/>");
        }
        return bytes.toByteArray();
    }

    private static void component(JarOutputStream jar, String file, String name, String implementation, String content)
            throws IOException {
        jar.putNextEntry(new ZipEntry(file));
        jar.write(("<scr:component xmlns:scr=\"http://www.osgi.org/xmlns/scr/v1.3.0\" immediate=\"true\" name=\"" + name
                        + "\"><implementation class=\"" + implementation + "\"/>" + content + "</scr:component>")
                .getBytes(StandardCharsets.UTF_8));
        jar.closeEntry();
    }

    private void awaitProblems(String what, Predicate<String> expected) throws InterruptedException {
        long endMs = System.currentTimeMillis() + ROLE_PATIENCE_MS;
        while (!expected.test(String.join("; ", management.status().problems()))) {
            assertTrue(what + ": " + management.status().problems(), System.currentTimeMillis() < endMs);
            // The self-check has no listener; this only paces the looking.
            Thread.sleep(20);
        }
    }

    private void awaitEvent(String type, String text) throws InterruptedException {
        long endMs = System.currentTimeMillis() + ROLE_PATIENCE_MS;
        while (management.events().stream()
                .noneMatch(event -> event.type().equals(type) && event.text().contains(text))) {
            assertTrue("event " + type + ": " + management.events(), System.currentTimeMillis() < endMs);
            // As above.
            Thread.sleep(20);
        }
    }

    private void awaitActive() throws InterruptedException {
        long endMs = System.currentTimeMillis() + ROLE_PATIENCE_MS;
        while (management.status().servers().get(0).role() != ServerRole.ACTIVE_COORDINATOR) {
            assertTrue("not active: " + management.status(), System.currentTimeMillis() < endMs);
            // The role has no listener outside the server; this only paces the looking.
            Thread.sleep(20);
        }
    }

    private SessionClient client(String name) throws ArrayKeyException {
        ArrayKey key = ArrayKey.read(Path.of(bundles.getProperty(KEY)));
        return client(name, 20_000, new TcpLivenessNetwork(LivenessSettings.defaults(), "client-" + name, key));
    }

    private SessionClient client(String name, long patienceMs, TcpLivenessNetwork liveness) {
        ClientSettings settings = new ClientSettings(
                List.of(bundles.getProperty(HOST) + ":9510"), name, "test", patienceMs, patienceMs, 1 << 20);
        return SessionClients.open(settings, aeron, liveness);
    }

    private static Committed create(SessionClient client, SessionKey key, String name, String value) {
        client.create(key);
        UnsafeBuffer bytes = new UnsafeBuffer(value.getBytes(StandardCharsets.UTF_8));
        SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer())
                .maxInactiveIntervalSec(1800)
                .put(AttributeKind.APPLICATION, name, bytes, 0, bytes.capacity());
        int length = delta.finish();
        return client.commit(key, SessionClient.NO_VERSION, delta.buffer(), 0, length, true);
    }

    private static String attribute(Opened opened, String wanted) {
        List<String> values = new ArrayList<>();
        opened.record().forEach((kind, name, removed, buffer, offset, length) -> {
            if (name.equals(wanted)) {
                byte[] bytes = new byte[length];
                buffer.getBytes(offset, bytes);
                values.add(new String(bytes, StandardCharsets.UTF_8));
            }
        });
        return String.join(", ", values);
    }
}
