package org.stoneware.transport.aeron;

import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportProvider;

/**
 * Opens transports over Aeron UDP. A service where a configuration of its PID exists; {@code new} does outside of OSGi.
 * <p>
 * <b>Failure:</b> the JVM must export {@code java.base/jdk.internal.misc} to Agrona before this class is touched.
 */
@Component(
        configurationPid = AeronTransportProvider.PID,
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = "transport.name=" + AeronTransportProvider.NAME)
public final class AeronTransportProvider implements TransportProvider {
    /** Persistent identity of the component's configuration. */
    public static final String PID = "org.stoneware.transport.aeron";
    /** What the hello calls this transport. */
    public static final String NAME = "aeron";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Transport open(TransportContext context) {
        return new AeronTransport(context, new AeronSettings().conclude());
    }
}
