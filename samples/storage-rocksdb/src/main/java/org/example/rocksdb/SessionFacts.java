package org.example.rocksdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.stoneware.api.session.SessionRecord;

/**
 * What the store knows of a session without its record. On disk:
 * <pre>
 * offset  length  field
 *      0       8  version
 *      8       8  last access, ms of log time
 *     16       8  hash of the record without its last access
 *     24       4  max inactive interval in seconds
 *     28       4  length of the record
 * </pre>
 * All numbers little endian.
 */
record SessionFacts(long version, long lastAccessedTimeMs, long contentHash, int maxInactiveIntervalSec, int length) {
    static final int ENCODED_LENGTH = 32;

    static SessionFacts of(SessionRecord record) {
        return new SessionFacts(
                record.version(),
                record.lastAccessedTimeMs(),
                record.contentHash(),
                record.maxInactiveIntervalSec(),
                record.length());
    }

    static SessionFacts decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return new SessionFacts(in.getLong(), in.getLong(), in.getLong(), in.getInt(), in.getInt());
    }

    byte[] encode() {
        return ByteBuffer.allocate(ENCODED_LENGTH)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(version)
                .putLong(lastAccessedTimeMs)
                .putLong(contentHash)
                .putInt(maxInactiveIntervalSec)
                .putInt(length)
                .array();
    }

    SessionFacts accessed(long timeMs) {
        return new SessionFacts(version, timeMs, contentHash, maxInactiveIntervalSec, length);
    }

    /** Log time after which the session has expired; {@link Long#MAX_VALUE} for never. */
    long expiryTimeMs() {
        long intervalMs = maxInactiveIntervalSec * 1000L;
        return maxInactiveIntervalSec <= 0 || lastAccessedTimeMs > Long.MAX_VALUE - intervalMs
                ? Long.MAX_VALUE
                : lastAccessedTimeMs + intervalMs;
    }
}
