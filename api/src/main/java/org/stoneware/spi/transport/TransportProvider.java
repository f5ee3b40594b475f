package org.stoneware.spi.transport;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a transport bundle registers as a service, with the property {@code transport.name} equal to {@link #name()}.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
@ConsumerType
public interface TransportProvider {
    /** Name offered in the hello and chosen there, for example {@code aeron}. */
    String name();

    /**
     * Opens the transport for one agent. Each agent thread has its own.
     *
     * @throws TransportException when it can't start; the message says what is missing and what to do.
     */
    Transport open(TransportContext context);
}
