package org.stoneware.server.storage;

import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreListener;

/**
 * One of the stores behind an {@link ExchangeableStore}, and how many walks over it are open.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class SharedStore implements StoreListener {
    private final OpenedStore opened;
    private final Owner owner;
    private int walks;
    private boolean isWorkBroken;

    /** Hears what the stores tell, and knows which one is in use. */
    interface Owner {
        SharedStore current();

        void onLoaded(long ticket);

        void onDurable(SharedStore store);

        void onFailed(SharedStore store, String reason);

        /**
         * The store in use does not do what it should.
         *
         * @return true when another one is in use now.
         */
        boolean failed(String reason);
    }

    SharedStore(OpenedStore opened, Owner owner) {
        this.opened = opened;
        this.owner = owner;
        opened.store().listener(this);
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
        if (isWorkBroken) {
            return 0;
        }
        try {
            return store().doWork(nowNs);
        } catch (RuntimeException | LinkageError e) {
            isWorkBroken = true;
            owner.failed(StoreGuard.inWords(e));
            return 1;
        }
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

    @Override
    public void onFailed(String reason) {
        owner.onFailed(this, reason);
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
