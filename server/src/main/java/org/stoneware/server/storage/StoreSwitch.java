package org.stoneware.server.storage;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.storage.StoreHealth;

/**
 * Moves all sessions of a serving server from one store to another.
 *
 * <pre>
 *  from       to         when
 *  IDLE       COPYING    {@link #begin}
 *  PROVING    COPYING    {@link #begin}: the probation ends early, which proves nothing
 *  COPYING    VERIFYING  the walk over the old store has shown everything
 *  VERIFYING  SETTLING   every slot has the same number of sessions and the same digest in both
 *  SETTLING   PROVING    the new store holds everything as durably as its mode promises; the stores change places
 *  PROVING    IDLE       {@link #PROBATION_NS} are over, or the new store failed, is wrong or too slow: the old one is in use again if it has every change, in a while
 *                        perhaps, and a restart can be told of it
 *  PROVING    IDLE       {@link #onHindered}: the same, and the new store is none the worse for it
 *  COPYING    COPYING    the copy of the sessions being served was replaced by another: begins anew
 *  any but PROVING  IDLE the new store can't be equal, is too slow, the old one does not read all it holds, or it was {@link #cancel cancelled}: the old one goes on
 * </pre>
 *
 * <b>Threading:</b> the agent thread. Not final: tests plant faults in the twin. Pure: time is a parameter, and what a step took is asked of a clock that is given.
 * <p>
 * <b>Limits:</b> {@link #BUDGET_NS} of each duty cycle, exceeded by at most one batch or one slot.
 */
public class StoreSwitch {
    /** Part of a duty cycle, so that requests go on. */
    static final long BUDGET_NS = TimeUnit.MICROSECONDS.toNanos(500);
    /** How long the old store stands by after the exchange. */
    public static final long PROBATION_NS = TimeUnit.SECONDS.toNanos(30);
    /** A new store that needs longer for one batch would stop the server for that long. */
    static final long MAX_STEP_NS = TimeUnit.MILLISECONDS.toNanos(250);
    /** Longest time without any progress. */
    static final long MAX_STALL_NS = TimeUnit.SECONDS.toNanos(30);
    /** The same while the store in use says that its device does not read: it ends its walk by itself, after ten minutes for ours. */
    static final long MAX_UNREAD_NS = TimeUnit.MINUTES.toNanos(12);
    /** Longest wait for the new store to make durable what it holds. */
    static final long MAX_SETTLE_NS = TimeUnit.SECONDS.toNanos(5);

    /** Whose fault it is that an exchange came to nothing. */
    private enum Blame {
        NEW_STORE,
        OLD_STORE,
        /** There is no room, or a file can't be written. */
        MACHINE,
        NOBODY
    }

    private final Supplier<ExchangeableStore> stores;
    private final LongSupplier nanoClock;
    private final Output output;
    private final FillingWalk filling;
    private final StoreComparison comparison = new StoreComparison();

    private StoreSwitchState state = StoreSwitchState.IDLE;
    private @Nullable ExchangeableStore store;
    private @Nullable OpenedStore target;
    private String from = "";
    /** What the store in use said of itself when it began to be copied. */
    private String damage = "";

    private ProbationWatch watch = new ProbationWatch();

    private long beganNs;
    private long sinceNs;
    private long progressNs;
    private long settlePosition;
    private long total;
    private int restarts;
    private int slot;

    /** Hears how exchanges go. Called on the agent thread. */
    public interface Output {
        void info(String kind, String text);

        void warning(String kind, String text);

        /** Another store is in use. */
        void onExchanged(OpenedStore inUse);

        /** The store in use failed on probation; the one before it is in use again. What is asked for meanwhile is not concerned. */
        void onFellBack(OpenedStore inUse, OpenedStore broken, String reason);

        /** The store in use failed on probation, or was too slow, and the one before it can't be used again. What is asked for meanwhile is not concerned. */
        default void onStayed(OpenedStore inUse, String reason) {}

        /** The same for a store that did nothing wrong: the machine has no room for both, or its disk does not read. */
        default void onGaveWay(OpenedStore inUse, OpenedStore left, String reason) {
            onFellBack(inUse, left, reason);
        }

        /** The exchange under way ends: this store does not come into use, because of what it did itself. */
        void onUnfit(OpenedStore unfit, String reason);

        /** The exchange ended for a reason that is not the new store's; it may be asked for again. */
        void onInterrupted(String reason);

        /** The exchange ended because the store in use, which goes on as far as it can, does not show all it holds. */
        default void onUnreadable(String reason) {
            onInterrupted(reason);
        }

