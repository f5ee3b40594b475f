package org.stoneware.server.agent;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Stores that are not to be used, and why, until their bundle goes or comes anew. Those during whose exchange a process of this server
 * ended are not used until somebody asks for them, see {@link TriedStores}.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> what is known of bundles that have gone is kept for {@link #MAX_GONE} of them.
 */
final class UnfitStores {
    private static final int MAX_GONE = 32;

    private final Map<String, String> reasons = new LinkedHashMap<>();
    /** What other servers are told of bundles that have gone: the bare reasons, oldest first. */
    private final Map<String, String> verdicts = new LinkedHashMap<>();

    private final Set<String> ended;
    private final String endedReason;

    /** @param tried what the process before was trying. */
    UnfitStores(TriedStores tried) {
        this.ended = new LinkedHashSet<>(tried.endedWithTheProcess());
        this.endedReason = "the process of this server ended while its sessions moved to it or were on probation there,"
                + " or it failed on probation when they could not go back."
                + " Install a newer version; or, if it had another cause, ask for the mode (storage:use), or delete "
                + tried.file() + " and restart";
    }

    void add(StoreOffer offer, String reason) {
        add(offer, "is not used: ", reason);
    }

    /** The same of one that has the sessions, which could not go back. */
    void addStayed(StoreOffer offer, String reason) {
        add(
                offer,
                "failed on probation and had the sessions still: ",
                reason
                        + ". This stays so, also once they have been copied again: move them to another store (storage:use"
                        + " MODE), or install a newer version");
    }

    private void add(StoreOffer offer, String what, String reason) {
        reasons.put(key(offer), offer.inWords() + ' ' + what + reason);
        verdicts.remove(key(offer));
        verdicts.put(key(offer), reason);
        if (verdicts.size() > MAX_GONE) {
            verdicts.remove(verdicts.keySet().iterator().next());
        }
    }

    /** Its bundle has come: what was wrong with the one before is not known of it. */
    void come(StoreOffer offer) {
        reasons.remove(key(offer));
        verdicts.remove(key(offer));
    }

    /** Its bundle has gone, and nobody can use it by mistake; why it was not used can be asked for still. */
    void go(StoreOffer offer) {
        reasons.remove(key(offer));
    }

    /** Whatever it did to the process before, it is to be used. @return false when that was nothing. */
    boolean forgive(StoreOffer offer) {
        return ended.remove(key(offer));
    }

    boolean contains(StoreOffer offer) {
        return reasons.containsKey(key(offer)) || ended.contains(key(offer));
    }

    /** Why a store is not used here, whether its bundle is there or not; empty when it is fit or not known. */
    String verdict(String mode, String maker) {
        String key = mode + ' ' + maker;
        return ended.contains(key) ? endedReason : verdicts.getOrDefault(key, "");
    }

    /** For people, one line for each. */
    List<String> inWords() {
        return new ArrayList<>(byOffer().values());
    }

    Map<String, String> byOffer() {
        Map<String, String> all = new LinkedHashMap<>(reasons);
        for (String each : ended) {
            int blank = each.indexOf(' ');
            all.putIfAbsent(
                    each,
                    each.substring(0, blank) + " (" + each.substring(blank + 1) + ") is not used: " + endedReason);
        }
        return all;
    }

    private static String key(StoreOffer offer) {
        return offer.mode() + ' ' + offer.bundle() + ' ' + offer.version();
    }
}
