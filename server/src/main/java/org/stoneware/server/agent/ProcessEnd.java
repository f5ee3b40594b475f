package org.stoneware.server.agent;

import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;

/** Ends the process. */
final class ProcessEnd {
    static final String EXIT_CODE = "stoneware.exit.code";
    private static final int EXIT_FATAL = 3;
    private static final System.Logger LOG = System.getLogger("org.stoneware.server");

    private ProcessEnd() {}

    /** Stops the framework from a thread of its own, since a component must not stop the framework that is activating it. Any thread. */
    static void begin(BundleContext bundles, int exitCode) {
        if (exitCode != 0) {
            System.setProperty(EXIT_CODE, Integer.toString(exitCode));
        }
        Thread stopper = new Thread(
                () -> {
                    try {
                        bundles.getBundle(0).stop();
                    } catch (BundleException | IllegalStateException e) {
                        LOG.log(System.Logger.Level.ERROR, "framework does not stop; halting", e);
                        Runtime.getRuntime().halt(exitCode == 0 ? EXIT_FATAL : exitCode);
                    }
                },
                "stoneware-stop");
        try {
            stopper.start();
        } catch (OutOfMemoryError e) {
            if (exitCode == 0) {
                throw e;
            }
            // A process that can't go on and can't stop either would keep its role and serve nobody.
            LOG.log(System.Logger.Level.ERROR, "no thread to stop the framework; halting", e);
            Runtime.getRuntime().halt(exitCode);
        }
    }
}
