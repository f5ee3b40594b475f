package org.stoneware.server.agent;

import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Makes a standby ready for what it does first when it becomes active. It has never served a Tomcat: every class that takes would be
 * found, verified and initialised while users wait, unless that is done before (ADR 0266).
 * <p>
 * <b>Threading:</b> {@link #begin} on the agent thread; the work is done on a daemon thread that ends by itself.
 */
final class WarmUp {
    private static final System.Logger LOG = System.getLogger("org.stoneware.server");

    private final List<Class<?>> members;
    private final ThreadFactory threads;
    private boolean hasBegun;

    /**
     * @param members one class of each bundle whose classes are wanted.
     * @param threads makes the thread, which is named here.
     */
    WarmUp(List<Class<?>> members, ThreadFactory threads) {
        this.members = members;
        this.threads = threads;
    }

    /** Begins; does nothing from the second time on. */
    void begin() {
        if (hasBegun) {
            return;
        }
        hasBegun = true;
        Thread thread = threads.newThread(this::run);
        thread.setName("stoneware-warm-up");
        thread.setDaemon(true);
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            // No thread to be had: a takeover will take a little longer.
            LOG.log(System.Logger.Level.DEBUG, "classes are not loaded ahead: " + e);
        }
    }

    private void run() {
        long startNs = System.nanoTime();
        int count = 0;
        for (Class<?> member : members) {
            count += BundleClasses.load(member, true);
        }
        LOG.log(
                System.Logger.Level.DEBUG,
                "ready to serve: classes=" + count + " ms="
                        + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs));
    }
}
