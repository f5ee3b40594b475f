package org.stoneware.server.agent;

import org.stoneware.spi.storage.StoreListener;

/**
 * What the store in use tells the server.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StoreEvents implements StoreListener {
    private final Runnable onLoaded;
    private final Runnable onChanged;

    /**
     * @param onLoaded  a session that was waited for is in memory.
     * @param onChanged what is shown of this server is to be made anew.
     */
    StoreEvents(Runnable onLoaded, Runnable onChanged) {
        this.onLoaded = onLoaded;
        this.onChanged = onChanged;
    }

    @Override
    public void onLoaded(long ticket) {
        onLoaded.run();
    }

    @Override
    public void onDurable(long position) {
        // Asked for in the cycle the store has worked in.
    }

    @Override
    public void onFailed(String reason) {
        // Its health says so, which the duties look after.
        onChanged.run();
    }
}
