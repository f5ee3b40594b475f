package org.stoneware.spi.storage;

/** Hears from a store, on the agent thread, inside {@link SessionStore#doWork}. */
public interface StoreListener {
    /**
     * A load that answered {@link LoadResult#LOADING} has ended: the session is resident until the next duty cycle at least, or gone. Ask
     * again with {@link SessionStore#load}. Told once per ticket.
     */
    void onLoaded(long ticket);

    /** Everything up to this position has reached the durability the mode promises. */
    void onDurable(long position);

    /** The store can no longer be trusted with changes; see {@link StoreResult#FAILED}. Called once. */
    void onFailed(String reason);
}
