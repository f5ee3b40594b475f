package org.stoneware.server.replication;

import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.stoneware.spi.replication.StateMachine;
import org.stoneware.spi.storage.SessionStore;

/**
 * A state machine that can be copied to another server: its sessions lie in a store and are copied from there; the rest of what
 * the log made (answers given to clients, expiry notices, old ids of renamed sessions) goes in rows.
 * <p>
 * <b>Threading:</b> the agent thread of its shard.
 * <p>
 * <b>Determinism:</b> a copy and its original apply the same entries with the same results.
 */
public interface ReplicatedState extends StateMachine {
    /** Where the sessions are; the same instance for the life of this object. */
    SessionStore store();

    /** What this copy knows of its own past; the same instance for the life of this object. */
    LogHistory history();

    /**
     * Shows everything that is not a session, as it is after {@link #lastApplied}, in an order that is the same on every replica.
     * <p>
     * <b>Limits:</b> a row holds at most 1 MiB; the walk runs inside one duty cycle.
     */
    void exportRows(RowVisitor visitor);

    /**
     * Hands over the rows {@link #exportRows} would show now, to be encoded one by one later; what is applied meanwhile changes none of
     * them. A state overrides this to share what is large and never changes, instead of having it twice.
     */
    default void copyRows(Consumer<RowSource> rows) {
        exportRows((row, offset, length) -> {
            byte[] copy = new byte[length];
            row.getBytes(offset, copy);
            rows.accept(into -> {
                into.putBytes(0, copy);
                return length;
            });
        });
    }

    /**
     * Takes a row another replica exported. Only before {@link #completeInstall}.
     *
     * @throws RuntimeException when the row is none of this state's; the copy is given up.
     */
    void installRow(DirectBuffer row, int offset, int length);

    /** The copy is whole: the next entry to apply follows {@code lastIndex}. */
    void completeInstall(long lastIndex, long logTimeMs);

    /**
     * Applies an entry for which the active's store had no room: what it would store is not stored here either, and the answer is
     * the active's.
     */
    default void applyFull(
            long index, long epoch, long logTimeMs, DirectBuffer entry, int offset, int length, ResultSink out) {
        apply(index, epoch, logTimeMs, entry, offset, length, out);
    }

    /**
     * Makes sure an entry can be applied at once: the sessions it changes are in memory, or on their way there.
     *
     * @return false when it must be applied later; ask again then.
     */
    default boolean isReady(DirectBuffer entry, int offset, int length) {
        return true;
    }

    /** Makes what is no session outlive the process from here on, where the store keeps it. */
    default void checkpoint() {}

    /** Shows the result an entry has for which there is no room; nothing when this state has no such result. */
    default void showFullResult(ResultSink out) {}

    /** A row as it was when it was handed over. */
    @FunctionalInterface
    interface RowSource {
        /**
         * Writes the row from offset 0; may be called again.
         *
         * @return length of the row.
         */
        int encode(MutableDirectBuffer into);
    }

    /** Sees rows. */
    @FunctionalInterface
    interface RowVisitor {
        /** @param row view valid until this call returns. */
        void onRow(DirectBuffer row, int offset, int length);
    }
}
