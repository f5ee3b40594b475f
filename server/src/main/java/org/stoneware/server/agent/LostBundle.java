package org.stoneware.server.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Whether the bundle of the store in use is there, and what is to be done when it is not.
 *
 * <pre>
 *  the bundle of the store in use goes          the store goes on, for its classes are loaded; a problem is shown
 *  one of the same mode is there or comes       the sessions move to it
 *  none for {@link #GRACE_NS}, another fits       the sessions move to that, never to one that keeps less
 *  none fits, a standby is in sync              the active role is handed over, at most {@link #MAX_HAND_OVERS} times
 *  otherwise                                    this server goes on with the store it has, and looks again every minute
 * </pre>
 *
 * <b>Threading:</b> the agent thread.
 */
final class LostBundle {
    /** An update stops a bundle before it starts the next version; that is no reason to leave the mode. */
    static final long GRACE_NS = TimeUnit.SECONDS.toNanos(3);
    /** After nothing came of it for a reason that may pass: no room, a copy under way, no standby. */
    static final long LOOK_AGAIN_NS = TimeUnit.MINUTES.toNanos(1);
    /** Two servers that have both lost a bundle must not pass the role to and fro. */
    static final int MAX_HAND_OVERS = 3;

    static final String CAUSE = "the loss of the bundle of the store in use";

    private final StoreSource source;
    private final UnfitStores unfit;
    private boolean isGone;
    private boolean isTold;
    private int handOvers;
    private long dueNs;

    LostBundle(StoreSource source, UnfitStores unfit) {
        this.source = source;
        this.unfit = unfit;
    }

    boolean isGone() {
        return isGone;
    }

    /** Another store is in use. */
    void onUse(StoreOffer inUse, long nowNs) {
        boolean wasGone = isGone;
        isGone = source.all().list().stream().noneMatch(inUse::equals);
        if (isGone && !wasGone) {
            isTold = false;
            handOvers = 0;
        }
        dueNs = nowNs + GRACE_NS;
    }

    /** The bundle of the store in use has gone. */
    void onGone(long nowNs) {
        isGone = true;
        isTold = false;
        handOvers = 0;
        dueNs = nowNs + GRACE_NS;
    }

    /** Looks for another store after that time, should the bundle be gone. */
    void lookAgain(long nowNs, long delayNs) {
        dueNs = nowNs + delayNs;
    }

    boolean isDue(long nowNs) {
        return isGone && nowNs - dueNs > 0;
    }

    /** @return false when it was handed over often enough. */
    boolean handsOver() {
        return handOvers++ < MAX_HAND_OVERS;
    }

    /** @return true once for each loss. */
    boolean tells() {
        boolean isFirst = !isTold;
        isTold = true;
        return isFirst;
    }

    /** Of the same mode, else of the configured one, else one that keeps as much as the one in use; never one that keeps less. */
    @Nullable
    StoreOffer substitute(StoreOffer inUse) {
        List<StoreOffer> fit = new ArrayList<>(source.all().list());
        fit.removeIf(each -> unfit.contains(each)
                || inUse.provider().keepsSessions() && !each.provider().keepsSessions());
        Predicate<StoreOffer> isSameMode = each -> each.mode().equals(inUse.mode());
        Predicate<StoreOffer> isConfigured =
                each -> each.mode().equals(source.choice().configured());
        Predicate<StoreOffer> isAlike =
                each -> each.provider().keepsSessions() == inUse.provider().keepsSessions();
        for (Predicate<StoreOffer> wish : List.of(isSameMode, isConfigured, isAlike)) {
            for (StoreOffer each : fit) {
                if (wish.test(each)) {
                    return each;
                }
            }
        }
        return fit.isEmpty() ? null : fit.get(0);
    }
}
