package org.stoneware.server.agent;

import org.osgi.framework.Version;

/** Which of several bundles that offer the mode a server begins with. */
final class StartChoice {
    private StartChoice() {}

    /**
     * Whether a start goes past an offer because of the bundle that held the sessions last. It does not when the offer is a newer version
     * of that bundle: then the installation was upgraded.
     *
     * @param wanted bundle and version that held the sessions last, as {@link StoreOffer#maker}; empty when not known.
     */
    static boolean isBetter(String wanted, StoreOffer offer) {
        int blank = wanted.lastIndexOf(' ');
        if (blank < 0 || wanted.equals(offer.maker())) {
            return false;
        }
        if (!wanted.substring(0, blank).equals(offer.bundle())) {
            return true;
        }
        try {
            return Version.parseVersion(wanted.substring(blank + 1)).compareTo(offer.version()) > 0;
        } catch (IllegalArgumentException e) {
            // A file that was edited by hand.
            return false;
        }
    }
}
