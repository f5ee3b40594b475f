package org.stoneware.server.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.storage.OpenedStore;
import org.stoneware.server.storage.StoreTrial;
import org.stoneware.spi.storage.StoreContext;

/**
 * Tries a store and opens another one for use, on a thread of its own, since both may wait for a disk. Before that it loads every class of
 * the provider's bundle: classes that are loaded live on when the bundle is stopped, uninstalled or refreshed, others do not.
 * <p>
 * <b>Threading:</b> the agent thread asks, is answered, and gives up what takes too long; the work is done on one thread for each opening.
 * <p>
 * <b>Limits:</b> {@link #MAX_TRIAL_NS} and {@link #MAX_OPENING_NS}. The thread of an opening that was given up is interrupted and left to
 * itself; what it opens later is closed there. No more than {@link #MAX_LEFT_BEHIND} of them are left; then nothing is opened any more.
 */
final class StoreOpener {
    /** Longest time for loading classes, for looking whether there is room, and for the trial, together. */
    static final long MAX_TRIAL_NS = TimeUnit.SECONDS.toNanos(60);
    /** Longest time for opening an empty store. */
    static final long MAX_OPENING_NS = TimeUnit.SECONDS.toNanos(30);
    /** Threads that may hang in code of stores, those that close them counted; each holds what its store holds. */
    static final int MAX_LEFT_BEHIND = 4;

    private final SessionGenerations generations;
    private final LivenessInbox inbox;
    private final EventLog events;
    private final ThreadFactory threads;
    private final AtomicInteger leftBehind = new AtomicInteger();

    /** What is needed for a while in memory and on disk is checked against what is there. */
    interface Need {
        /** @return why there is no room; empty when there is. */
        String problem();
    }

    /**
     * What came of it.
     *
     * @param store   null when it could not be opened.
     * @param problem why not; empty when it could.
     * @param isUnfit the store is to blame, and not this machine.
     */
    record Opened(@Nullable OpenedStore store, String problem, boolean isUnfit) {}

    private enum State {
        TRYING,
        OPENING,
        ANSWERED,
        GIVEN_UP
    }

    /** @param threads makes the threads on which stores are tried and opened; they are named here. */
    StoreOpener(SessionGenerations generations, LivenessInbox inbox, EventLog events, ThreadFactory threads) {
        this.generations = generations;
        this.inbox = inbox;
        this.events = events;
        this.threads = threads;
    }

    /** Why nothing can be opened any more; empty when it can. */
    String problem() {
        return leftBehind.get() + generations.closing() < MAX_LEFT_BEHIND
                ? ""
                : MAX_LEFT_BEHIND
                        + " stores that were given up still hang in their trial, opening or close; restart this server";
    }

    /**
     * Begins to try and open a store.
     *
     * @param answer called on the agent thread, unless it is given up before.
     */
    Opening open(StoreOffer offer, Need need, Consumer<Opened> answer, long nowNs) {
        Opening opening = new Opening(offer, need, answer, nowNs);
        try {
            Thread thread = threads.newThread(opening::run);
            thread.setName("stoneware-store-opener " + offer.mode());
            thread.setDaemon(true);
            opening.thread = thread;
            thread.start();
        } catch (OutOfMemoryError e) {
            opening.answer(new Opened(null, "it can't be tried: " + e.getMessage(), false));
        }
        return opening;
    }

    /** A store on its way. */
    final class Opening {
        private final StoreOffer offer;
        private final Need need;
        private final Consumer<Opened> answer;
        private volatile State state = State.TRYING;
        private State seen = State.TRYING;
        private long sinceNs;
        private @Nullable Thread thread;

        Opening(StoreOffer offer, Need need, Consumer<Opened> answer, long nowNs) {
            this.offer = offer;
            this.need = need;
            this.answer = answer;
            this.sinceNs = nowNs;
        }

        /** For people. */
        String inWords() {
            return offer.inWords() + (state == State.OPENING ? " is being opened" : " is being tried");
        }

