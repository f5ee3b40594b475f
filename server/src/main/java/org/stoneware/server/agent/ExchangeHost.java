package org.stoneware.server.agent;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.replication.Mismatch;
import org.stoneware.server.storage.ExchangeableStore;
import org.stoneware.server.storage.StoreOrder;
import org.stoneware.spi.storage.StoreHealth;

/**
 * What the rest of the server does for an exchange of stores.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
interface ExchangeHost {
    ExchangeableStore store();

    /** Why the store in use takes no changes any more; empty when it does. */
    default String failure() {
        StoreHealth health = store().health();
        return health.state() == StoreHealth.State.FAILED ? health.reason() : "";
    }

    /** What is wrong with a store in use that has none standing by: that it takes no changes any more, or takes too long for them; empty when nothing is. */
    default String shortcoming() {
        String failure = failure();
        return failure.isEmpty() ? store().pace().slowness() : failure;
    }

    /** True while this server serves. */
    boolean isActive();

    /** True while this server serves, or counts for commit at the one that does; what any other holds shows nothing. */
    boolean isCounted();

    /** True while another server says that it does. */
    boolean isAnotherActive();

    /** True while a copy of the active's sessions is on its way, which will take the place of those here. */
    boolean isBeingCopied();

    /** True when the sessions here are a whole state, which a restart may believe. */
    boolean isWhole();

    /** In what what is held here was found to differ from the active's, until a copy has replaced it; null when in nothing that is known. */
    @Nullable
    Mismatch difference();

    /** Whether what is no session is to be kept in the store as well. */
    void keepNotes(boolean isKept);

    /** Notes all of it anew. */
    void checkpoint();

    long nowNs();

    /** True when this server serves Tomcats and another one holds all its sessions. */
    boolean canHandOver();

    void handOver(String by);

    /** Tells another server something; dropped when it can't be reached. */
    void tell(int memberId, StoreOrder order);

    /** Positions of the other servers that can be reached. */
    List<Integer> reachable();

    String name(int memberId);

    /** Mode of its store, as it said last; empty when it has not. */
    String mode(int memberId);
}
