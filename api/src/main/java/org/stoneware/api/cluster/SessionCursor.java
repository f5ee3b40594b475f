package org.stoneware.api.cluster;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;

/**
 * The place in a list of sessions after which the next page begins, as text that can stand in an address.
 * <p>
 * <b>Threading:</b> stateless.
 */
public final class SessionCursor {
    private static final int MAX_LENGTH = 2 * (SessionKey.MAX_ID_LENGTH + SessionKey.MAX_APPLICATION_LENGTH + 16);

    private SessionCursor() {}

    /** The cursor behind a session. */
    public static String after(SessionKey key) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[key.encodedLength()]);
        key.encode(buffer, 0);
        return new String(
                Base64.getUrlEncoder().withoutPadding().encode(buffer.byteArray()), StandardCharsets.US_ASCII);
    }

    /**
     * The session a cursor stands behind.
     *
     * @return null for an empty text: the beginning.
     * @throws IllegalArgumentException when the text is no cursor.
     */
    public static @Nullable SessionKey parse(String cursor) {
        if (cursor.isEmpty()) {
            return null;
        }
        if (cursor.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("not a cursor: it has " + cursor.length() + " characters");
        }
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(cursor);
            return SessionKey.decode(new UnsafeBuffer(bytes), 0, bytes.length);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not a cursor; use the one a page was given, or none", e);
        }
    }
}
