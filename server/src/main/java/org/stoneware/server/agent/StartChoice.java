package org.stoneware.server.agent;

import java.util.Set;
import org.osgi.framework.Version;

/** Which of several bundles that offer the mode a server begins with. */
final class StartChoice {
    private StartChoice() {}

    /**
     * Whether a start goes past an offer, since another one is there too and comes in a moment.
     *
     * @param wanted     bundle and version that held the sessions last, as {@link StoreOffer#maker}; empty when not known.
     * @param ended      what was being tried when a process of this server ended, see {@link TriedStores#name}.
     * @param isDropped  its bundle was dropped into deploy/, and is not part of the set.
     * @param registered bundle and version of all that are registered.
     */
    static boolean isPassedOver(
            String wanted, Set<String> ended, StoreOffer offer, boolean isDropped, Set<String> registered) {
        if (wanted.equals(offer.maker())) {
            return false;
        }
        if (registered.contains(wanted) && (isBetter(wanted, offer) || isDropped)) {
            return true;
        }
        String bundle = offer.bundle() + ' ';
        return ended.contains(TriedStores.name(offer))
                && registered.stream()
                        .anyMatch(each -> each.startsWith(bundle)
                                && !each.equals(offer.maker())
                                && !ended.contains(offer.mode() + ' ' + each));
    }

    /**
     * Whether the bundle that held the sessions last goes before an offer of the set. It does not when the offer is a newer version of that
     * bundle: then the installation was upgraded. A newer version that was dropped has never held them and is tried first, as any is.
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
