package org.stoneware.server.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.stoneware.api.cluster.StorageFiles;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StorageException;

/**
 * Knows every provider of stores while it is there, and lets the server begin with the one that is chosen. The server outlives all of them:
 * it depends on this component and not on a provider.
 * <p>
 * <b>Threading:</b> providers come and go on any thread; {@link Listener} is called on that thread.
 */
@Component(
        service = {},
        configurationPid = "org.stoneware.server",
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        immediate = true)
public final class StoreProviders {
    private static final System.Logger LOG = System.getLogger("org.stoneware.server");
    private static final String EXIT_CODE = "stoneware.exit.code";
    private static final String EXIT_CONFIGURATION = "2";
    private static final long CHOSEN_WAIT_SEC = 30;
    private static final long WANTED_WAIT_SEC = 5;
    /** The self-check names what is wrong within 5 s too. */
    private static final long QUIET_MS = 4_000;

    private static final long SAY_AGAIN_MS = 30_000;

    private final BundleContext bundles;
    private final ArraySettings settings;
    private final StoreChoice choice;
    /** Bundle and version that held the sessions last; empty when not known. */
    private final String wanted;
    /** What was being tried when a process of this server ended. */
    private final Set<String> ended;

    private final List<StoreOffer> offers = new CopyOnWriteArrayList<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong lastId = new AtomicLong();
    private final CountDownLatch hasBegun = new CountDownLatch(1);
    private volatile @Nullable StorageFiles files;
    private boolean isChosen;
    private boolean isDeactivated;
    private @Nullable ServiceRegistration<ChosenStore> chosen;

    /** Hears of providers that come and go. */
    interface Listener {
        void onOffered(StoreOffer offer);

        void onWithdrawn(StoreOffer offer);
    }

    @Activate
    public StoreProviders(BundleContext bundles, Map<String, Object> configuration, @Reference ArraySettings settings) {
        this.bundles = bundles;
        this.settings = settings;
        String configured = String.valueOf(configuration.getOrDefault("storage.mode", "memory"));
        StoreChoice read;
        try {
            Path data = settings.self().dataDirectory();
            GenerationMarker.Current kept = GenerationMarker.kept(data);
            this.ended = new TriedStores(data).endedWithTheProcess();
            read = StoreChoice.read(data, configured, kept == null ? "" : kept.mode(), ended);
            this.wanted = new ProvedStores(data).maker(read.mode(), kept);
        } catch (IOException | UncheckedIOException | StorageException e) {
            LOG.log(System.Logger.Level.ERROR, "the chosen persistence mode can't be read: " + e.getMessage());
            System.setProperty(EXIT_CODE, EXIT_CONFIGURATION);
            Thread stopper = new Thread(this::stopFramework, "stoneware-stop");
            stopper.start();
            throw new IllegalStateException(e);
        }
        this.choice = read;
        if (!choice.isConfigured()) {
            LOG.log(System.Logger.Level.INFO, "storage mode:     " + choice.inWords());
            watch(this::missChosen);
        }
    }

    private static void watch(Runnable task) {
        Thread watch = new Thread(task, "stoneware-store-wait");
        watch.setDaemon(true);
        watch.start();
    }

