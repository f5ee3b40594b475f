package org.stoneware.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Version;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.StorageAdmin;

/** What becomes of the bundles of a store when its newer version did not do. */
class StorageBundleInstallerTest {
    private static final String NAME = "com.example.store";
    private static final String OLD = "1.0.0";
    private static final String NEW = "2.0.0";
    private static final String NEWEST = "3.0.0";
    private static final String FAILED =
            "store (com.example.store 2.0.0) failed on probation and had the sessions still: x";

    @TempDir
    private Path directory;

    private final List<Installed> bundles = new CopyOnWriteArrayList<>();
    private final Happened happened = new Happened();
    private final Storage storage = new Storage(happened);
    private final CountDownLatch isDone = new CountDownLatch(1);
    private StorageBundleInstaller installer;

    @BeforeEach
    void begin() {
        bundles.add(new Installed("elsewhere", OLD));
        installer = new StorageBundleInstaller(
                made(BundleContext.class, (self, method, arguments) -> switch (method.getName()) {
                    case "getBundles" -> bundles.stream().map(Installed::bundle).toArray(Bundle[]::new);
                    case "getBundle" ->
                        bundles.stream()
                                .filter(each -> each.location.equals(arguments[0]))
                                .map(Installed::bundle)
                                .findFirst()
                                .orElse(null);
                    case "installBundle" -> {
                        String version = ((String) arguments[0]).contains(NEWEST) ? NEWEST : NEW;
                        bundles.add(new Installed((String) arguments[0], version));
                        yield bundles.get(bundles.size() - 1).bundle();
                    }
                    default -> null;
                }));
        installer.bindManagement(made(
                ManagementService.class,
                (self, method, arguments) -> method.getName().equals("storage") ? storage : null));
    }

    @AfterEach
    void end() {
        installer.deactivate();
    }

    /** They may have to move back, and can't be read without the new one. */
    @Test
    void shouldLeaveBothBundlesWhereTheyAreWhenTheNewStoreFailedAndHasTheSessions() throws Exception {
        storage.afterUse = List.of(offer(NEW, true, FAILED), offer(OLD, false, ""));

        installer.install(jar());
        awaitInstaller();

        assertThat(storage.isAsked).isTrue();
        assertThat(versions()).containsExactly(OLD, NEW);
        assertThat(storage.broken).isEmpty();
    }

    @Test
    void shouldTakeTheNewBundleAwayWhenTheOldStoreHasTheSessionsAgain() throws Exception {
        storage.afterUse = List.of(offer(NEW, false, "store is not used: it is too slow"), offer(OLD, true, ""));

        installer.install(jar());
        awaitInstaller();

        assertThat(versions()).containsExactly(OLD);
        assertThat(storage.broken).containsExactly(NAME + " " + NEW + ": it is too slow");
    }

    @Test
    void shouldTakeTheOldBundleAwayOnceTheNewStoreIsProved() throws Exception {
        storage.afterUse = List.of(offer(NEW, true, ""), offer(OLD, false, ""));

        installer.install(jar());
        awaitInstaller();

        assertThat(versions()).containsExactly(NEW);
        assertThat(storage.broken).isEmpty();
    }

    /** Should the new store fail, the sessions are in the old one again. */
    @Test
    void shouldLeaveTheOldBundleWhileItStandsByForANewOneThatWasUsedByHand() throws Exception {
        storage.refusal = "Server2 tries it first, since nobody is served there";
        storage.afterUse = List.of(offer(NEW, true, ""), offer(OLD, false, ""));
        storage.progress = "store 2.0.0 is in use; store 1.0.0 stands by should it fail";
        storage.standsBy = "store stands by at this server";

        installer.install(jar());
        storage.awaitProgressRead(3);
        List<String> onProbation = versions();
        storage.standsBy = "";
        storage.progress = "";
        awaitVersions(NEW);

        assertThat(onProbation).containsExactly(OLD, NEW);
        assertThat(storage.broken).isEmpty();
    }

    @Test
    void shouldTakeTheNewBundleAwayThatWasUsedByHandAndFailedOnProbation() throws Exception {
        storage.refusal = "Server2 tries it first, since nobody is served there";
        storage.afterUse = List.of(offer(NEW, true, ""), offer(OLD, false, ""));
        storage.progress = "store 2.0.0 is in use; store 1.0.0 stands by should it fail";
        storage.standsBy = "store stands by at this server";

        installer.install(jar());
        storage.awaitProgressRead(1);
        storage.afterUse = List.of(offer(NEW, false, "store is not used: it is too slow"), offer(OLD, true, ""));
        storage.standsBy = "";
        storage.progress = "";
        awaitVersions(OLD);

        assertThat(storage.broken).containsExactly(NAME + " " + NEW + ": it is too slow");
    }

    /** The sessions were moved to another mode, and come back to the old version should that fail. */
    @Test
    void shouldLeaveTheOldBundleWhileItStandsByForAnotherMode() throws Exception {
        storage.beforeUse = List.of(offer(NEW, false, ""), offer(OLD, false, ""));
        storage.standsBy = "store stands by at this server";

        installer.install(jar());
        awaitInstaller();
        List<String> onProbation = versions();
        storage.standsBy = "";
        awaitVersions(NEW);

        assertThat(onProbation).containsExactly(OLD, NEW);
    }

    /** It began with the new version, and is on probation once more since the process before ended on one; the old store does not stand by. */
    @Test
    void shouldTakeTheOldBundleAwayAtAStartThatBeginsWithTheNewOne() throws Exception {
        storage.beforeUse = List.of(offer(NEW, true, ""), offer(OLD, false, ""));
        storage.progress = "the store in use is on probation, and none stands by";

        installer.install(jar());
        awaitInstaller();

        assertThat(versions()).containsExactly(NEW);
    }

