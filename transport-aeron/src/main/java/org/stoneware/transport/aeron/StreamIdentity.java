package org.stoneware.transport.aeron;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.stoneware.spi.transport.ConnectionSpec;

/**
 * What one direction of a connection is called on the network. Both ends compute it from the session key, so that they agree
 * without a word, and nobody who lacks the key can guess it.
 *
 * @param streamId  Aeron stream.
 * @param sessionId Aeron session.
 * @param frameKey  what every frame of this direction carries.
 */
record StreamIdentity(int streamId, int sessionId, long frameKey) {
    private static final byte FROM_INITIATOR = 1;
    private static final byte TO_INITIATOR = 2;

    static StreamIdentity outgoing(ConnectionSpec spec) {
        return derive(spec, spec.isInitiator() ? FROM_INITIATOR : TO_INITIATOR);
    }

    static StreamIdentity incoming(ConnectionSpec spec) {
        return derive(spec, spec.isInitiator() ? TO_INITIATOR : FROM_INITIATOR);
    }

    /** Stream and session as one number. */
    long packed() {
        return packed(streamId, sessionId);
    }

    static long packed(int streamId, int sessionId) {
        return ((long) streamId << 32) | (sessionId & 0xFFFF_FFFFL);
    }

    private static StreamIdentity derive(ConnectionSpec spec, byte direction) {
        ByteBuffer input = ByteBuffer.allocate(2 * Long.BYTES + Integer.BYTES + 1)
                .putLong(spec.keyHigh())
                .putLong(spec.keyLow())
                .putInt(spec.connectionId())
                .put(direction);
        ByteBuffer digest = ByteBuffer.wrap(sha256().digest(input.array()));
        return new StreamIdentity(digest.getInt(), digest.getInt(), digest.getLong());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
