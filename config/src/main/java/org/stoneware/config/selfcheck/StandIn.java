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

    StandIn(BundleContext context, Function<ArraySettings, StandInManagement> maker) {
        this.context = context;
        this.maker = maker;
    }

    /** Comes in when the framework has started and nobody offers management, and goes once the core does. */
    void update() {
        ServiceReference<ManagementService> best = context.getServiceReference(ManagementService.class);
        ServiceRegistration<?> own = registration;
        if (own == null && best == null) {
            offer();
        } else if (own != null && best != null && !best.equals(own.getReference())) {
            registration = null;
            own.unregister();
        }
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