        /** The exchange ended because the machine has no room or does not take a file; what is asked for again at once ends so again. */
        default void onHindered(String reason) {
            onUnreadable(reason);
        }

        /** The probation of the store in use is over, and it did not fail. */
        default void onProved(OpenedStore inUse) {}

        /**
         * A store is on probation, has not failed, and has none standing by any more.
         *
         * @param reason why.
         */
        default void onAlone(OpenedStore inUse, String reason) {}

        /** Everything the server wants to find again beside sessions is to be noted anew, in the store in use and in its twin. */
        default void checkpoint(ExchangeableStore into) {}

        /** Other stores are behind this one; whether {@link ExchangeableStore#isNoting notes} are wanted may have changed. */
        default void onStoresChanged(ExchangeableStore store) {}
    }

    /**
     * @param stores    the store served now; another object when the sessions were replaced as a whole.
     * @param nanoClock tells how long a step took.
     */
    public StoreSwitch(Supplier<ExchangeableStore> stores, LongSupplier nanoClock, Output output) {
        this.stores = stores;
        this.nanoClock = nanoClock;
        this.output = output;
        this.filling = new FillingWalk(nanoClock);
    }

    public boolean isBusy() {
        return state != StoreSwitchState.IDLE && state != StoreSwitchState.PROVING;
    }

    public StoreSwitchState state() {
        return state;
    }

    /** Where the exchange stands, for people; empty when there is none. */
    public String progress() {
        String to = target == null ? "" : target.provider();
        return switch (state) {
            case IDLE -> "";
            case COPYING -> from + " -> " + to + ": copying, " + filling.copied() + " of about " + total + " sessions";
            case VERIFYING -> from + " -> " + to + ": comparing, slot " + slot + " of " + SessionKey.SLOT_COUNT;
            case SETTLING -> from + " -> " + to + ": making durable";
            case PROVING -> to + " is in use; " + from + " stands by should it fail";
        };
    }

    /**
     * Begins to move the sessions to an empty store, which belongs to this object from now on.
     *
     * @param by who asked for it, for the log.
     */
    public void begin(OpenedStore next, String by, long nowNs) {
        if (isBusy()) {
            throw new IllegalStateException("an exchange is under way: " + progress());
        }
        if (state == StoreSwitchState.PROVING) {
            // It may have failed, or gone with the sessions it held, since the last look.
            doWork(nowNs);
        }
        if (state == StoreSwitchState.PROVING) {
            goOnAlone("another store was asked for", nowNs);
        }
        restarts = 0;
        beganNs = nowNs;
        target = next;
        output.info(
                "store-exchange",
                "sessions begin to move from " + stores.get().inUse().provider() + " to " + next.provider()
                        + ", asked by " + by);
        copy(next, nowNs);
    }

    private void copy(OpenedStore next, long nowNs) {
        ExchangeableStore source = stores.get();
        store = source;
        from = source.inUse().provider();
        slot = 0;
        total = source.figures().sessions();
        damage = source.damage();
        comparison.restart();
        StoreTwin filled = twin(next);
        source.beginTwin(filled);
        filling.begin(source, filled);
        state(StoreSwitchState.COPYING, nowNs);
    }

    /** Not private: tests plant faults. */
    StoreTwin twin(OpenedStore next) {
        return new StoreTwin(next, false);
    }

    /** Ends an exchange that is under way; the store in use goes on. */
    public void cancel(String reason, long nowNs) {
        if (isBusy()) {
            giveUp(reason, Blame.NOBODY, nowNs);
        }
    }

    /**
     * Lets time pass.
     *
     * @return amount of work done; 0 when idle.
     */
    public int doWork(long nowNs) {
        if (state == StoreSwitchState.IDLE) {
            return 0;
        }
        ExchangeableStore now = stores.get();
        if (now != store) {
            return replaced(nowNs);
        }
        if (state == StoreSwitchState.PROVING) {
            int work = isOver(now, nowNs) ? 1 : prove(now, nowNs);
            // It may have given way as it was asked: nobody else is to see it so before that is told.
            return state == StoreSwitchState.PROVING && isOver(now, nowNs) ? work + 1 : work;
        }
        StoreTwin twin = now.twin();
        if (twin == null) {
            giveUp("the sessions were cleared meanwhile", Blame.NOBODY, nowNs);
            return 1;
        }
        // Either store may have failed as the exchange began.
        int work = twin.isSound() ? step(now, twin, nowNs) : 1;
        if (!twin.isSound()) {
            giveUp(now, twin, nowNs);
        } else if (work > 0) {
            progressNs = nowNs;
        } else if (isBusy() && nowNs - progressNs > MAX_STALL_NS) {
            onStall(now, twin, nowNs);
        }
        return work;
    }

