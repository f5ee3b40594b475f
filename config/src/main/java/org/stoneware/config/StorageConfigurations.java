package org.stoneware.config;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * Gives every storage bundle the configuration its component needs to live, also one that comes while the server runs. Which of them holds
 * the sessions is the server's choice. A bundle names the PID in its capability, or it follows from the mode.
 * <p>
 * <b>Threading:</b> any thread.
 */
final class StorageConfigurations implements SynchronousBundleListener {
    private static final Logger LOGGER = System.getLogger("org.stoneware.config");
    private static final String PID = "pid";

    private final ConfigurationAdmin admin;
    private final Map<String, Object> properties;

    StorageConfigurations(ConfigurationAdmin admin, Map<String, Object> properties) {
        this.admin = admin;
        this.properties = properties;
    }

    void begin(BundleContext context) {
        context.addBundleListener(this);
        for (Bundle each : context.getBundles()) {
            configure(each);
        }
    }

    @Override
    public void bundleChanged(BundleEvent event) {
        if (event.getType() == BundleEvent.RESOLVED) {
            configure(event.getBundle());
        }
    }

    private void configure(Bundle bundle) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        if (revision == null) {
            return;
        }
        for (BundleCapability capability : revision.getDeclaredCapabilities(BundleOffers.STORAGE)) {
            Object mode = capability.getAttributes().get(BundleOffers.STORAGE_MODE);
            Object pid = capability.getAttributes().get(PID);
            if (mode != null) {
                configure(pid == null ? ComponentPlan.storagePid(mode.toString()) : pid.toString());
            }
        }
    }

    private void configure(String pid) {
        try {
            Configuration configuration = admin.getConfiguration(pid, "?");
            if (configuration.getProperties() == null) {
                Dictionary<String, Object> content = new Hashtable<>(properties);
                configuration.update(content);
            }
        } catch (IOException e) {
            LOGGER.log(Level.ERROR, "no configuration for " + pid + ", so its store stays away: " + e.getMessage());
        }
    }
}
