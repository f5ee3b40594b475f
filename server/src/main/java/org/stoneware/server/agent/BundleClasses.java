package org.stoneware.server.agent;

import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.wiring.BundleWiring;

/** Every class of a bundle, loaded ahead of its first use. Any thread. */
final class BundleClasses {
    private static final System.Logger LOG = System.getLogger("org.stoneware.server");
    private static final String SUFFIX = ".class";

    private BundleClasses() {}

    /**
     * Loads every class of the bundle that holds a class; nothing happens where there is no bundle.
     *
     * @param isInitialized whether they are verified and initialised as well, so that their first use costs nothing more.
     * @return how many there are now.
     */
    static int load(Class<?> member, boolean isInitialized) {
        Bundle bundle = FrameworkUtil.getBundle(member);
        BundleWiring wiring = bundle == null ? null : bundle.adapt(BundleWiring.class);
        if (wiring == null) {
            return 0;
        }
        int count = 0;
        for (String resource : wiring.listResources(
                "/", "*" + SUFFIX, BundleWiring.LISTRESOURCES_RECURSE | BundleWiring.LISTRESOURCES_LOCAL)) {
            String name =
                    resource.substring(0, resource.length() - SUFFIX.length()).replace('/', '.');
            try {
                if (!name.endsWith("-info")) {
                    Class.forName(name, isInitialized, member.getClassLoader());
                    count++;
                }
            } catch (ClassNotFoundException | LinkageError e) {
                // It names what is optional and not there; whoever needs it will hear.
                LOG.log(System.Logger.Level.DEBUG, "not loaded ahead: " + name + ": " + e);
            }
        }
        return count;
    }
}
