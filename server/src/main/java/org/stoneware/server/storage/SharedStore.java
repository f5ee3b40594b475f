package org.stoneware.server.storage;

import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreListener;

/**
 * One of the stores behind an {@link ExchangeableStore}, how many walks over it are open, and whether calls of it have not returned yet.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class SharedStore implements StoreListener {
    private final OpenedStore opened;
    private final Owner owner;
    private int walks;
    private int calls;
    private boolean isWorkBroken;
    /** What it said of its failure, which is acted on once none of its calls is on the way any more. */
    private String said = "";

    /** Hears what the stores tell, and knows which one is in use. */
    interface Owner {
        SharedStore current();

        void onLoaded(long ticket);

        void onDurable(SharedStore store);

        void onFailed(SharedStore store, String reason);

        /**
         * A store does not do what it should.
         *
         * @param asked in use when it was asked.
         * @return true when another one is in use now.
         */
        boolean failed(SharedStore asked, String reason);
    }

    SharedStore(OpenedStore opened, Owner owner) {
        this.opened = opened;
        this.owner = owner;
    }

    /** From now on the owner hears what the store tells. */
    void listen() {
        store().listener(this);
    }

    OpenedStore opened() {
        return opened;
    }

    SessionStore store() {
        return opened.store();
    }

    /**
     * Lets the store in use work, also when it takes no changes any more: what it does not have in memory is read only as it works. One
     * whose work has thrown once is spared.
     *
     * @return amount of work done.
     */
    int doWork(long nowNs) {
        int work = isWorkBroken ? 0 : work(nowNs);
        tellFailure();
        return work;
    }

    /** Acts on what it said of its failure, unless one of its calls is on the way. */
    void tellFailure() {
        String reason = said;
        if (calls == 0 && !reason.isEmpty()) {
            said = "";
            owner.onFailed(this, reason);
        }
    }

    private int work(long nowNs) {
        callBegins();
        try {
            return store().doWork(nowNs);
        } catch (RuntimeException | LinkageError e) {
            isWorkBroken = true;
            said = said.isEmpty() ? StoreGuard.inWords(e) : said;
            return 1;
        } finally {
            callEnds();
        }
    }

    /** Code of it runs that may call back: until {@link #callEnds} nobody else may have it. */
    void callBegins() {
        calls++;
    }

    void callEnds() {
        calls--;
    }

    boolean isCalled() {
        return calls > 0;
    }

    void walkBegins() {
        walks++;
    }

    void walkEnds() {
        walks--;
    }

    boolean isWalked() {
        return walks > 0;
    }

    @Override
    public void onLoaded(long ticket) {
        owner.onLoaded(ticket);
    }

    @Override
    public void onDurable(long position) {
        owner.onDurable(this);
    }

    /**
     * Said by a store in use in the middle of a call: another one must not take its place, nor this one be closed beside the agent, before that
     * has returned (docs/adr/0286).
     */
    @Override
    public void onFailed(String reason) {
        if (owner.current() != this) {
            owner.onFailed(this, reason);
        } else if (said.isEmpty()) {
            said = reason;
        }
    }

    /** Lets the store be closed and what it leaves behind be freed, whatever its code does. Not to be called any more after that. */
    void close() {
        StoreGuard.failure(() -> store().listener(null));
        opened.place().retire(store());
    }

    /**
     * The same for a store the agent may still call, because a walk over it is open or sessions are being moved out of it: a store is for one
     * thread at a time, so such a one is closed at once and on this thread (docs/adr/0286).
     */
    void close(boolean mayBeCalled) {
        if (mayBeCalled) {
            StoreGuard.failure(store()::close);
            StoreGuard.failure(opened.place()::delete);
        } else {
            close();
        }
    }
}
