package org.stoneware.deploy;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.StorageAdmin;
import org.stoneware.api.cluster.StorageAdmin.Offer;
import org.stoneware.api.cluster.StorageFiles;

/**
 * Handles the storage bundles among the files FileInstall finds, in its place: FileInstall would stop the old version before it starts the
 * new one, and there would be no moment at which the sessions could move.
 * <p>
 * <b>Threading:</b> called by FileInstall's thread; the work is done on one of its own, one file after the other.
 * <p>
 * <b>Failure:</b> nothing that a bundle does ends the server or the store in use; it is reported to {@link StorageAdmin#reportBroken}.
 */
@Component(
        service = {ArtifactInstaller.class, StorageFiles.class},
        property = "service.ranking:Integer=1000",
        immediate = true)
public final class StorageBundleInstaller implements ArtifactInstaller, StorageFiles {
    private static final System.Logger LOG = System.getLogger("org.stoneware.deploy");
    /** Storage bundles of the shipped set start here: before the server, so that they also stop behind it. */
    private static final int START_LEVEL = 6;

    private static final long OFFER_WAIT_MS = 15_000;
    private static final long EXCHANGE_WAIT_MS = TimeUnit.MINUTES.toMillis(30);
    private static final long LOOK_MS = 50;
    private static final long SERVER_LOOK_MS = 500;
    /** After a refusal, which costs nothing. */
    private static final long AGAIN_MS = 2_000;

    /** After it was begun and did not come to an end. */
    private static final long LATER_MS = 10_000;

    private static final long PROBATION_LOOK_MS = 500;

    private static final long MAX_WAIT_MS = 3_600_000;
    private static final String GIVEN_UP = "the sessions could not move to it for an hour: ";
    /** As the server says it. */
    private static final String NOT_USED = " is not used: ";

