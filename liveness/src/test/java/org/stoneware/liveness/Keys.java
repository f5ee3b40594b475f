package org.stoneware.liveness;

import java.nio.ByteBuffer;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.api.config.ArrayKeyException;

/** Keys of tests. */
final class Keys {
    static final ArrayKey ARRAY = key("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    static final ArrayKey OTHER = key("ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");

    private Keys() {}

    /** One end's proofs, of a process of its own. */
    static ProofExchange exchange(ArrayKey key) {
        return new ProofExchange(key, new ArrayGuard(key));
    }

    /** Codes of one direction of one connection, always the same. */
    static MessageMac messages() {
        return ProvenKeys.of(ARRAY, ByteBuffer.allocate(0), new byte[0]).messages(true);
    }

    private static ArrayKey key(String text) {
        try {
            return ArrayKey.of(text);
        } catch (ArrayKeyException e) {
            throw new AssertionError(e);
        }
    }
}
