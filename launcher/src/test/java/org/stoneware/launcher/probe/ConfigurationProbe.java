package org.stoneware.launcher.probe;

import java.util.Collections;
import java.util.TreeMap;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** Prints every configuration it finds; runs in a bundle of its own inside a started server. */
public final class ConfigurationProbe implements BundleActivator {
    @Override
    public void start(BundleContext context) throws Exception {
        ConfigurationAdmin admin = context.getService(context.getServiceReference(ConfigurationAdmin.class));
        Configuration[] configurations = admin.listConfigurations(null);
        for (Configuration configuration : configurations == null ? new Configuration[0] : configurations) {
            TreeMap<String, Object> properties = new TreeMap<>();
            Collections.list(configuration.getProperties().keys())
                    .forEach(key ->
                            properties.put(key, configuration.getProperties().get(key)));
            System.out.println("probe: " + configuration.getPid() + " " + properties);
        }
        System.out.println("probe: settings "
                + (context.getServiceReference("org.stoneware.api.config.ArraySettings") == null
                        ? "missing"
                        : "there"));
    }

    @Override
    public void stop(BundleContext context) {
        // nothing to release
    }
}