    private final BundleContext bundles;
    private final ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "stoneware-deploy");
        thread.setDaemon(true);
        return thread;
    });
    /** What was said of files, until they are taken away; used by the worker alone. */
    private final Map<String, String> reported = new HashMap<>();

    private volatile @Nullable ManagementService management;

    /** Installs what lies there already before the server begins, so that it can begin with it; FileInstall comes to it later. */
    @Activate
    public StorageBundleInstaller(BundleContext bundles) {
        this.bundles = bundles;
        for (File each : WatchedDirectories.jars(bundles.getProperty(WatchedDirectories.PROPERTY))) {
            BundleFile found = BundleFile.read(each);
            if (found != null && RestartRule.isStore(found) && !isInstalled(found)) {
                installEarly(found);
            }
        }
    }

    private boolean isInstalled(BundleFile found) {
        return others(found).stream().anyMatch(each -> each.getVersion().equals(found.version()));
    }

    /** Whatever is wrong with it is found and told when it is {@link #take taken}. */
    private void installEarly(BundleFile found) {
        try {
            install(found).start();
        } catch (BundleException | IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, found.inWords() + " does not start yet: " + e);
        }
    }

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    void bindManagement(ManagementService service) {
        management = service;
    }

    void unbindManagement(ManagementService service) {
        if (management == service) {
            management = null;
        }
    }

    @Deactivate
    void deactivate() {
        worker.shutdownNow();
    }

    @Override
    public boolean canHandle(File file) {
        BundleFile found = BundleFile.read(file);
        return found != null && RestartRule.isStore(found);
    }

    @Override
    public void install(File file) {
        worker.execute(() -> take(file));
    }

    @Override
    public void update(File file) {
        worker.execute(() -> take(file));
    }

    @Override
    public void uninstall(File file) {
        worker.execute(() -> {
            String broken = reported.remove(file.getAbsolutePath());
            StorageAdmin storage = storage();
            if (broken != null && storage != null) {
                storage.forgetBroken(broken);
            }
            for (Bundle each : bundles.getBundles()) {
                if (each.getLocation().startsWith(LOCATION + file.getAbsolutePath() + '?')) {
                    LOG.log(
                            System.Logger.Level.INFO,
                            file.getName() + " was taken away: " + name(each) + " is uninstalled");
                    uninstall(each);
                }
            }
        });
    }

    @Override
    public String setAside(String location) throws IOException {
        int end = location.lastIndexOf('?');
        return location.startsWith(LOCATION) && end > LOCATION.length()
                ? WatchedDirectories.retire(Path.of(location.substring(LOCATION.length(), end)))
                : "";
    }

    private void take(File file) {
        BundleFile found = BundleFile.read(file);
        if (found == null) {
            return;
        }
        try {
            take(found);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | LinkageError e) {
            report(found, "it could not be taken in: " + e);
        }
    }

    private void take(BundleFile found) throws InterruptedException {
        Bundle own = bundles.getBundle(location(found));
        List<Bundle> others = others(found);
        others.remove(own);
        for (Bundle each : others) {
            if (each.getVersion().equals(found.version())) {
                report(
                        found,
                        "version " + found.version()
                                + " is installed already; give the new one a higher Bundle-Version");
                return;
            }
        }
        Bundle bundle = start(found, own);
        if (bundle != null) {
            finish(found, bundle, others, 0);
        }
    }

    /** Again later: another file may be what the server waits for, or it may not be ready yet. */
    private void later(BundleFile found, Bundle bundle, List<Bundle> others, long waitedMs, long delayMs) {
        later(found, bundle, delayMs, () -> finish(found, bundle, others, waitedMs));
    }

    /** What is left to be done with a bundle. May wait for an exchange, never for a probation: other files wait meanwhile. */
    private interface Step {
        void take() throws InterruptedException;
    }

    private void later(BundleFile found, Bundle bundle, long delayMs, Step step) {
        worker.schedule(
                () -> {
                    try {
                        if (bundle.getState() != Bundle.UNINSTALLED) {
                            step.take();
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (RuntimeException | LinkageError e) {
                        report(found, "it could not be taken in: " + e);
                    }
                },
                delayMs,
                TimeUnit.MILLISECONDS);
    }

    private void finish(BundleFile found, Bundle bundle, List<Bundle> others, long waitedMs)
            throws InterruptedException {
        if (storage() == null) {
            later(found, bundle, others, waitedMs, SERVER_LOOK_MS);
            return;
        }
        Offer offer = awaitOffer(bundle);
        if (offer == null) {
            report(found, "it started and registered no store within " + OFFER_WAIT_MS / 1_000 + " s");
            uninstall(bundle);
            return;
        }
        LOG.log(System.Logger.Level.INFO, found.inWords() + " offers storage mode " + offer.mode());
        if (offer.isInUse() && (!offer.remark().isEmpty() || standsBy(offer))) {
            // It was moved to by hand while it waited for its turn.
            settle(found, bundle, others, waitedMs, new StorageAdmin.Outcome(true, ""));
        } else if (isInUse(others)) {
            exchange(found, bundle, offer, others, waitedMs);
        } else if (standsBy(offer)) {
            later(found, bundle, others, waitedMs, LATER_MS);
        } else {
            uninstallOlder(found, others);
        }
    }

    private static String location(BundleFile found) {
        return LOCATION + found.file().getAbsolutePath() + '?' + found.file().lastModified();
    }

    private Bundle install(BundleFile found) throws BundleException, IOException {
        try (InputStream content = new FileInputStream(found.file())) {
            Bundle bundle = bundles.installBundle(location(found), content);
            bundle.adapt(BundleStartLevel.class).setStartLevel(START_LEVEL);
            return bundle;
        }
    }

    /** @param own the bundle when it is installed already. */
    private @Nullable Bundle start(BundleFile found, @Nullable Bundle own) {
        Bundle bundle = own;
        try {
            if (bundle == null) {
                bundle = install(found);
            }
            bundle.start();
            return bundle;
        } catch (BundleException | IOException e) {
            Throwable cause = e.getCause();
            report(found, "it can't be started: " + e.getMessage() + (cause == null ? "" : "; cause: " + cause));
            if (bundle != null) {
                uninstall(bundle);
            }
            return null;
        }
    }

    /** A store of an older version has the sessions: they move first. */
    private void exchange(BundleFile found, Bundle bundle, Offer offer, List<Bundle> others, long waitedMs)
            throws InterruptedException {
        StorageAdmin storage = storage();
        if (storage == null
                || others.stream().anyMatch(each -> each.getVersion().compareTo(found.version()) > 0)) {
            LOG.log(System.Logger.Level.INFO, found.inWords() + " is older than the one in use and stays aside");
            return;
        }
        StorageAdmin.Outcome outcome = offer.remark().isEmpty()
                ? storage.use(
                        offer.mode(),
                        StorageAdmin.Scope.IN_TURN,
                        "deploy/" + found.file().getName())
                : new StorageAdmin.Outcome(false, offer.remark());
        settle(found, bundle, others, waitedMs, outcome);
    }

    /** Takes away what is not needed any more once the exchange is over, its probation with it, and looks again later where it has not begun. */
    private void settle(
            BundleFile found, Bundle bundle, List<Bundle> others, long waitedMs, StorageAdmin.Outcome outcome)
            throws InterruptedException {
        boolean isMoved = outcome.isAccepted() && awaitExchange(bundle);
        StorageAdmin storage = storage();
        // Looked at first: once it is over they do not move back any more.
        boolean isOver = storage != null && storage.progress().isEmpty();
        Offer now = offer(bundle);
        if (isMoved && now != null && now.isInUse() && now.remark().isEmpty()) {
            if (isOver) {
                uninstallOlder(found, others);
            } else {
                later(found, bundle, PROBATION_LOOK_MS, () -> settle(found, bundle, others, waitedMs, outcome));
            }
        } else if (now == null && storage() == null) {
            // The server stops, or starts anew; what it makes of the bundle is not known.
            later(found, bundle, others, waitedMs, SERVER_LOOK_MS);
        } else if (now != null && now.isInUse() && !now.remark().isEmpty()) {
            // They may have to move back: both bundles stay, and the server says what is wrong.
            LOG.log(System.Logger.Level.WARNING, found.inWords() + " has the sessions: " + now.remark());
        } else if (now != null && now.remark().isEmpty() && (now.isInUse() || waitedMs < MAX_WAIT_MS)) {
            // Nothing is wrong with it: another server goes first, or this one is being copied, busy, or short of room.
            long delayMs = outcome.isAccepted() ? LATER_MS : AGAIN_MS;
            later(found, bundle, others, waitedMs + delayMs, delayMs);
        } else {
            if (now != null) {
                report(found, now.remark().isEmpty() ? GIVEN_UP + outcome.reason() : reason(now));
            }
            LOG.log(System.Logger.Level.WARNING, found.inWords() + " is not used; the store in use goes on");
            uninstall(bundle);
        }
    }

    /** A remark names the store too, as does what is reported. */
    private static String reason(Offer offer) {
        int at = offer.remark().indexOf(NOT_USED);
        return at < 0 ? offer.remark() : offer.remark().substring(at + NOT_USED.length());
    }

    private @Nullable Offer awaitOffer(Bundle bundle) throws InterruptedException {
        long endMs = System.currentTimeMillis() + OFFER_WAIT_MS;
        while (System.currentTimeMillis() < endMs) {
            Offer offer = offer(bundle);
            if (offer != null) {
                return offer;
            }
            Thread.sleep(LOOK_MS); // services have no end of their coming; this only paces the looking
        }
        return null;
    }

    /** True when the sessions have moved; their probation is not waited for. */
    private boolean awaitExchange(Bundle bundle) throws InterruptedException {
        long endMs = System.currentTimeMillis() + EXCHANGE_WAIT_MS;
        while (System.currentTimeMillis() < endMs) {
            Thread.sleep(LOOK_MS); // progress has no listener; this only paces the looking
            Offer offer = offer(bundle);
            StorageAdmin storage = storage();
            if (storage == null || offer == null || !offer.remark().isEmpty()) {
                return false;
            }
            if (offer.isInUse() || !storage.isMoving()) {
                return offer.isInUse();
            }
        }
        return false;
    }

    private @Nullable Offer offer(Bundle bundle) {
        StorageAdmin storage = storage();
        if (storage == null) {
            return null;
        }
        for (Offer each : storage.list()) {
            if (each.bundle().equals(bundle.getSymbolicName())
                    && each.version().equals(bundle.getVersion().toString())) {
                return each;
            }
        }
        return null;
    }

    private @Nullable StorageAdmin storage() {
        ManagementService present = management;
        StorageAdmin storage = present == null ? StorageAdmin.NONE : present.storage();
        // A server that is still starting has none.
        return storage == StorageAdmin.NONE ? null : storage;
    }

    private List<Bundle> others(BundleFile found) {
        List<Bundle> others = new ArrayList<>();
        for (Bundle each : bundles.getBundles()) {
            if (found.symbolicName().equals(each.getSymbolicName())) {
                others.add(each);
            }
        }
        return others;
    }

    /** An older bundle of this mode may be where the sessions go, or stand by should the store they have moved to fail. */
    private boolean standsBy(Offer offer) {
        StorageAdmin storage = storage();
        return storage == null || !storage.standsBy(offer.mode()).isEmpty();
    }

    private boolean isInUse(List<Bundle> others) {
        for (Bundle each : others) {
            Offer offer = offer(each);
            if (offer != null && offer.isInUse()) {
                return true;
            }
        }
        return false;
    }

    private static void uninstallOlder(BundleFile found, List<Bundle> others) {
        for (Bundle each : others) {
            if (each.getVersion().compareTo(found.version()) < 0) {
                LOG.log(System.Logger.Level.INFO, name(each) + " gives way to " + found.version());
                uninstall(each);
            }
        }
    }

    private static void uninstall(Bundle bundle) {
        try {
            bundle.uninstall();
        } catch (BundleException | IllegalStateException e) {
            LOG.log(System.Logger.Level.WARNING, name(bundle) + " can't be uninstalled: " + e.getMessage());
        }
    }

    private static String name(Bundle bundle) {
        return bundle.getSymbolicName() + ' ' + bundle.getVersion();
    }

    private void report(BundleFile found, String reason) {
        reported.put(found.file().getAbsolutePath(), found.inWords());
        if (storage() == null) {
            LOG.log(System.Logger.Level.ERROR, "bundle " + found.inWords() + NOT_USED + reason);
        }
        tell(found, reason);
    }

    /** A server that is still starting cannot be told yet, and must be: a log alone is not read. */
    private void tell(BundleFile found, String reason) {
        StorageAdmin storage = storage();
        if (storage != null) {
            storage.reportBroken(found.inWords(), reason);
            return;
        }
        worker.schedule(
                () -> {
                    if (found.inWords().equals(reported.get(found.file().getAbsolutePath()))) {
                        tell(found, reason);
                    }
                },
                SERVER_LOOK_MS,
                TimeUnit.MILLISECONDS);
    }
}
