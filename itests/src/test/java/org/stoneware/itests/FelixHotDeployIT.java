package org.stoneware.itests;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.frameworkStartLevel;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.options;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.junit.FixMethodOrder;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.junit.runners.MethodSorters;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.ops4j.pax.exam.util.Filter;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.MemberState;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.StorageAdmin;
import org.stoneware.api.cluster.StorageAdmin.Offer;

/** The shipped bundles in Felix, and storage bundles that come, are stopped, and are broken. Runs inside Felix, in the order of the names. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
@FixMethodOrder(MethodSorters.NAME_ASCENDING)
public class FelixHotDeployIT {
    private static final String DEPLOY = "felix.fileinstall.dir";
    private static final String JARS = "stoneware.itests.jars";
    private static final String STORE = "storage-memory";
    private static final String OTHER = "storage-swap";
    private static final String ELECTION = "election";
    private static final String NEWER_ELECTION = "0.2.0";
    private static final String SAME_ELECTION = "election-again.jar";
    private static final int HIGHEST_START_LEVEL = 100;
    private static final long PATIENCE_MS = 60_000;

    @Inject
    private BundleContext bundles;

    @Inject
    @Filter(timeout = PATIENCE_MS)
    private ManagementService management;

    @Configuration
    public Option[] shippedServer() throws IOException {
        String host = Layout.loopbackAddresses(1).get(0);
        Path directory = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "hot-deploy-");
        Path deploy = Files.createDirectories(directory.resolve("deploy"));
        BundleJars jars = new BundleJars(STORE, directory.resolve("jars"));
        jars.version("0.2.0");
        jars.version("0.3.0");
        new BundleJars(OTHER, directory.resolve("jars")).version("0.2.0");
        jars.unresolvable("0.9.1");
        jars.incomplete("0.9.2", "MemorySnapshot");
        jars.throwing("0.9.3");
        BundleJars elections = new BundleJars(ELECTION, directory.resolve("jars"));
        elections.version(NEWER_ELECTION);
        Files.copy(elections.shipped(), directory.resolve("jars").resolve(SAME_ELECTION));
        List<Option> options = new ArrayList<>();
        Path distribution = Layout.distribution();
        for (String line : Files.readAllLines(distribution.resolve("conf/bundle-sets/default.list"))) {
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
        String text =
                """
                <tc:tc-config xmlns:tc="http://www.terracotta.org/config">
                  <servers><server host="%s" name="Server1"><data>data</data><logs>logs</logs></server></servers>
                  <tc-properties><property name="stoneware.storage" value="memory"/></tc-properties>
                </tc:tc-config>
                """
                        .formatted(host);
        return options(
                composite(options.toArray(new Option[0])),
                junitBundles(),
                frameworkStartLevel(HIGHEST_START_LEVEL),
                frameworkProperty("org.osgi.framework.bootdelegation").value("jdk.internal.misc,sun.misc"),
                frameworkProperty(DEPLOY).value(deploy.toString()),
                frameworkProperty("felix.fileinstall.poll").value("200"),
                frameworkProperty("felix.fileinstall.subdir.mode").value("skip"),
                frameworkProperty("felix.fileinstall.noInitialDelay").value("true"),
                frameworkProperty("felix.fileinstall.tmpdir")
                        .value(directory.resolve("tmp").toString()),
                frameworkProperty(JARS).value(directory.resolve("jars").toString()),
                frameworkProperty("stoneware.config.source").value("FelixHotDeployIT"),
                frameworkProperty("stoneware.config.text").value(text),
                frameworkProperty("stoneware.config.directory").value(directory.toString()),
                frameworkProperty("stoneware.server.name").value("Server1"),
                frameworkProperty("stoneware.home").value(distribution.toString()));
    }

    @Test
    public void a_shouldRefuseBundleThatDoesNotResolve() throws Exception {
        await(
                "the server is active",
                () -> management.status().servers().get(0).role() == ServerRole.ACTIVE_COORDINATOR);
        String before = inUse().version();

        drop("0.9.1");

        await("a problem is shown", () -> isProblem("0.9.1"));
        assertEquals(before, inUse().version());
        assertFalse(isInstalled("0.9.1"));
    }

    @Test
    public void b_shouldRefuseBundleThatFailsItsTrial() throws Exception {
        String before = inUse().version();

        drop("0.9.2");

        await("it is said", () -> management.events().stream()
                .anyMatch(each -> each.text().contains("failed its trial")));
        await("the broken bundle is taken away", () -> !isInstalled("0.9.2"));
        assertEquals(before, inUse().version());
        await(
                "a problem is left",
                () -> isProblem(BundleJars.bundle(STORE) + " 0.9.2 is not used: it failed its trial"));
        Files.delete(Path.of(bundles.getProperty(DEPLOY)).resolve(BundleJars.file(STORE, "0.9.2")));
        await("the problem goes with the jar", () -> !isProblem("0.9.2"));
    }

    /** Its component starts with the bundle; what that throws is the bundle's end and nobody else's. */
    @Test
    public void b_shouldRefuseBundleThatThrowsAsItStarts() throws Exception {
        String before = inUse().version();

        drop("0.9.3");

        await("a problem is shown", () -> isProblem("0.9.3 is not used: it can't be started"));
        assertEquals(before, inUse().version());
        assertFalse(isInstalled("0.9.3"));
    }

    @Test
    public void c_shouldMoveToNewerVersionAndTakeTheOlderAway() throws Exception {
        String before = inUse().version();

        drop("0.2.0");

        await("the newer version is in use", () -> inUse().version().equals("0.2.0"));
        await("the older version is gone", () -> !isInstalled(before));
        assertEquals(
                ServerRole.ACTIVE_COORDINATOR,
                management.status().servers().get(0).role());
    }

    @Test
    public void d_shouldGoOnWithTheStoreWhoseBundleIsStoppedAndSaySo() throws Exception {
        Bundle used = installed("0.2.0");

        used.stop();

        await("a problem is shown", () -> isProblem("the bundle of the store in use is gone"));
        assertEquals(
                ServerRole.ACTIVE_COORDINATOR,
                management.status().servers().get(0).role());
        assertTrue(inUse().remark().contains("its bundle is gone"));
        used.start();
        await("the sessions are in a store with a bundle", () -> inUse().remark()
                .isEmpty());
    }

    @Test
    public void e_shouldRefuseToRetireTheStoreInUse() {
        StorageAdmin.Outcome outcome = management.storage().retire(inUse().mode(), "test");

        assertFalse(outcome.isAccepted());
        assertTrue(outcome.reason(), outcome.reason().contains("move them to another store first"));
    }

    @Test
    public void f_shouldMoveAlongWhenTheBundleInUseIsUpdatedByHand() throws Exception {
        Bundle used = installed("0.2.0");

        try (InputStream content = Files.newInputStream(jar(STORE, "0.3.0"))) {
            used.update(content);
        }

        await("the sessions are in the new version", () -> inUse().version().equals("0.3.0"));
        await("nothing is wrong any more", () -> !isProblem("the bundle of the store in use is gone"));
        assertEquals("", inUse().remark());
    }

    @Test
    public void g_shouldRetireAModeSoThatItStaysAway() throws Exception {
        Path deploy = Path.of(bundles.getProperty(DEPLOY));
        String dropped = BundleJars.file(OTHER, "0.2.0");
        BundleJars.drop(jar(OTHER, "0.2.0"), deploy);
        await("the older version is gone", () -> offers(OTHER).equals(List.of("0.2.0")));

        StorageAdmin.Outcome outcome = management.storage().retire("temporary-swap-only", "test");

        assertTrue(outcome.reason(), outcome.isAccepted());
        assertTrue(outcome.reason(), outcome.reason().contains("put it back to have it again"));
        assertEquals(List.of(), offers(OTHER));
        assertFalse(Files.exists(deploy.resolve(dropped)));
        assertTrue(Files.exists(deploy.resolve("retired").resolve(dropped)));
    }

    @Test
    public void h_shouldStayActiveWithoutAnyStorageBundleAndHealWhenOneReturns() throws Exception {
        Bundle other = bundleOf("storage-permanent");
        other.stop();
        bundleOf(STORE).uninstall();

        await("it says what to do", () -> management.events().stream()
                .anyMatch(each -> each.text().contains("no other store fits and no standby is in sync")));
        assertTrue(isProblem("the bundle of the store in use is gone"));
        assertEquals(
                ServerRole.ACTIVE_COORDINATOR,
                management.status().servers().get(0).role());
        assertFalse(
                "its store goes on",
                management.status().servers().get(0).facts().states().contains(MemberState.BLOCKED));
        other.start();
        await("the sessions are in what there is", () -> inUse().mode().equals("permanent-store"));
        await("nothing is wrong any more", () -> !isProblem("the bundle of the store in use is gone"));
    }

    @Test
    public void i_shouldPutElectionBundlesAsideWhileTheServerRuns() throws Exception {
        Bundle used = election();
        Path deploy = Path.of(bundles.getProperty(DEPLOY));
        Path jars = Path.of(bundles.getProperty(JARS));
        String newer = BundleJars.file(ELECTION, NEWER_ELECTION);

        BundleJars.drop(jars.resolve(SAME_ELECTION), deploy);
        BundleJars.drop(jars.resolve(newer), deploy);

        await(
                "problems are shown",
                () -> isProblem("deploy/" + SAME_ELECTION + " is not started")
                        && isProblem("deploy/" + newer + " is not started"));
        assertEquals("the one in use, alone and not updated", used, election());
        assertEquals(Bundle.ACTIVE, used.getState());
        assertEquals(
                ServerRole.ACTIVE_COORDINATOR,
                management.status().servers().get(0).role());
        Files.delete(deploy.resolve(SAME_ELECTION));
        Files.delete(deploy.resolve(newer));
        await("the problems are gone", () -> !isProblem("is not started"));
    }

    private Bundle election() {
        List<Bundle> found = Stream.of(bundles.getBundles())
                .filter(each -> BundleJars.bundle(ELECTION).equals(each.getSymbolicName()))
                .toList();
        assertEquals(found.toString(), 1, found.size());
        return found.get(0);
    }

    private Path jar(String store, String version) {
        return Path.of(bundles.getProperty(JARS)).resolve(BundleJars.file(store, version));
    }

    private void drop(String version) throws IOException {
        BundleJars.drop(jar(STORE, version), Path.of(bundles.getProperty(DEPLOY)));
    }

    /** Versions of a store that are offered. */
    private List<String> offers(String store) {
        return management.storage().list().stream()
                .filter(each -> each.bundle().equals(BundleJars.bundle(store)))
                .map(Offer::version)
                .toList();
    }

    private Bundle bundleOf(String store) throws BundleException {
        for (Bundle each : bundles.getBundles()) {
            if (BundleJars.bundle(store).equals(each.getSymbolicName())) {
                return each;
            }
        }
        throw new BundleException("not installed: " + store);
    }

    private Offer inUse() {
        return management.storage().list().stream()
                .filter(Offer::isInUse)
                .findFirst()
                .orElseThrow();
    }

    private boolean isProblem(String text) {
        return management.status().problems().stream().anyMatch(each -> each.contains(text));
    }

    private boolean isInstalled(String version) {
        for (Bundle each : bundles.getBundles()) {
            if (BundleJars.bundle(STORE).equals(each.getSymbolicName())
                    && each.getVersion().toString().equals(version)) {
                return true;
            }
        }
        return false;
    }

    private Bundle installed(String version) throws BundleException {
        for (Bundle each : bundles.getBundles()) {
            if (BundleJars.bundle(STORE).equals(each.getSymbolicName())
                    && each.getVersion().toString().equals(version)) {
                return each;
            }
        }
        throw new BundleException("not installed: " + version);
    }

    private void await(String what, BooleanSupplier condition) throws InterruptedException {
        long endMs = System.currentTimeMillis() + PATIENCE_MS;
        while (!condition.getAsBoolean()) {
            assertTrue(what + " does not become true: " + management.events(), System.currentTimeMillis() < endMs);
            Thread.sleep(50); // bundles and stores have no common listener; this only paces the looking
        }
    }
}