    /** Two stores differ also when the one in use has failed, or has lost what was damaged, while they were compared. */
    private void giveUp(ExchangeableStore now, StoreTwin twin, long nowNs) {
        String failure = now.failure();
        String lost = now.damage();
        if (twin.isSourceToBlame()) {
            giveUp(twin.problem(), Blame.OLD_STORE, nowNs);
        } else if (!failure.isEmpty() || !lost.equals(damage)) {
            String found = failure.isEmpty() ? lost : failure;
            giveUp(twin.problem() + "; the store in use is why: " + found, Blame.OLD_STORE, nowNs);
        } else {
            giveUp(twin.problem(), twin.isMachineToBlame() ? Blame.MACHINE : Blame.NEW_STORE, nowNs);
        }
    }

    /** What is waited for says whose fault it is: a session the store in use can't read or one that failed, or the new store. */
    private void onStall(ExchangeableStore now, StoreTwin twin, long nowNs) {
        String unread = state == StoreSwitchState.COPYING && !twin.isBehind() ? now.readProblem() : "";
        long maxNs = unread.isEmpty() ? MAX_STALL_NS : MAX_UNREAD_NS;
        if (nowNs - progressNs > maxNs) {
            String ofOld = unread.isEmpty() ? now.failure() : unread;
            giveUp(
                    "nothing moved for " + TimeUnit.NANOSECONDS.toSeconds(maxNs) + " s"
                            + (ofOld.isEmpty() ? "" : ": " + ofOld),
                    ofOld.isEmpty() ? Blame.NEW_STORE : Blame.OLD_STORE,
                    nowNs);
        }
    }

    private int step(ExchangeableStore now, StoreTwin twin, long nowNs) {
        return switch (state) {
            case COPYING -> copyMore(now, twin, nowNs);
            case VERIFYING -> verify(now, twin, nowNs);
            case SETTLING -> settle(now, twin, nowNs);
            case IDLE, PROVING -> 0;
        };
    }

    private int copyMore(ExchangeableStore now, StoreTwin twin, long nowNs) {
        int work = filling.step(now, twin);
        if (filling.isOver()) {
            twin.walked();
            state(StoreSwitchState.VERIFYING, nowNs);
        }
        return work;
    }

    private int verify(ExchangeableStore now, StoreTwin twin, long nowNs) {
        long startNs = nanoClock.getAsLong();
        int work = 0;
        if (twin.isBehind()) {
            return 0;
        }
        while (slot < SessionKey.SLOT_COUNT && twin.isSound() && nanoClock.getAsLong() - startNs < BUDGET_NS) {
            int compared = slot++;
            twin.guarded("compare", () -> {
                String difference = comparison.compare(now, twin.opened().store(), compared);
                if (!difference.isEmpty()) {
                    twin.problem("it does not hold the same: " + difference);
                }
            });
            work++;
        }
        if (slot == SessionKey.SLOT_COUNT && twin.isSound()) {
            twin.guarded("count", () -> {
                String difference = StoreComparison.count(now, twin.opened().store());
                if (!difference.isEmpty()) {
                    twin.problem("it does not hold the same: " + difference);
                }
            });
            if (twin.isSound()) {
                twin.mirrorNotes();
                output.checkpoint(now);
                twin.guardedSource("tell how far it is durable", now::holdDurable);
                twin.guarded(
                        "tell its position",
                        () -> settlePosition = twin.opened().store().appendPosition());
                state(StoreSwitchState.SETTLING, nowNs);
            }
        }
        return work + 1;
    }

    private int settle(ExchangeableStore now, StoreTwin twin, long nowNs) {
        if (twin.isBehind()) {
            return 0;
        }
        boolean[] isDurable = new boolean[1];
        twin.guarded(
                "tell its position", () -> isDurable[0] = twin.opened().store().durablePosition() >= settlePosition);
        if (!twin.isSound()) {
            return 1;
        }
        if (!isDurable[0]) {
            if (nowNs - sinceNs > MAX_SETTLE_NS) {
                twin.problem("too slow: what it holds is not durable after "
                        + TimeUnit.NANOSECONDS.toSeconds(MAX_SETTLE_NS) + " s");
            }
            return 0;
        }
        boolean[] isInUse = new boolean[1];
        @Nullable String failure = StoreGuard.failure(() -> isInUse[0] = now.exchange(nanoClock));
        if (failure != null) {
            twin.problem("it could not come into use: " + failure);
            return 1;
        }
        if (!isInUse[0]) {
            twin.machineProblem("a restart could not be told of it; see the line before");
            return 1;
        }
        OpenedStore inUse = now.inUse();
        output.info(
                "store-exchanged",
                "sessions are in " + inUse.provider() + " now: " + now.figures().sessions() + " sessions moved from "
                        + from + " in " + TimeUnit.NANOSECONDS.toMillis(nowNs - beganNs) + " ms, compared and equal");
        watch = new ProbationWatch();
        state(StoreSwitchState.PROVING, nowNs);
        output.onStoresChanged(now);
        output.onExchanged(inUse);
        return 1;
    }

