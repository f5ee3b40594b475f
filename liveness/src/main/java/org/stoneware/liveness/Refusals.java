package org.stoneware.liveness;

import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.HelloReply;

/** The answer to who has not proved itself. */
final class Refusals {
    private Refusals() {}

    /** @param status what the refusing server says of itself; null when it says nothing, or when nothing may be believed of it. */
    static HelloReply reply(@Nullable Heartbeat status, String reason) {
        return new HelloReply(
                HelloReply.Status.REFUSED,
                "",
                status == null ? 0 : status.incarnation(),
                status == null ? ServerRole.START : status.role(),
                status == null ? 0 : status.epoch(),
                status == null ? "" : status.activeAddress(),
                "",
                0,
                0,
                0,
                null,
                0,
                0,
                reason);
    }
}
