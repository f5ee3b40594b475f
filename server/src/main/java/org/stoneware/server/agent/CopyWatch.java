package org.stoneware.server.agent;

import org.stoneware.server.storage.ExchangeableStore;

/**
 * Notices that the sessions here are not as the active's, and that a copy has replaced them: a store on trial may be why.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class CopyWatch {
    private final ExchangeHost host;
    private final TrialRecord trials;
    /** What was served at the last look; another object once a copy has replaced the sessions. */
    private ExchangeableStore served;
    /** In what the sessions differed then. */
    private String difference;

    CopyWatch(ExchangeHost host, TrialRecord trials) {
        this.host = host;
        this.trials = trials;
        this.served = host.store();
        this.difference = host.difference();
    }

    /** @return in what the sessions differ, once; empty when in nothing new. */
    String look(StoreOffer inUse, long nowNs) {
        String found = host.difference();
        boolean isNews = !found.isEmpty() && !found.equals(difference);
        difference = found;
        if (host.store() != served) {
            served = host.store();
            trials.onCopied(inUse, false, nowNs);
        }
        return isNews ? "the sessions are not as the active's: " + found : "";
    }
}