    /** True when the store on probation has ended it; then that has been said. */
    private boolean isOver(ExchangeableStore now, long nowNs) {
        OpenedStore proved = target;
        ProbationEnd ended = now.probationEnd();
        if (ended == null || proved == null) {
            return false;
        }
        failProbation(now, proved, ended, nowNs);
        return true;
    }

    private int prove(ExchangeableStore now, long nowNs) {
        StoreTwin spare = now.twin();
        if (spare == null) {
            goOnAlone("the sessions were cleared", nowNs);
            return 1;
        }
        StoreHealth health = now.health();
        if (!spare.isSound()) {
            goOnAlone(from + " can't stand by any longer: " + spare.problem(), nowNs);
            return 1;
        }
        if (health.state() == StoreHealth.State.FAILED) {
            // Its spare only lags, which has an end: it has every change then, and stands in, or is not sound.
            return 0;
        }
        String slowness = watch.look(now, spare, health, nowNs);
        if (!slowness.isEmpty() && now.giveWay(slowness)) {
            return 1;
        }
        if (nowNs - sinceNs <= PROBATION_NS || watch.isLagging()) {
            return 0;
        }
        endProbation("it kept up", nowNs);
        return 1;
    }

    /**
     * Somebody else found that the store on probation does not hold what it should. The one before may not either, for it was told by that
     * one; but it is what is filled anew.
     */
    public void onWrong(String reason, long nowNs) {
        ExchangeableStore now = onProbation();
        OpenedStore wrong = target;
        if (now == null || wrong == null) {
            return;
        }
        now.fallBack(reason);
        ProbationEnd ended = now.probationEnd();
        failProbation(
                now,
                wrong,
                ended != null
                        ? ended
                        : ProbationEnd.stays(reason + ProbationEnd.withoutSpare(ProbationWatch.NOT_EVERY_CHANGE)),
                nowNs);
    }

    /** What is served and on probation; null when nothing is. */
    private @Nullable ExchangeableStore onProbation() {
        return state == StoreSwitchState.PROVING && store == stores.get() ? store : null;
    }

    /**
     * The disk both stores are on has no room, or does not read: the old one goes on by itself, unless it has lost something or has not got every
     * change, and the new one is none the worse for it.
     */
    public void onHindered(String reason, long nowNs) {
        ExchangeableStore now = onProbation();
        OpenedStore hindered = target;
        if (now == null || hindered == null || isOver(now, nowNs)) {
            return;
        }
        now.giveWay(reason);
        ProbationEnd ended = now.probationEnd();
        if (ended == null || !ended.isBack()) {
            goOnAlone(ended == null ? reason : ended.reason(), nowNs);
            return;
        }
        tellReturn(now, hindered.provider() + " gives way on probation, and is not why: " + reason, ended.lost());
        state(StoreSwitchState.IDLE, nowNs);
        output.onStoresChanged(now);
        output.onGaveWay(now.inUse(), hindered, reason);
    }

    /** What this server holds counts nowhere: a probation proves nothing then, and blames nobody. To be told again as long as that is so. */
    public void onUncounted(String reason, long nowNs) {
        ExchangeableStore now = onProbation();
        if (now != null && !watch.isSpareAwaited(now)) {
            goOnAlone(reason, nowNs);
        }
    }

    /** Where the sessions could not come back nothing is chosen anew, and nothing is proved either. */
    private void failProbation(ExchangeableStore now, OpenedStore failed, ProbationEnd ended, long nowNs) {
        String what = failed.provider() + " failed on probation: " + ended.reason();
        if (ended.isBack()) {
            tellReturn(now, what, ended.lost());
        } else {
            now.endTwin();
            output.warning(
                    "storage",
                    what + ". The sessions stay in " + failed.provider()
                            + (now.failure().isEmpty()
                                    ? ""
                                    : ", which takes no changes any more: what it holds can be moved to another store"
                                            + " (storage:use)"));
        }
        state(StoreSwitchState.IDLE, nowNs);
        output.onStoresChanged(now);
        if (ended.isBack()) {
            output.onFellBack(now.inUse(), failed, ended.reason());
        } else {
            output.onStayed(failed, ended.reason());
        }
    }

