package org.stoneware.liveness;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.wire.liveness.LivenessProtocol;
import org.stoneware.wire.liveness.LivenessPublisher;

/**
 * The proofs that the two ends of one connection give each other; one object at each end that has the array's key.
 * <pre>
 * caller                          called end
 * hello with nonce         --&gt;
 *                          &lt;--    challenge: nonce, proof     (the called end first: a Tomcat gives no session to a stranger)
 * proof                    --&gt;
 *                          &lt;--    reply, and everything after it in both directions, sealed
 * </pre>
 * <b>Threading:</b> {@link #withNonce} on any thread, the rest on one at a time.
 */
final class ProofExchange {
    /** What callers without a key are told. */
    static final String NO_PROOF_OF_CALLER =
            "this server takes in only who proves that it holds the array's key: copy this server's conf/array.key to the"
                    + " caller's conf/ (a Tomcat's: of its CATALINA_BASE) and restart the caller";
    /** What callers with a key are told by a server that has none. */
    static final String NO_KEY_HERE =
            "this server has no array.key and the caller has one: copy the caller's conf/array.key to this server's conf/"
                    + " and restart this server";

    static final String NO_PROOF_OF_CALLED =
            "no proof came that it holds the array's key: copy conf/array.key to its conf/ and restart it";
    static final String OTHER_KEY =
            "it holds another array.key: copy the same file to all servers and Tomcats of the array and restart those it"
                    + " was changed on";

    private final ArrayKey key;
    private final ArrayGuard guard;
    private final byte[] nonce;
    private @Nullable Hello hello;
    private @Nullable ProvenKeys keys;

    ProofExchange(ArrayKey key, ArrayGuard guard) {
        this.key = key;
        this.guard = guard;
        this.nonce = guard.newNonce();
    }

    /** Caller: the hello to send, which asks for a proof. */
    Hello withNonce(Hello wanted) {
        return wanted.withCredentials(nonce);
    }

    /** Caller: the keys when the challenge proves that the called end holds the array's key; else null. */
    @Nullable
    ProvenKeys onChallenge(Hello said, byte[] calledNonce, byte[] proof) {
        ProvenKeys candidate = ProvenKeys.of(key, encoded(said), calledNonce);
        return candidate.isCalledProof(proof) ? candidate : null;
    }

    /** Called end: why this caller can't prove anything; empty when it can be asked. */
    String objection(Hello heard) {
        byte[] callerNonce = heard.credentials();
        if (callerNonce.length == 0) {
            return NO_PROOF_OF_CALLER;
        }
        if (callerNonce.length != LivenessProtocol.NONCE_LENGTH) {
            return "credentials of a kind not known here; both sides need the same version of Stoneware";
        }
        return guard.isOwn(callerNonce) ? "this is a greeting of this very process, sent back to it" : "";
    }

    /** Called end: notes the hello. @return the keys, of which the challenge is made. */
    ProvenKeys onHello(Hello heard) {
        ProvenKeys made = ProvenKeys.of(key, encoded(heard), nonce);
        hello = heard;
        keys = made;
        return made;
    }

    /** Called end: the hello, once its sender has proved itself. */
    @Nullable
    Hello hello() {
        return hello;
    }

    /** Called end: the keys when the caller has proved that it holds the array's key; else null. */
    @Nullable
    ProvenKeys onProof(byte[] proof) {
        ProvenKeys candidate = keys;
        return candidate != null && candidate.isCallerProof(proof) ? candidate : null;
    }

    byte[] nonce() {
        return nonce;
    }

    /** As the caller encoded it: there is one encoding of a hello only. */
    private static ByteBuffer encoded(Hello hello) {
        byte[] bytes = new byte[LivenessProtocol.MAX_GREETING_LENGTH];
        int length = new LivenessPublisher().hello(hello, new UnsafeBuffer(bytes), 0);
        return ByteBuffer.wrap(bytes, 0, length);
    }
}
