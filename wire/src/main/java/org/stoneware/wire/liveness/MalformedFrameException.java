package org.stoneware.wire.liveness;

/** What arrived is not the protocol; never leaves this package. Has no stack trace, because a stranger can cause any number of them. */
final class MalformedFrameException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedFrameException(String message) {
        super(message, null, false, false);
    }
}