        /** What takes too long; empty when nothing does. */
        String overdue(long nowNs) {
            State now = state;
            if (now != seen) {
                seen = now;
                sinceNs = nowNs;
            }
            long limitNs =
                    switch (now) {
                        case TRYING -> MAX_TRIAL_NS;
                        case OPENING -> MAX_OPENING_NS;
                        case ANSWERED, GIVEN_UP -> Long.MAX_VALUE;
                    };
            if (nowNs - sinceNs <= limitNs) {
                return "";
            }
            long limitSec = TimeUnit.NANOSECONDS.toSeconds(limitNs);
            return now == State.TRYING
                    ? "it failed its trial: it had not ended after " + limitSec + " s"
                    : "too slow: an empty store of it had not opened after " + limitSec + " s";
        }

        /**
         * Nobody waits for it any more.
         *
         * @return false when its answer is on its way already.
         */
        boolean giveUp() {
            synchronized (this) {
                if (!move(State.TRYING, State.GIVEN_UP) && !move(State.OPENING, State.GIVEN_UP)) {
                    return false;
                }
                leftBehind.incrementAndGet();
                // Under the lock: who sees that it was given up has been interrupted, and is not while it closes the
                // store.
                Thread hanging = thread;
                if (hanging != null) {
                    hanging.interrupt();
                }
            }
            return true;
        }

        /** Whoever moves it first counts. */
        private synchronized boolean move(State from, State to) {
            boolean isThere = state == from;
            state = isThere ? to : state;
            return isThere;
        }

        /** @return false when nobody waits for it any more. */
        private boolean answer(Opened opened) {
            boolean isAwaited = move(State.TRYING, State.ANSWERED) || move(State.OPENING, State.ANSWERED);
            if (isAwaited) {
                inbox.submit(() -> answer.accept(opened));
            }
            return isAwaited;
        }

        private void run() {
            Opened opened = tryAndOpen();
            if (answer(opened)) {
                return;
            }
            OpenedStore store = opened.store();
            forgetInterrupt();
            try {
                if (store != null) {
                    store.store().close();
                    inbox.submit(() -> store.place().delete());
                }
                events.info("storage", offer.inWords() + ", which was given up, has come back and is closed");
            } catch (RuntimeException | Error e) {
                events.warning(
                        "storage", offer.inWords() + ", which was given up, has come back and can't be closed: " + e);
            } finally {
                leftBehind.decrementAndGet();
            }
        }

        /** Should its code end the process, the next start is to know. */
        private String remember() {
            try {
                generations.tried().begin(offer);
                return "";
            } catch (IOException e) {
                return "it is not tried, for that can't be written down first: " + e;
            }
        }

        private Opened tryAndOpen() {
            try {
                String missing = need.problem();
                if (missing.isEmpty() && state == State.TRYING) {
                    missing = remember();
                }
                if (!missing.isEmpty()) {
                    return new Opened(null, missing, false);
                }
                BundleClasses.load(offer.provider().getClass(), false);
                StoreContext trial = generations.trialContext();
                StoreTrial use = new StoreTrial(System::nanoTime, StoreOpener::forgetInterrupt);
                String problem = use.run(offer.provider(), trial);
                generations.delete(trial.directory());
                if (!problem.isEmpty() || !move(State.TRYING, State.OPENING)) {
                    return new Opened(null, problem, !use.isHindered());
                }
                return new Opened(generations.open(offer), "", false);
            } catch (RuntimeException | Error e) {
                // Whoever asked waits for an answer, also when memory is short.
                return new Opened(null, "it can't be opened: " + e, !isOfTheMachine(e));
            }
        }

        private boolean isOfTheMachine(Throwable e) {
            return e instanceof VirtualMachineError || e instanceof UncheckedIOException;
        }
    }

    /** It was meant for what hung; who closes a store waits for the store's threads, whatever happens. */
    private static void forgetInterrupt() {
        boolean unused = Thread.interrupted();
    }
}
