package org.stoneware.server.agent;

import java.util.function.LongSupplier;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.spi.election.ElectionProvider;
import org.stoneware.spi.liveness.LivenessNetwork;
import org.stoneware.spi.transport.TransportProvider;

/**
 * Everything a {@link ServerAgent} is made of.
 *
 * @param settings       the whole configuration.
 * @param liveness       TCP links.
 * @param transport      what carries requests.
 * @param stores         what holds sessions, now and later.
 * @param election       who decides on the active.
 * @param productVersion version of this build.
 * @param storeNote      why the store's mode is not the configured one; empty when it is.
 * @param incarnation    random number of this process start; never 0.
 * @param nanoClock      monotonic time.
 * @param wallClock      wall time, ms.
 * @param random         unpredictable numbers for session keys.
 */
record ServerContext(
        ArraySettings settings,
        LivenessNetwork liveness,
        TransportProvider transport,
        StoreSource stores,
        ElectionProvider election,
        String productVersion,
        String storeNote,
        long incarnation,
        LongSupplier nanoClock,
        LongSupplier wallClock,
        LongSupplier random) {}
