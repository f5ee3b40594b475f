package org.stoneware.config.selfcheck;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.stoneware.api.cluster.ProblemSource;
import org.stoneware.api.config.ArraySettings;

/**
 * Looks twice a second for components and bundles that are not alive though they should be, and names each on the console within 5 s of the
 * start ({@link ProblemWatch}), and whenever that changes. Declarative Services itself says nothing in these cases.
 */
@Component(service = ProblemSource.class, immediate = true)
public final class SelfCheck implements ProblemSource {
    private static final Logger LOGGER = System.getLogger("org.stoneware.selfcheck");
    private final BundleContext context;
    private final ServiceComponentRuntime runtime;
    private final Thread thread;
    private volatile List<String> problems = List.of();

    @Activate
    public SelfCheck(BundleContext context, @Reference ServiceComponentRuntime runtime) {
        this.context = context;
        this.runtime = runtime;
        this.thread = new Thread(this::watch, "stoneware-self-check");
        thread.setDaemon(true);
        thread.start();
    }

    @Deactivate
    public void deactivate() {
        thread.interrupt();
    }

    @Override
    public List<String> problems() {
        return problems;
    }

    private void watch() {
        long upMs = ManagementFactory.getRuntimeMXBean().getUptime();
        ProblemWatch watch = new ProblemWatch(System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(upMs));
        Bundle system = context.getBundle(0);
        StandIn standIn = new StandIn(context, this::standIn);
        try {
            while (system.getState() != Bundle.STOPPING) {
                // A look from time to time; nothing waits for it.
                TimeUnit.NANOSECONDS.sleep(watch.untilNextLookNs(System.nanoTime()));
                lookOnce(watch, standIn, system);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A look that fails must not end all later ones: a bundle may vanish while it is looked at. */
    private void lookOnce(ProblemWatch watch, StandIn standIn, Bundle system) {
        try {
            boolean isStarting = system.getState() == Bundle.STARTING;
            if (system.getState() == Bundle.ACTIVE) {
                standIn.update();
            }
            ProblemReport.Change change = watch.look(isStarting, () -> look(system), System.nanoTime());
            problems = watch.reported();
            say(change);
        } catch (RuntimeException e) {
            Level level = system.getState() == Bundle.STOPPING ? Level.DEBUG : Level.WARNING;
            LOGGER.log(level, "self-check failed this time and looks again: " + e);
        }
    }

    private StandInManagement standIn(ArraySettings settings) {
        return new StandInManagement(
                settings,
                context.getBundle().getVersion().toString(),
                () -> ManagementFactory.getRuntimeMXBean().getUptime(),
                this::problems,
                this::end);
    }

    /** From a thread of its own: who asks to stop is stopped by it, too. */
    private void end() {
        Thread stopper = new Thread(
                () -> {
                    try {
                        context.getBundle(0).stop();
                    } catch (BundleException | IllegalStateException e) {
                        LOGGER.log(Level.ERROR, "framework does not stop", e);
                    }
                },
                "stoneware-stop");
        stopper.start();
    }

    private List<String> look(Bundle system) {
        List<String> found = new ArrayList<>(BundleCheck.problems(system, context.getBundles()));
        found.addAll(ComponentCheck.problems(runtime));
        found.sort(null);
        return found;
    }

    private static void say(ProblemReport.Change change) {
        change.appeared().forEach(problem -> LOGGER.log(Level.ERROR, problem));
        change.gone().forEach(problem -> LOGGER.log(Level.INFO, "solved: " + problem));
        if (change.isFirst() && change.appeared().isEmpty()) {
            LOGGER.log(Level.INFO, "every bundle and every chosen component is alive");
        }
    }
}
