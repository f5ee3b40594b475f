package org.stoneware.liveness;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import org.agrona.DirectBuffer;
import org.stoneware.wire.liveness.LivenessProtocol;

/**
 * The codes of one direction of one proven connection. Each is the first 16 bytes of an HMAC-SHA256 over
 * <pre>
 * offset  length  field
 *      0       8  number of the message in this direction, from 0, big endian
 *      8       n  frame that the sealed message carries
 * </pre>
 * with a key that this direction of this connection has alone, so a message that is altered, repeated, left out, out of turn, sent back or
 * of another connection has a wrong code.
 * <p>
 * <b>Threading:</b> the liveness thread.
 */
final class MessageMac {
    private final Mac mac;
    private final byte[] number = new byte[Long.BYTES];
    private long next;

    /** @param mac holds the key of this direction and connection. */
    MessageMac(Mac mac) {
        this.mac = mac;
    }

    /**
     * Writes the code of the next message into it. It stays the next until {@link #sent}.
     *
     * @param message a sealed one, from its position to its limit, both of which stay.
     */
    void stamp(ByteBuffer message) {
        begin();
        mac.update(message.duplicate().position(message.position() + LivenessProtocol.SEAL_LENGTH));
        message.put(message.position() + LivenessProtocol.MAC_OFFSET, mac.doFinal(), 0, LivenessProtocol.MAC_LENGTH);
    }

    /** The message stamped last is on its way, at least in part. */
    void sent() {
        next++;
    }

    /** Whether this is the next message of the other end; if it is, the one behind it is the next. */
    boolean isGenuine(byte[] code, DirectBuffer buffer, int offset, int length) {
        begin();
        mac.update(buffer.byteArray(), buffer.wrapAdjustment() + offset, length);
        boolean isGenuine = MessageDigest.isEqual(code, Arrays.copyOf(mac.doFinal(), LivenessProtocol.MAC_LENGTH));
        next += isGenuine ? 1 : 0;
        return isGenuine;
    }

    private void begin() {
        ByteBuffer.wrap(number).putLong(0, next);
        mac.update(number);
    }
}
