package org.stoneware.server.agent;

import org.jspecify.annotations.Nullable;
import org.stoneware.server.storage.StoreSwitch;

/**
 * Keeps {@link TriedStores} true: what is written down as being tried is taken back once nothing is, however that came about. The store a
 * server begins with counts as tried for one probation more when the process before ended in the middle of its own: where sessions are
 * kept nobody else can open them. So does one whose probation ended for nothing it did, since a copy from the active replaced the sessions,
 * the active counts this server no longer, or another store was asked for: the first two may be because of it. A store that has served for that long is what the next start begins with, see {@link ProvedStores}.
 * <p>
 * <b>Threading:</b> the agent thread; files are written beside it.
 */
final class TrialRecord {
    private final SessionGenerations generations;
    private final ChoiceWriter disk;
    private final UnfitStores unfit;
    private final ExchangeHost host;
    /** The store in use that has to serve until {@link #firstProvedNs}, with none standing by. */
    private @Nullable StoreOffer first;

    private boolean isOpen;
    /** That store has served long enough then. */
    private long firstProvedNs;

    private long openUntilNs = Long.MIN_VALUE;
    private String problem = "";
    /** The store that failed on its probation and kept the sessions. */
    private @Nullable StoreOffer unproved;

    TrialRecord(SessionGenerations generations, ChoiceWriter disk, UnfitStores unfit, ExchangeHost host) {
        this.unfit = unfit;
        this.host = host;
        this.generations = generations;
        this.disk = disk;
    }

    /** The store this server begins with. @return true when it was being tried at the end of the process before. */
    boolean begin(StoreOffer begun, long nowNs) {
        serveAlone(begun, nowNs);
        if (!unfit.forgive(begun)) {
            return false;
        }
        disk.write(() -> generations.tried().begin(begun));
        forgive(begun);
        openAlone();
        problem = begun.inWords()
                + " was on probation when the process before ended, or had failed on it, and has the sessions now: should this one"
                + " end too, take a newer version, or move to another store (storage:use)";
        return true;
    }

    private void serveAlone(StoreOffer inUse, long nowNs) {
        first = inUse;
        firstProvedNs = nowNs + StoreSwitch.PROBATION_NS;
    }

    private void openAlone() {
        isOpen = true;
        openUntilNs = firstProvedNs;
    }

    /** The store in use is on trial, and has none standing by any more. */
    void onAlone(StoreOffer inUse, long nowNs) {
        serveAlone(inUse, nowNs);
        openAlone();
    }

    /**
     * What was shown so far counts no more, should the store in use be on trial with none standing by: a copy from the active has replaced
     * the sessions, whole, or this server does not count there.
     */
    void beginAnew(StoreOffer inUse, long nowNs) {
        if (isAlone() && inUse.equals(first)) {
            onAlone(inUse, nowNs);
        }
    }

    /** True while the store in use is on trial with none standing by. */
    boolean isAlone() {
        return isOpen && first != null && openUntilNs == firstProvedNs;
    }

    /** For {@code storage:list}: what is going on; empty when nothing is. */
    String inWords() {
        return isAlone() ? "the store in use is on probation, and none stands by" : "";
    }

    /** Another store is about to be tried; see {@link StoreOpener}, which writes that down. */
    void open() {
        // What is tried meanwhile does not end the trial of the one that serves alone.
        openUntilNs = isAlone() ? firstProvedNs : Long.MIN_VALUE;
        isOpen = true;
    }

    /** True while a store is tried, filled, or on probation. */
    boolean isOpen() {
        return isOpen;
    }

    /** True once the store this server began with has been in use for one probation, or another one since. */
    boolean hasServed() {
        return first == null;
    }

    /** What people should know; empty when there is nothing. */
    String problem() {
        return isOpen ? problem : "";
    }

    /** Somebody wants it tried again. */
    void forgive(StoreOffer offer) {
        disk.write(() -> generations.tried().forgive(offer));
    }

    /** A store failed on probation, and the sessions can't go back: where they are is no choice for a restart that can make another. */
    void onStayed(StoreOffer failed, String reason) {
        unproved = failed;
        unfit.addStayed(failed, reason);
        disk.write(() -> generations.tried().fail(failed));
    }

    /** Nothing is tried, filled or on probation. */
    int onIdle(StoreOffer inUse, StoreChoice choice, long nowNs) {
        int work = 0;
        if (isAlone()) {
            // What a copy brings, or a start begins with, is another store than the one whose changes were measured.
            host.store().pace().measure(host::nowNs);
        }
        StoreOffer begun = first;
        if (begun != null && nowNs >= firstProvedNs) {
            first = null;
            work++;
            String why = host.shortcoming();
            boolean isProved = begun.equals(inUse) && why.isEmpty() && !begun.equals(unproved);
            if (begun.equals(inUse) && !why.isEmpty() && openUntilNs == firstProvedNs) {
                onStayed(begun, why);
            } else if (isProved) {
                disk.write(() -> generations.proved(begun));
            }
        }
        if (isOpen && nowNs >= openUntilNs) {
            isOpen = false;
            problem = "";
            host.store().pace().end();
            boolean isSettled = !inUse.equals(unproved);
            disk.write(() -> {
                generations.tried().endAll();
                if (isSettled) {
                    choice.settle();
                }
            });
            work++;
        }
        return work;
    }
}
