package org.stoneware.simulation;

import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** Sees every grant a server sends to one Tomcat. */
final class GrantWatch {
    private static final int OWNED = 23;
    private static final int TOKEN_OFFSET = 24;
    private static final int GRANT_OFFSET = 56;

    private final long tomcat;
    private final Ledger ledger;

    GrantWatch(long tomcat, Ledger ledger) {
        this.tomcat = tomcat;
        this.ledger = ledger;
    }

    @Override
    public String toString() {
        return "tomcat-" + tomcat;
    }

    void onSent(byte[] message) {
        UnsafeBuffer buffer = new UnsafeBuffer(message);
        if (buffer.getShort(2, ByteOrder.LITTLE_ENDIAN) == OWNED) {
            long token = buffer.getLong(TOKEN_OFFSET, ByteOrder.LITTLE_ENDIAN);
            if (token != 0) {
                ledger.onGrant(tomcat, token, buffer.getLong(GRANT_OFFSET, ByteOrder.LITTLE_ENDIAN));
            }
        }
    }
}
