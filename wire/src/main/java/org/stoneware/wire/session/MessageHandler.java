package org.stoneware.wire.session;

import org.agrona.DirectBuffer;

/** Takes whole messages. */
@FunctionalInterface
public interface MessageHandler {
    /** <b>Ownership:</b> {@code buffer} is a view valid until this call returns. */
    void onMessage(DirectBuffer buffer, int offset, int length);
}