    /** The configured mode was looked for before the start; a chosen one may come from deploy/, or not. */
    private void missChosen() {
        try {
            if (!hasBegun.await(CHOSEN_WAIT_SEC, TimeUnit.SECONDS)) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "storage mode '" + choice.mode()
                                + "' was chosen by command, and no installed bundle offers it: put its bundle"
                                + " into deploy/, or delete " + choice.file() + " to begin with the configured mode");
                System.setProperty(EXIT_CODE, EXIT_CONFIGURATION);
                stopFramework();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void stopFramework() {
        try {
            bundles.getBundle(0).stop();
        } catch (BundleException e) {
            LOG.log(System.Logger.Level.ERROR, "framework does not stop", e);
        }
    }

    @Deactivate
    void deactivate() {
        hasBegun.countDown();
        ServiceRegistration<ChosenStore> registered;
        synchronized (this) {
            isDeactivated = true;
            registered = chosen;
            chosen = null;
        }
        if (registered != null) {
            registered.unregister();
        }
    }

    @Reference(
            name = "stores",
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            unbind = "remove")
    void add(SessionStoreProvider provider, ServiceReference<SessionStoreProvider> reference) {
        Bundle bundle = reference.getBundle();
        StoreOffer offer = new StoreOffer(
                lastId.incrementAndGet(),
                provider,
                provider.mode(),
                bundle == null ? "" : String.valueOf(bundle.getSymbolicName()),
                bundle == null ? org.osgi.framework.Version.emptyVersion : bundle.getVersion());
        offers.add(offer);
        for (Listener each : listeners) {
            each.onOffered(offer);
        }
        if (!isPassedOver(offer, bundle)) {
            begin(offer);
        }
    }

    private boolean isPassedOver(StoreOffer offer, @Nullable Bundle bundle) {
        boolean isDropped = bundle != null && bundle.getLocation().startsWith(StorageFiles.LOCATION);
        if (!offer.mode().equals(choice.mode())
                || !StartChoice.isPassedOver(wanted, ended, offer, isDropped, registered())) {
            return false;
        }
        watch(this::missWanted);
        return true;
    }

    /** Bundle and version of all that have registered a provider. */
    private Set<String> registered() {
        Set<String> makers = new HashSet<>();
        try {
            for (ServiceReference<SessionStoreProvider> each :
                    bundles.getServiceReferences(SessionStoreProvider.class, null)) {
                Bundle bundle = each.getBundle();
                if (bundle != null) {
                    makers.add(bundle.getSymbolicName() + " " + bundle.getVersion());
                }
            }
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
        return makers;
    }

    /** It is registered and does not come, because it can't be made. */
    private void missWanted() {
        try {
            if (!hasBegun.await(WANTED_WAIT_SEC, TimeUnit.SECONDS)) {
                Optional<StoreOffer> found = newest(choice.mode());
                LOG.log(
                        System.Logger.Level.WARNING,
                        "the bundle to begin with does not come; the one that held the sessions last is '" + wanted
                                + "'. The server begins with "
                                + found.map(StoreOffer::inWords).orElse("nothing"));
                found.ifPresent(this::begin);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void remove(SessionStoreProvider provider) {
        for (StoreOffer each : offers) {
            if (each.provider() == provider) {
                offers.remove(each);
                listeners.forEach(listener -> listener.onWithdrawn(each));
            }
        }
    }

    /** The first provider of the chosen mode that comes here is the one the server begins with. */
    private void begin(StoreOffer offer) {
        synchronized (this) {
            if (isChosen || !offer.mode().equals(choice.mode())) {
                return;
            }
            isChosen = true;
        }
        hasBegun.countDown();
        StartProgress progress = new StartProgress();
        StartingServer starting = new StartingServer(
                settings,
                bundles.getBundle().getVersion().toString(),
                progress,
                System::nanoTime,
                System.nanoTime(),
                () -> ProcessEnd.begin(bundles, 0));
        new SlowStart(QUIET_MS, SAY_AGAIN_MS, new StartDoor(bundles, starting))
                .run(() -> start(new ChosenStore(offer, choice, this, progress)));
    }

    /** Starts the server on this thread, so nothing is locked meanwhile. */
    private void start(ChosenStore first) {
        ServiceRegistration<ChosenStore> registered = bundles.registerService(ChosenStore.class, first, null);
        synchronized (this) {
            if (!isDeactivated) {
                chosen = registered;
                return;
            }
        }
        registered.unregister();
    }

    void listen(Listener listener) {
        listeners.add(listener);
    }

    void unlisten(Listener listener) {
        listeners.remove(listener);
    }

    /** All that are there, by mode, newest version first. */
    List<StoreOffer> offers() {
        List<StoreOffer> all = new ArrayList<>(offers);
        all.sort(Comparator.comparing(StoreOffer::mode)
                .thenComparing(StoreOffer::version, Comparator.reverseOrder())
                .thenComparing(StoreOffer::id, Comparator.reverseOrder()));
        return all;
    }

    boolean isThere(StoreOffer offer) {
        return offers.contains(offer);
    }

    Optional<StoreOffer> newest(String mode) {
        return offers().stream().filter(offer -> offer.mode().equals(mode)).findFirst();
    }

    /** True while the bundles of the set are being started: what comes then is no news. */
    boolean isFrameworkStarting() {
        return bundles.getBundle(0).getState() == Bundle.STARTING;
    }

    /** True while the whole framework stops: what goes then is not missed. */
    boolean isFrameworkStopping() {
        return bundles.getBundle(0).getState() == Bundle.STOPPING;
    }

    @Reference(
            name = "files",
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            unbind = "removeFiles")
    void addFiles(StorageFiles service) {
        files = service;
    }

    void removeFiles(StorageFiles service) {
        if (files == service) {
            files = null;
        }
    }

    /**
     * What became of bundles that were to go.
     *
     * @param problem why one stays; empty when all are gone.
     * @param files   what is to be known of the files they came from, for people.
     */
    record Retired(String problem, String files) {}

    /** Takes the bundles of a mode away, and the files from which they would come back. */
    Retired uninstall(String mode) {
        List<String> problems = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        for (StoreOffer offer : offers()) {
            for (Bundle bundle : bundles.getBundles()) {
                boolean isIts = offer.mode().equals(mode)
                        && offer.bundle().equals(bundle.getSymbolicName())
                        && offer.version().equals(bundle.getVersion());
                if (isIts) {
                    try {
                        // The file first: whoever watches it would install it again.
                        notes.add(setAside(offer, bundle.getLocation()));
                        bundle.uninstall();
                    } catch (BundleException | IOException e) {
                        problems.add(offer.inWords() + ": " + e.getMessage());
                    } catch (IllegalStateException e) {
                        // Whoever watches the file was faster.
                        LOG.log(System.Logger.Level.DEBUG, offer.inWords() + " was uninstalled already: " + e);
                    }
                }
            }
        }
        return new Retired(String.join(", ", problems), String.join("; ", notes));
    }

    private String setAside(StoreOffer offer, String location) throws IOException {
        StorageFiles present = files;
        String moved = present == null ? "" : present.setAside(location);
        return !moved.isEmpty()
                ? offer.inWords() + " lies in " + moved + " now; put it back to have it again"
                : offer.inWords() + " comes back at the next start with " + location.replace("reference:", "")
                        + "; take its line out of the bundle set (conf/bundle-sets) to be rid of it";
    }
}
