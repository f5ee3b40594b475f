package org.stoneware.config.selfcheck;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.cluster.SessionBackup;
import org.stoneware.api.config.ArraySettings;

/**
 * Offers {@link StandInManagement} while the server's core offers no management.
 * <p>
 * <b>Threading:</b> the self-check's thread.
 */
final class StandIn {
    private static final Logger LOGGER = System.getLogger("org.stoneware.selfcheck");
    private static final String[] OFFERED = {
        ManagementService.class.getName(), SessionAdmin.class.getName(), SessionBackup.class.getName()
    };

    private final BundleContext context;
    private final Function<ArraySettings, StandInManagement> maker;
    private @Nullable ServiceRegistration<?> registration;
    private boolean wasCoreThere;

    StandIn(BundleContext context, Function<ArraySettings, StandInManagement> maker) {
        this.context = context;
        this.maker = maker;
    }

    /**
     * Comes in when the framework has started and nobody offers management, and goes once the core does: two updates in a row have found it
     * at work. Doors close by that, and with them the shell whose command may just be starting the core.
     */
    void update() {
        ServiceReference<ManagementService> best = context.getServiceReference(ManagementService.class);
        ServiceRegistration<?> own = registration;
        if (own == null) {
            if (best == null) {
                offer();
            }
            return;
        }
        boolean isCoreThere = best != null && !best.equals(own.getReference()) && isAtWork(best);
        if (isCoreThere && wasCoreThere) {
            registration = null;
            own.unregister();
        }
        wasCoreThere = isCoreThere;
    }

    /** A component is registered before it is activated; only one that can be had has been. */
    private boolean isAtWork(ServiceReference<ManagementService> core) {
        boolean isThere = context.getService(core) != null;
        if (isThere) {
            context.ungetService(core);
        }
        return isThere;
    }

    private void offer() {
        ServiceReference<ArraySettings> reference = context.getServiceReference(ArraySettings.class);
        ArraySettings settings = reference == null ? null : context.getService(reference);
        if (settings == null) {
            // Without a configuration the process ends, and says why itself.
            return;
        }
        Dictionary<String, Object> properties = new Hashtable<>();
        // Whoever offers the real one wins.
        properties.put(Constants.SERVICE_RANKING, Integer.MIN_VALUE);
        LOGGER.log(Level.ERROR, StandInManagement.PROBLEM);
        registration = context.registerService(OFFERED, maker.apply(settings), properties);
    }
}