    /** A probation may last, and the newer file may be what mends it. */
    @Test
    void shouldTakeInAnotherFileWhileTheNewStoreIsOnProbation() throws Exception {
        storage.afterUse = List.of(offer(NEW, true, ""), offer(OLD, false, ""), offer(NEWEST, false, ""));
        storage.progress = "the store in use is on probation, and none stands by";
        installer.install(jar());
        storage.awaitProgressRead(1);

        installer.install(write(directory.resolve("store-" + NEWEST + ".jar"), NEWEST));
        awaitInstaller();

        assertThat(versions()).containsExactly(OLD, NEW, NEWEST);
    }

    @Test
    void shouldLeaveTheOldBundleThatHasTheSessionsAgainSinceThePictureBefore() throws Exception {
        storage.afterUse = List.of(offer(NEW, true, ""), offer(OLD, false, ""));
        storage.afterProgress = List.of(offer(NEW, false, "store is not used: it is too slow"), offer(OLD, true, ""));

        installer.install(jar());
        awaitInstaller();

        assertThat(versions()).containsExactly(OLD);
    }

    private void awaitVersions(String only) throws InterruptedException {
        happened.await(() -> versions().equals(List.of(only)));
        assertThat(versions()).containsExactly(only);
    }

    private List<String> versions() {
        return bundles.stream().map(each -> each.version).toList();
    }

    private static StorageAdmin.Offer offer(String version, boolean isInUse, String remark) {
        return new StorageAdmin.Offer("store", NAME, version, false, isInUse, remark);
    }

    /** It takes one thing after the other, and looks where bundles come from only when a file was taken away. */
    private void awaitInstaller() throws InterruptedException {
        installer.uninstall(directory.resolve("unknown.jar").toFile());
        assertThat(isDone.await(60, TimeUnit.SECONDS)).isTrue();
    }

    private File jar() throws IOException {
        return write(directory.resolve("store.jar"), NEW);
    }

    private static File write(Path jar, String version) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-SymbolicName", NAME);
        main.putValue("Bundle-Version", version);
        main.putValue("Provide-Capability", "org.stoneware.storage;mode=\"store\"");
        new JarOutputStream(Files.newOutputStream(jar), manifest).close();
        return jar.toFile();
    }

    private static <T> T made(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    /** A bundle the framework has, which does nothing of its own. */
    private final class Installed {
        private final String location;
        private final String version;
        private final Bundle bundle;

        Installed(String location, String version) {
            this.location = location;
            this.version = version;
            this.bundle = made(Bundle.class, (self, method, arguments) -> switch (method.getName()) {
                case "getSymbolicName" -> NAME;
                case "getVersion" -> new Version(version);
                case "getLocation" -> {
                    isDone.countDown();
                    yield location;
                }
                case "getState" -> Bundle.ACTIVE;
                case "adapt" -> made(BundleStartLevel.class, (level, call, values) -> null);
                case "uninstall" -> {
                    bundles.remove(this);
                    happened.tell();
                    yield null;
                }
                case "equals" -> self == arguments[0];
                case "hashCode" -> System.identityHashCode(self);
                default -> null;
            });
        }

        Bundle bundle() {
            return bundle;
        }
    }

    /** What the installer does is waited for. */
    private static final class Happened {
        private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

        synchronized void tell() {
            notifyAll();
        }

        synchronized void await(BooleanSupplier isSo) throws InterruptedException {
            long endNs = System.nanoTime() + PATIENCE_NS;
            for (long leftNs = PATIENCE_NS; !isSo.getAsBoolean() && leftNs > 0; leftNs = endNs - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, leftNs);
            }
        }
    }

    /** A server that has moved its sessions as soon as it is asked. */
    private static final class Storage implements StorageAdmin {
        private final Happened happened;
        final List<String> broken = new CopyOnWriteArrayList<>();
        private final AtomicInteger progressRead = new AtomicInteger();
        volatile List<Offer> beforeUse = List.of(offer(NEW, false, ""), offer(OLD, true, ""));
        volatile List<Offer> afterUse = List.of();
        volatile String progress = "";
        /** What there is from the moment on in which the progress is looked at; empty for what there was. */
        volatile List<Offer> afterProgress = List.of();
        /** Why it does not move them when it is asked; somebody else moves them then. */
        volatile String refusal = "";

        /** Why no bundle may be taken away though it is not in use. */
        volatile String standsBy = "";

        volatile boolean isAsked;

        Storage(Happened happened) {
            this.happened = happened;
        }

        @Override
        public List<Offer> list() {
            return isAsked ? afterUse : beforeUse;
        }

        @Override
        public String progress() {
            progressRead.incrementAndGet();
            happened.tell();
            afterUse = afterProgress.isEmpty() ? afterUse : afterProgress;
            return progress;
        }

        @Override
        public String standsBy(String mode) {
            return standsBy;
        }

        /** Waits until the installer has looked that often whether the old store stands by. */
        void awaitProgressRead(int times) throws InterruptedException {
            happened.await(() -> progressRead.get() >= times);
        }

        @Override
        public boolean isMoving() {
            return false;
        }

        @Override
        public Outcome use(String mode, Scope scope, String by) {
            isAsked = true;
            return new Outcome(refusal.isEmpty(), refusal);
        }

        @Override
        public Outcome retire(String mode, String by) {
            return new Outcome(false, "");
        }

        @Override
        public void reportBroken(String bundle, String reason) {
            broken.add(bundle + ": " + reason);
        }

        @Override
        public void forgetBroken(String bundle) {}
    }
}
