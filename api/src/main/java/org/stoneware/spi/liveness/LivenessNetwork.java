package org.stoneware.spi.liveness;

import java.net.InetSocketAddress;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Makes and takes TCP liveness connections, on one thread of its own, never hot-deployed.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
@ProviderType
public interface LivenessNetwork extends AutoCloseable {
    /**
     * Begins to listen.
     *
     * @return the address bound.
     * @throws LivenessException when it can't be bound; the message names address and holder if known.
     */
    InetSocketAddress listen(InetSocketAddress address, LivenessListener listener);

    /**
     * Begins to listen; as {@link #listen(InetSocketAddress, LivenessListener)}.
     *
     * @param door what the configuration calls the port, for the message of a failure, such as {@code dso-port}; may be empty.
     */
    default InetSocketAddress listen(InetSocketAddress address, String door, LivenessListener listener) {
        return listen(address, listener);
    }

    /** Tries to connect once; the outcome reaches the listener. The name is resolved again at every attempt. */
    void connect(String host, int port, long timeoutNs, LivenessListener listener);

    /**
     * Sets what this process says of itself in its heartbeats from now on. A change is sent on all greeted connections at once,
     * so that Tomcats learn of a new role without waiting for the next beat. Cheap when nothing changed.
     *
     * @param heartbeat {@code agentAgeMs} is ignored; it is computed from {@link #agentCycled}.
     */
    void status(Heartbeat heartbeat);

    /** Notes that the agent completed a cycle. Cheap; called on every duty cycle. */
    void agentCycled(long nowNs);

    /**
     * Time since the agent completed a cycle last, ms, as the next heartbeat would tell it; 0 before the first. Time in which the whole
     * process did not run, or did not get the processor it wanted, is left out.
     */
    int agentAgeMs();

    /** Says goodbye on all connections, closes them and the listeners, waits until written (bounded), ends the thread. */
    void goodbyeAll(String reason);

    /** Connections and messages refused because they were not the protocol, or did not prove that their sender holds the array's key. */
    long protocolErrors();

    /** Closes everything without a word. Idempotent. */
    @Override
    void close();
}
