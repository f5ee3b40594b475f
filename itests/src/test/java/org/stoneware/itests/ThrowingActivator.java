package org.stoneware.itests;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** What a bundle that throws as it starts has in it, see {@link BundleJars#throwing}. */
public final class ThrowingActivator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        throw new IllegalStateException("planted");
    }

    @Override
    public void stop(BundleContext context) {}
}
