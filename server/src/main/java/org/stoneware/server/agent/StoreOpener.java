package org.stoneware.server.agent;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.wiring.BundleWiring;
import org.stoneware.server.storage.OpenedStore;
import org.stoneware.server.storage.StoreTrial;
import org.stoneware.spi.storage.StoreContext;

/**
 * Tries a store and opens another one for use, on a thread of its own, since both may wait for a disk. Before that it loads every class of
 * the provider's bundle: classes that are loaded live on when the bundle is stopped, uninstalled or refreshed, others do not.
 * <p>
 * <b>Threading:</b> any thread; the answer comes on the opener's.
 */
final class StoreOpener {
    /** What is needed for a while in memory and on disk is checked against what is there. */
    interface Need {
        /** @return why there is no room; empty when there is. */
        String problem();
    }

    private static final long MAX_TRIAL_SEC = 60;

    private final SessionGenerations generations;

    StoreOpener(SessionGenerations generations) {
        this.generations = generations;
    }

    /**
     * What came of it.
     *
     * @param store   null when it could not be opened.
     * @param problem why not; empty when it could.
     * @param isUnfit the store is to blame, and not this machine.
     */
    record Opened(@Nullable OpenedStore store, String problem, boolean isUnfit) {}

    void open(StoreOffer offer, Need need, Consumer<Opened> answer) {
        Thread thread = new Thread(() -> answer.accept(openHere(offer, need)), "stoneware-store-opener");
        thread.setDaemon(true);
        thread.start();
    }

    private Opened openHere(StoreOffer offer, Need need) {
        try {
            String missing = need.problem();
            if (!missing.isEmpty()) {
                return new Opened(null, missing, false);
            }
            loadClasses(offer);
            StoreContext trial = generations.trialContext();
            String problem = tryOut(offer, trial);
            return problem.isEmpty() ? new Opened(generations.open(offer), "", false) : new Opened(null, problem, true);
        } catch (RuntimeException | Error e) {
            // Whoever asked waits for an answer, also when memory is short.
            return new Opened(null, "it can't be opened: " + e, !(e instanceof VirtualMachineError));
        }
    }

    /** A trial that does not end is left behind on its thread, together with its directory, until the process ends. */
    private String tryOut(StoreOffer offer, StoreContext context) {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> outcome.complete(new StoreTrial(System::nanoTime).run(offer.provider(), context)),
                "stoneware-store-trial");
        thread.setDaemon(true);
        thread.start();
        try {
            String problem = outcome.get(MAX_TRIAL_SEC, TimeUnit.SECONDS);
            generations.delete(context.directory());
            return problem;
        } catch (TimeoutException e) {
            return "it failed its trial: it had not ended after " + MAX_TRIAL_SEC + " s";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "this server stops";
        } catch (ExecutionException e) {
            return "it failed its trial: " + e.getCause();
        }
    }

    /** Loads every class of a provider's bundle. Any thread. */
    static void loadClasses(StoreOffer offer) {
        Class<?> provider = offer.provider().getClass();
        Bundle bundle = FrameworkUtil.getBundle(provider);
        BundleWiring wiring = bundle == null ? null : bundle.adapt(BundleWiring.class);
        if (wiring == null) {
            return;
        }
        for (String resource : wiring.listResources(
                "/", "*.class", BundleWiring.LISTRESOURCES_RECURSE | BundleWiring.LISTRESOURCES_LOCAL)) {
            String name =
                    resource.substring(0, resource.length() - ".class".length()).replace('/', '.');
            try {
                if (!name.endsWith("-info")) {
                    Class.forName(name, false, provider.getClassLoader());
                }
            } catch (ClassNotFoundException | LinkageError e) {
                // It names what is optional and not there; whoever needs it will hear.
                System.getLogger("org.stoneware.server")
                        .log(System.Logger.Level.DEBUG, "not loaded ahead: " + name + ": " + e);
            }
        }
    }
}
