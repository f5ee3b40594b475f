package org.stoneware.liveness;

import org.stoneware.spi.liveness.LivenessListener.CloseCause;

/**
 * Why and how a connection is to end.
 *
 * @param isAfterFlush true when what is queued is written first.
 */
record CloseRequest(CloseCause cause, String reason, boolean isAfterFlush) {
    CloseRequest atOnce() {
        return new CloseRequest(cause, reason, false);
    }
}