    /** @param lost what the old store has found damaged while it stood by; empty when nothing. */
    private void tellReturn(ExchangeableStore now, String what, String lost) {
        String back = now.inUse().provider();
        output.warning(
                "store-fell-back",
                what + ". The sessions are in " + back + " again, which got every change; "
                        + (lost.isEmpty() ? "nothing is lost" : "see what its disk has lost"));
        if (!lost.isEmpty()) {
            output.warning(
                    "store-suspect",
                    "acknowledged sessions are lost: " + lost + ", found by " + back
                            + " while it stood by. At the next start another server whose copy is whole goes before this"
                            + " one; check the disk");
        }
    }

    /** Without the old store a failure can't be undone any more. That proves nothing: it is watched for one more probation. */
    private void goOnAlone(String reason, long nowNs) {
        ExchangeableStore now = store;
        OpenedStore tried = target;
        if (now == null || tried == null) {
            throw new IllegalStateException("nothing is on probation: state=" + state);
        }
        if (hasFailed(now, tried, reason, nowNs)) {
            return;
        }
        now.endTwin();
        output.onStoresChanged(now);
        state(StoreSwitchState.IDLE, nowNs);
        output.onAlone(tried, reason);
    }

    /** @param reason why it ends; where the old store is let go for another reason than that, why there is none any more. */
    private void endProbation(String reason, long nowNs) {
        ExchangeableStore proved = store;
        OpenedStore tried = target;
        if (proved == null || tried == null) {
            throw new IllegalStateException("nothing is on probation: state=" + state);
        }
        if (hasFailed(proved, tried, reason, nowNs)) {
            return;
        }
        proved.endTwin();
        output.onStoresChanged(proved);
        output.info("store-proved", "the probation of " + tried.provider() + " is over: " + reason);
        state(StoreSwitchState.IDLE, nowNs);
        output.onProved(tried);
    }

    /** True when a store whose probation ends is found to have failed on it; then that has been said. */
    private boolean hasFailed(ExchangeableStore now, OpenedStore tried, String reason, long nowNs) {
        String why = watch.problem(now);
        ProbationEnd ended = now.probationEnd();
        if (ended != null) {
            // It failed as it was asked how it is.
            failProbation(now, tried, ended, nowNs);
        } else if (!why.isEmpty()) {
            String unusable = ProbationWatch.spareProblem(now);
            failProbation(
                    now,
                    tried,
                    ProbationEnd.stays(why + ProbationEnd.withoutSpare(unusable.isEmpty() ? reason : unusable)),
                    nowNs);
        }
        return ended != null || !why.isEmpty();
    }

    /** The server serves other sessions than those being moved: a copy from the active replaced them. */
    private int replaced(long nowNs) {
        OpenedStore next = target;
        ExchangeableStore before = store;
        filling.close();
        if (state == StoreSwitchState.PROVING || next == null || before == null) {
            // Both stores went with the sessions they held; one that had failed by then is no better for that.
            if (before != null && (!before.failure().isEmpty() || watch.hasFailed())) {
                endProbation("a copy from the active replaced the sessions", nowNs);
            } else if (next != null) {
                output.onAlone(next, "a copy from the active took the place of the sessions");
            }
            state(StoreSwitchState.IDLE, nowNs);
            return 1;
        }
        giveUp("a copy from the active replaced the sessions being moved", Blame.NOBODY, nowNs);
        return 1;
    }

    private void giveUp(String reason, Blame blame, long nowNs) {
        OpenedStore unfit = target;
        ExchangeableStore kept = store;
        filling.close();
        if (kept != null) {
            kept.endTwin();
            output.onStoresChanged(kept);
        }
        state(StoreSwitchState.IDLE, nowNs);
        if (unfit != null) {
            output.warning(
                    "store-exchange-given-up",
                    "sessions stay in " + from + ", nothing is lost: " + unfit.provider() + " was given up: " + reason);
            switch (blame) {
                case NEW_STORE -> output.onUnfit(unfit, reason);
                case OLD_STORE -> output.onUnreadable(reason);
                case MACHINE -> output.onHindered(reason);
                case NOBODY -> output.onInterrupted(reason);
            }
        }
    }

    private void state(StoreSwitchState next, long nowNs) {
        state = next;
        sinceNs = nowNs;
        progressNs = nowNs;
    }
}
