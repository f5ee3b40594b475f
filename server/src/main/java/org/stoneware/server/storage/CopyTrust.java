package org.stoneware.server.storage;

import org.jspecify.annotations.Nullable;

/**
 * Whether a restart may believe the copy of the sessions that is held, over exchanges and fall-backs of its stores.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class CopyTrust {
    private static final long TRUSTED = Long.MIN_VALUE;

    /** What was in use before the exchange may have lacked something that was acknowledged. */
    private boolean isSuspect;
    /** After a fall-back: what the store in use must have made durable before a restart may believe it. */
    private long position = TRUSTED;
    /** What the store in use said when it was begun with, or when this server led: that is known. */
    private String knownDamage;
    /** What the store it took the place of said then. */
    private String knownBefore = "";

    CopyTrust(String damage) {
        knownDamage = damage;
    }

    /**
     * A store is left for another one. A copy that may lack something is no better for having been copied; and what was found damaged a
     * moment ago is in no marker yet.
     *
     * @return whether the next one is suspect too.
     */
    boolean carryOver(GenerationPlace from, String damage) {
        isSuspect = from.isSuspect() || !damage.equals(knownDamage);
        knownBefore = damage;
        return isSuspect;
    }

    /** The next one is in use. */
    void onExchanged(String damage) {
        knownDamage = damage;
    }

    /** What the store before has found damaged since another one took its place, for nobody looks at it then; empty when nothing. */
    String lostBy(@Nullable SharedStore before) {
        String[] damage = {knownBefore};
        if (before != null) {
            StoreGuard.failure(() -> damage[0] = before.store().damage());
        }
        return damage[0].equals(knownBefore) ? "" : damage[0];
    }

    /**
     * The one before is in use again, and what was acknowledged meanwhile is durable in it once it has come that far.
     *
     * @param lost as {@link #lostBy}: what was acknowledged is not all there, however durable the rest is.
     */
    void onFellBack(long appendPosition, String lost) {
        isSuspect |= !lost.isEmpty();
        position = isSuspect ? TRUSTED : appendPosition;
        knownDamage = knownBefore;
    }

    /** @return true once what a fall-back had left in doubt is durable. */
    boolean isSettled(long durablePosition) {
        boolean isSettled = position != TRUSTED && durablePosition >= position;
        position = isSettled ? TRUSTED : position;
        return isSettled;
    }

    boolean isUnsettled() {
        return position != TRUSTED;
    }

    /** This server leads: what it holds counts in full. */
    void trust(String damage) {
        isSuspect = false;
        position = TRUSTED;
        knownDamage = damage;
    }
}
