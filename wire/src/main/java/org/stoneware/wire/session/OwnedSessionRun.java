package org.stoneware.wire.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.stoneware.api.session.SessionKey;

/**
 * Sessions one behind the other in a registration or its answer.
 * <pre>
 * offset  length  field, for each session
 *      0       8  token
 *      8       8  grant
 *     16       n  key
 * </pre>
 * Little endian.
 */
final class OwnedSessionRun {
    private static final int KEY_OFFSET = 2 * Long.BYTES;

    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(256);

    /** Encodes into {@link #buffer}; returns the length. */
    int encode(Collection<OwnedSession> sessions) {
        int at = 0;
        for (OwnedSession each : sessions) {
            buffer.putLong(at, each.token(), LITTLE_ENDIAN);
            buffer.putLong(at + Long.BYTES, each.grant(), LITTLE_ENDIAN);
            at += KEY_OFFSET;
            at += each.key().encode(buffer, at);
        }
        return at;
    }

    DirectBuffer buffer() {
        return buffer;
    }

    /** @throws WireException when the part does not hold exactly {@code count} sessions. */
    static List<OwnedSession> decode(DirectBuffer part, int count) {
        int length = part.capacity();
        if (count < 0 || count > length / KEY_OFFSET) {
            throw new WireException("wrong number of sessions: count=" + count + " length=" + length);
        }
        List<OwnedSession> sessions = new ArrayList<>(count);
        int at = 0;
        for (int i = 0; i < count; i++) {
            long token = part.getLong(at, LITTLE_ENDIAN);
            long grant = part.getLong(at + Long.BYTES, LITTLE_ENDIAN);
            at += KEY_OFFSET;
            SessionKey key = SessionKey.decode(part, at, length - at);
            at += key.encodedLength();
            sessions.add(new OwnedSession(key, token, grant));
        }
        if (at != length) {
            throw new WireException("bytes behind the last session: count=" + count + " length=" + length);
        }
        return sessions;
    }
}
