package org.stoneware.server.agent;

import org.osgi.framework.Version;
import org.stoneware.spi.storage.SessionStoreProvider;

/**
 * A provider of stores and the bundle it came from.
 *
 * @param id      rises with every provider seen.
 * @param mode    persistence mode.
 * @param bundle  symbolic name of its bundle.
 * @param version version of its bundle at the time it came.
 */
record StoreOffer(long id, SessionStoreProvider provider, String mode, String bundle, Version version) {
    /** A provider that came from no bundle. */
    static StoreOffer of(SessionStoreProvider provider) {
        return new StoreOffer(0, provider, provider.mode(), "", Version.emptyVersion);
    }

    /** Who makes its stores: bundle and version, as it is written down for a restart. */
    String maker() {
        return bundle.isEmpty() ? "" : bundle + " " + version;
    }

    /** For people: what it is and which version. */
    String inWords() {
        return bundle.isEmpty() ? mode : mode + " (" + bundle + " " + version + ")";
    }
}
