package org.stoneware.spi.liveness;

import org.stoneware.api.cluster.ServerRole;

/**
 * Sign of life, sent by both ends of every connection after the hello.
 *
 * @param incarnation   sender's incarnation.
 * @param agentAgeMs    milliseconds since the sender's agent completed a cycle; an age beyond the detection time counts as silence.
 * @param role          sender's role; {@link ServerRole#START} from a valve.
 * @param epoch         sender's epoch; 0 from a valve.
 * @param activeAddress {@code host:port} for Tomcats of the active as the sender knows it; may be empty.
 */
public record Heartbeat(long incarnation, int agentAgeMs, ServerRole role, long epoch, String activeAddress) {}
