package org.stoneware.config.selfcheck;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.stoneware.api.cluster.ProblemSource;

/**
 * Looks once a second for components and bundles that are not alive though they should be, and names each on the console within 5 s of the
 * start, or once the framework has started if that takes longer, and whenever that changes. Declarative Services itself says nothing in these cases.
 */
@Component(service = ProblemSource.class, immediate = true)
public final class SelfCheck implements ProblemSource {
    private static final Logger LOGGER = System.getLogger("org.stoneware.selfcheck");
    private static final long INTERVAL_MS = 1000;
    private static final long QUIET_NS = TimeUnit.SECONDS.toNanos(3);
    /** A machine that is busy starts slowly; a start that takes longer than this hangs, and what is missing is named. */
    private static final long LONGEST_START_NS = TimeUnit.SECONDS.toNanos(30);

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
        long startNs = System.nanoTime();
        ProblemReport report = new ProblemReport(startNs, QUIET_NS);
        Bundle system = context.getBundle(0);
        try {
            while (system.getState() != Bundle.STOPPING) {
                Thread.sleep(INTERVAL_MS); // a look from time to time; nothing waits for it
                if (system.getState() != Bundle.STARTING || System.nanoTime() - startNs > LONGEST_START_NS) {
                    lookOnce(report, system);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A look that fails must not end all later ones: a bundle may vanish while it is looked at. */
    private void lookOnce(ProblemReport report, Bundle system) {
        try {
            say(report.seen(look(system), System.nanoTime()));
            problems = report.reported();
        } catch (RuntimeException e) {
            Level level = system.getState() == Bundle.STOPPING ? Level.DEBUG : Level.WARNING;
            LOGGER.log(level, "self-check failed this time and looks again: " + e);
        }
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
