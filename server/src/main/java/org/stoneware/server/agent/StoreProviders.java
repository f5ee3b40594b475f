package org.stoneware.server.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
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

    private final BundleContext bundles;
    private final StoreChoice choice;
    private final List<StoreOffer> offers = new CopyOnWriteArrayList<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong lastId = new AtomicLong();
    private final CountDownLatch hasBegun = new CountDownLatch(1);
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
        String configured = String.valueOf(configuration.getOrDefault("storage.mode", "memory"));
        StoreChoice read;
        try {
            Path data = settings.self().dataDirectory();
            read = StoreChoice.read(data, configured, GenerationMarker.keptMode(data));
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
            Thread watch = new Thread(this::missChosen, "stoneware-store-wait");
            watch.setDaemon(true);
            watch.start();
        }
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
        begin(offer);
    }

    void remove(SessionStoreProvider provider) {
        for (StoreOffer each : offers) {
            if (each.provider() == provider) {
                offers.remove(each);
                listeners.forEach(listener -> listener.onWithdrawn(each));
            }
        }
    }

    /** The first provider of the chosen mode is the one the server begins with. */
    private void begin(StoreOffer offer) {
        synchronized (this) {
            if (isChosen || !offer.mode().equals(choice.mode())) {
                return;
            }
            isChosen = true;
        }
        hasBegun.countDown();
        // Starts the server on this thread, so nothing is locked meanwhile.
        ServiceRegistration<ChosenStore> registered =
                bundles.registerService(ChosenStore.class, new ChosenStore(offer, choice, this), null);
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

    /**
     * Takes the bundles of a mode away.
     *
     * @return why one stays; empty when all are gone.
     */
    String uninstall(String mode) {
        List<String> problems = new ArrayList<>();
        for (StoreOffer offer : offers()) {
            for (Bundle bundle : bundles.getBundles()) {
                boolean isIts = offer.mode().equals(mode)
                        && offer.bundle().equals(bundle.getSymbolicName())
                        && offer.version().equals(bundle.getVersion());
                if (isIts) {
                    try {
                        bundle.uninstall();
                    } catch (BundleException e) {
                        problems.add(offer.inWords() + ": " + e.getMessage());
                    }
                }
            }
        }
        return String.join(", ", problems);
    }
}
