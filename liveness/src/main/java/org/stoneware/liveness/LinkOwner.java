package org.stoneware.liveness;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.liveness.Heartbeat;

/** What a connection needs of the thread that serves it. */
interface LinkOwner {
    /** Has the liveness thread look after this connection soon. Callable from any thread. */
    void attend(TcpLink link);

    /** Forgets a connection that has ended. */
    void ended(TcpLink link);

    /** Counts something that was not the protocol. */
    void countProtocolError(TcpLink link, String what);

    /** Counts an end that has not proved itself. */
    void countUnproven(TcpLink link, String what);

    /** The proofs of one connection; null when this process has no key. */
    @Nullable
    ProofExchange newExchange();

    /** What this process says of itself; a new object exactly when it changes. */
    @Nullable
    Heartbeat status();

    /** An encoded heartbeat, sealed but for its code when wanted, valid until the next call. */
    ByteBuffer heartbeatFrame(@Nullable Heartbeat status, long incarnation, boolean isSealed);
}
