package org.stoneware.server.agent;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stores that are not to be used, and why, until their bundle goes or comes anew.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class UnfitStores {
    private final Map<String, String> reasons = new LinkedHashMap<>();

    void add(StoreOffer offer, String reason) {
        reasons.put(key(offer), offer.inWords() + " is not used: " + reason);
    }

    void remove(StoreOffer offer) {
        reasons.remove(key(offer));
    }

    boolean contains(StoreOffer offer) {
        return reasons.containsKey(key(offer));
    }

    /** For people, one line for each. */
    List<String> inWords() {
        return new ArrayList<>(reasons.values());
    }

    Map<String, String> byOffer() {
        return Map.copyOf(reasons);
    }

    private static String key(StoreOffer offer) {
        return offer.mode() + ' ' + offer.bundle() + ' ' + offer.version();
    }
}
