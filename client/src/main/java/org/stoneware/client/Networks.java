package org.stoneware.client;

import org.stoneware.spi.liveness.LivenessNetwork;
import org.stoneware.spi.transport.Transport;

/**
 * What this Tomcat reaches servers with.
 *
 * @param liveness      TCP connections: hello, heartbeats.
 * @param transport     data connections.
 * @param transportName name of the transport, as servers are told it.
 */
record Networks(LivenessNetwork liveness, Transport transport, String transportName) {}
