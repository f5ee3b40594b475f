package org.stoneware.server.agent;

import org.jspecify.annotations.Nullable;
import org.stoneware.server.storage.StoreOrder;

/**
 * Which of the stores that are offered may be used.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StoreFit {
    private final StoreSource source;
    private final UnfitStores unfit;
    private final TrialRecord trials;
    private final ExchangeHost host;

    StoreFit(StoreSource source, UnfitStores unfit, TrialRecord trials, ExchangeHost host) {
        this.source = source;
        this.unfit = unfit;
        this.trials = trials;
        this.host = host;
    }

    /** The newest store of a mode that is not known to be broken; null when there is none. */
    @Nullable
    StoreOffer newest(String mode) {
        for (StoreOffer each : source.all().list()) {
            if (each.mode().equals(mode) && !unfit.contains(each)) {
                return each;
            }
        }
        return null;
    }

    /** The same for somebody who asks for the mode: where no other fits, one is tried again that was being tried at the end of a process. */
    @Nullable
    StoreOffer wanted(String mode) {
        StoreOffer fit = newest(mode);
        if (fit != null) {
            return fit;
        }
        for (StoreOffer each : source.all().list()) {
            if (each.mode().equals(mode) && unfit.forgive(each)) {
                trials.forgive(each);
                return newest(mode);
            }
        }
        return null;
    }

    boolean isThere(StoreOffer offer) {
        return source.all().list().contains(offer);
    }

    /** @param provider as {@link StoreOffer#inWords}. */
    void markUnfit(String provider, String reason) {
        for (StoreOffer each : source.all().list()) {
            if (each.inWords().equals(provider)) {
                unfit.add(each, reason);
            }
        }
    }

    /** Where a version of a bundle is on this server, for another one that waits for it. */
    StoreOrder standing(StoreOffer inUse, String mode, String maker) {
        // One that failed on probation may be in use still.
        String verdict = unfit.verdict(mode, maker);
        if (!verdict.isEmpty()) {
            return new StoreOrder(StoreOrder.Kind.UNFIT, mode, maker + '\n' + verdict);
        }
        if (inUse.mode().equals(mode) && inUse.maker().equals(maker)) {
            return new StoreOrder(isProved() ? StoreOrder.Kind.PROVED : StoreOrder.Kind.TRYING, mode, maker);
        }
        boolean isComing = source.all().list().stream()
                .anyMatch(each -> each.mode().equals(mode)
                        && each.maker().equals(maker)
                        && each.bundle().equals(inUse.bundle()));
        return new StoreOrder(isComing ? StoreOrder.Kind.TRYING : StoreOrder.Kind.LACKS, mode, maker);
    }

    /** One that was just started, perhaps since the store had ended its process, has shown nothing before it has held its sessions for a while. */
    private boolean isProved() {
        return !trials.isOpen()
                && trials.hasServed()
                && host.isCounted()
                && !host.isBeingCopied()
                && host.isWhole()
                && host.difference() == null
                && host.failure().isEmpty();
    }
}
