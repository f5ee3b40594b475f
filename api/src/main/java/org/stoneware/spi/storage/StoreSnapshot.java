package org.stoneware.spi.storage;

import org.osgi.annotation.versioning.ConsumerType;

/** A fuzzy walk over a store, read piece by piece on the agent thread. */
@ConsumerType
public interface StoreSnapshot extends AutoCloseable {
    /**
     * Shows the next records.
     *
     * @param limit most records to show.
     * @return records shown; 0 when nothing is ready now, {@link #END} when all have been shown.
     */
    int next(int limit, SessionStore.RecordVisitor visitor);

    int END = -1;

    /**
     * Sessions that are held and that this walk leaves out, since the device has not given them for long; the store goes on trying, see
     * {@link SessionStore#readProblem}. Whoever needs all sessions must not take what was shown for that. Final with {@link #END}.
     */
    default long unread() {
        return 0;
    }

    /** Ends the walk early or late; idempotent. */
    @Override
    void close();
}
