package org.stoneware.launcher.probe;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Ends the process the way a component does that can't go on. */
public final class FatalProbe implements BundleActivator {
    @Override
    public void start(BundleContext context) throws Exception {
        System.setProperty("stoneware.exit.code", "3");
        context.getBundle(0).stop();
    }

    @Override
    public void stop(BundleContext context) {
        // nothing to release
    }
}
