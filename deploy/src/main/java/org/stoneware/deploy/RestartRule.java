package org.stoneware.deploy;

import java.util.Map;
import java.util.Set;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * Says which bundles can't be taken in while the server runs, because they are the server: what the bundle set has started, what offers an
 * election, a transport or another part of it, and fragments of these. Stores are the exception, and so are newer versions of the
 * libraries only stores use, which live beside the older ones.
 */
final class RestartRule {
    private static final String SERVER_PARTS = "org.stoneware.spi.";
    private static final String STORE_SERVICES = "org.stoneware.spi.storage.";
    private static final String STORE_LIBRARIES = "org.stoneware.storage.";
    private static final String HOW =
            "; put its jar into bundles/ and name it in the bundle set%s, restart the standby, hand over, then"
                    + " restart the other server, and take it out of deploy/";
    private static final String INSTEAD = " in place of the one in use";
    private static final Set<String> FRAMEWORK =
            Set.of(Constants.SYSTEM_BUNDLE_SYMBOLICNAME, "org.apache.felix.framework");

    private RestartRule() {}

    /**
     * Why a bundle is not started, and what to do; empty when it may be.
     *
     * @param running versions by symbolic name of the bundles the server was started with.
     */
    static String refusal(BundleFile bundle, Map<String, Set<Version>> running) {
        String host = bundle.host();
        if (host != null && (running.containsKey(host) || FRAMEWORK.contains(host))) {
            return "it is a fragment of " + host + ", which would have to restart and the server with it" + how("");
        }
        for (String service : bundle.services()) {
            if (service.startsWith(SERVER_PARTS) && !service.startsWith(STORE_SERVICES)) {
                String kind = service.substring(SERVER_PARTS.length(), service.lastIndexOf('.'));
                return "it offers the server's " + kind + ", which is chosen when a server starts"
                        + how(running.containsKey(bundle.symbolicName()) ? INSTEAD : "");
            }
        }
        Set<Version> versions = running.get(bundle.symbolicName());
        if (versions == null || bundle.offersStore()) {
            return "";
        }
        if (bundle.symbolicName().startsWith(STORE_LIBRARIES)) {
            return versions.contains(bundle.version())
                    ? "this version is in use already; give the new one a higher Bundle-Version"
                    : "";
        }
        return "it is part of the running server" + how(INSTEAD);
    }

    /** Whether a bundle offers a store, and nothing a server would have to restart for. */
    static boolean isStore(BundleFile bundle) {
        return bundle.offersStore() && refusal(bundle, Map.of()).isEmpty();
    }

    private static String how(String instead) {
        return HOW.formatted(instead);
    }
}
