package org.stoneware.server.agent;

import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.stoneware.api.cluster.ManagementService;

/** Tells on the console and on the management port what a server that starts slowly waits for, in place of the server that is not there yet. */
final class StartDoor implements SlowStart.Listener {
    private static final System.Logger LOG = System.getLogger("org.stoneware.server");

    private final BundleContext bundles;
    private final StartingServer server;
    private @Nullable ServiceRegistration<ManagementService> registration;

    StartDoor(BundleContext bundles, StartingServer server) {
        this.bundles = bundles;
        this.server = server;
    }

    @Override
    public synchronized void onSlow() {
        registration = bundles.registerService(ManagementService.class, server, null);
        onStillSlow();
    }

    @Override
    public void onStillSlow() {
        LOG.log(System.Logger.Level.WARNING, server.inWords());
    }

    @Override
    public synchronized void onEnd() {
        ServiceRegistration<ManagementService> present = registration;
        registration = null;
        try {
            if (present != null) {
                present.unregister();
            }
        } catch (IllegalStateException e) {
            // The framework has stopped meanwhile.
            LOG.log(System.Logger.Level.DEBUG, "unregistered already: " + e);
        }
    }
}
