package org.stoneware.wire.witness;

import org.agrona.DirectBuffer;

/** Numbers both ends must agree on when Tomcats bear witness. */
public final class WitnessProtocol {
    public static final int SCHEMA_ID = 905;
    public static final int SCHEMA_VERSION = 1;

    /** Longest name of a server, bytes of UTF-8. */
    public static final int MAX_NAME_LENGTH = 255;

    /** Room for any message of this schema. */
    public static final int MAX_MESSAGE_LENGTH = 512;

    /**
     * Whether a message on a Tomcat's link is no witness's but of the election, whose third and fourth byte are zero; a message of this
     * schema has the number of its template there.
     */
    public static boolean isOther(DirectBuffer buffer, int offset, int length) {
        return length >= 2 * Short.BYTES && buffer.getShort(offset + Short.BYTES) == 0;
    }

    private WitnessProtocol() {}
}
