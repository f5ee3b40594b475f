package org.stoneware.server.request;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/** Length of the record a change leads to. */
final class RecordLength {
    private static final int ENTRY_HEADER_LENGTH = 12;

    private RecordLength() {}

    private record Name(AttributeKind kind, String text) {}

    /** True when the record is longer than {@code maxLength}. The cheap upper bound decides nearly always. */
    static boolean exceeds(int maxLength, SessionKey key, @Nullable SessionRecord base, SessionDelta delta) {
        return SessionRecord.maxLength(key, base, delta) > maxLength && exact(key, base, delta) > maxLength;
    }

    /** The upper bound counts an attribute that is replaced twice. */
    private static long exact(SessionKey key, @Nullable SessionRecord base, SessionDelta delta) {
        Map<Name, Long> lengths = new HashMap<>();
        if (base != null && !delta.clearsAttributes()) {
            base.forEach((kind, name, isRemoval, buffer, offset, length) ->
                    lengths.put(new Name(kind, name), entryLength(name, length)));
        }
        delta.forEach((kind, name, isRemoval, buffer, offset, length) ->
                lengths.put(new Name(kind, name), isRemoval ? 0L : entryLength(name, length)));
        long sum = SessionRecord.HEADER_LENGTH + (long) key.idLength() + key.applicationLength();
        for (long each : lengths.values()) {
            sum += each;
        }
        return sum;
    }

    private static long entryLength(String name, int valueLength) {
        return (long) ENTRY_HEADER_LENGTH + name.getBytes(StandardCharsets.UTF_8).length + valueLength;
    }
}
