package org.stoneware.liveness;

import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.wire.liveness.LivenessProtocol;

/**
 * The array's key, if this process has one, and the random numbers that make each proof new.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
final class ArrayGuard {
    private static final int MARK_LENGTH = LivenessProtocol.NONCE_LENGTH / 2;

    private final @Nullable ArrayKey key;
    private final SecureRandom random = new SecureRandom();
    /** Begins every nonce of this process, so that it knows its own greeting when somebody sends it back. */
    private final byte[] mark = new byte[MARK_LENGTH];

    ArrayGuard(@Nullable ArrayKey key) {
        this.key = key;
        random.nextBytes(mark);
    }

    /** The proofs of one connection; null when this process has no key. */
    @Nullable
    ProofExchange newExchange() {
        return key == null ? null : new ProofExchange(key, this);
    }

    byte[] newNonce() {
        byte[] nonce = new byte[LivenessProtocol.NONCE_LENGTH];
        random.nextBytes(nonce);
        System.arraycopy(mark, 0, nonce, 0, MARK_LENGTH);
        return nonce;
    }

    boolean isOwn(byte[] nonce) {
        return Arrays.equals(nonce, 0, MARK_LENGTH, mark, 0, MARK_LENGTH);
    }
}
