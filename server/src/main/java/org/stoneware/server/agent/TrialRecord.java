package org.stoneware.server.agent;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.storage.StoreSwitch;

/**
 * Keeps {@link TriedStores} true: what is written down as being tried is taken back once nothing is, however that came about. The store a
 * server begins with counts as tried for one probation more when the process before ended in the middle of its own: where sessions are
 * kept nobody else can open them. A store that has served for that long is what the next start begins with, see {@link ProvedStores}.
 * <p>
 * <b>Threading:</b> the agent thread; files are written beside it.
 */
final class TrialRecord {
    private final SessionGenerations generations;
    private final ChoiceWriter disk;
    private final BooleanSupplier isFailed;
    private @Nullable StoreOffer first;
    private boolean isOpen;
    /** The store this server began with has served long enough then. */
    private long firstProvedNs;

    private long openUntilNs = Long.MIN_VALUE;
    private String problem = "";
    /** The store that failed on its probation and kept the sessions. */
    private @Nullable StoreOffer unproved;

    /** @param isFailed whether the store in use takes no changes any more. */
    TrialRecord(SessionGenerations generations, ChoiceWriter disk, BooleanSupplier isFailed) {
        this.isFailed = isFailed;
        this.generations = generations;
        this.disk = disk;
    }

    /** The store this server begins with. @return true when it was being tried at the end of the process before. */
    boolean begin(StoreOffer begun, UnfitStores unfit, long nowNs) {
        first = begun;
        firstProvedNs = nowNs + StoreSwitch.PROBATION_NS;
        if (!unfit.forgive(begun)) {
            return false;
        }
        disk.write(() -> generations.tried().begin(begun));
        forgive(begun);
        isOpen = true;
        openUntilNs = firstProvedNs;
        problem = begun.inWords()
                + " was on probation when the process before ended, or had failed on it, and has the sessions now: should this one"
                + " end too, take a newer version, or move to another store (storage:use)";
        return true;
    }

    /** Another store is about to be tried; see {@link StoreOpener}, which writes that down. */
    void open() {
        isOpen = true;
        openUntilNs = Long.MIN_VALUE;
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
    void onStayed(StoreOffer failed) {
        unproved = failed;
        disk.write(() -> generations.tried().fail(failed));
    }

    /** Nothing is tried, filled or on probation. */
    int onIdle(StoreOffer inUse, StoreChoice choice, long nowNs) {
        int work = 0;
        StoreOffer begun = first;
        if (begun != null && nowNs >= firstProvedNs) {
            first = null;
            work++;
            boolean isProved = begun.equals(inUse) && !isFailed.getAsBoolean();
            if (begun.equals(inUse) && !isProved && openUntilNs == firstProvedNs) {
                onStayed(begun);
            } else if (isProved) {
                disk.write(() -> generations.proved(begun));
            }
        }
        if (isOpen && nowNs >= openUntilNs) {
            isOpen = false;
            problem = "";
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
