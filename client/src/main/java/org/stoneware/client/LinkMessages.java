package org.stoneware.client;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Takes messages of liveness links from the liveness thread to the agent's. */
final class LinkMessages {
    private LinkMessages() {}

    /** The listener's view ends with its call; the agent reads later. */
    static DirectBuffer copy(DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return new UnsafeBuffer(bytes);
    }
}
