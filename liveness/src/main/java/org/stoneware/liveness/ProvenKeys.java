package org.stoneware.liveness;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.spi.liveness.HelloReply;

/**
 * What two ends that hold the array's key can compute of one greeting, and nobody else can:
 * <pre>
 * secret              HMAC-SHA256(array key, "stoneware greeting 1" | hello as sent, the caller's nonce in it | nonce of the called end)
 * each of the others  HMAC-SHA256(secret, name)
 * </pre>
 * So all of it is good for this connection and these two ends only: kind, identity, incarnation and data address are in the hello. Each
 * direction has names of its own, and nothing of one is ever valid in the other.
 */
final class ProvenKeys {
    private static final String ALGORITHM = "HmacSHA256";
    private static final byte[] GREETING = bytes("stoneware greeting 1");
    private static final byte[] CALLER_PROOF = bytes("proof of the caller");
    private static final byte[] CALLED_PROOF = bytes("proof of the called");
    private static final byte[] FROM_CALLER = bytes("messages of the caller");
    private static final byte[] FROM_CALLED = bytes("messages of the called");
    private static final byte[] DATA_KEY_MASK = bytes("mask of the data key");

    private final SecretKeySpec secret;

    private ProvenKeys(byte[] secret) {
        this.secret = new SecretKeySpec(secret, ALGORITHM);
    }

    /**
     * @param hello the encoded hello, which names its own length.
     * @param nonce of the called end.
     */
    static ProvenKeys of(ArrayKey key, ByteBuffer hello, byte[] nonce) {
        Mac mac = key.mac();
        mac.update(GREETING);
        mac.update(hello.duplicate());
        mac.update(nonce);
        return new ProvenKeys(mac.doFinal());
    }

    byte[] callerProof() {
        return derived(CALLER_PROOF);
    }

    byte[] calledProof() {
        return derived(CALLED_PROOF);
    }

    boolean isCallerProof(byte[] proof) {
        return MessageDigest.isEqual(proof, callerProof());
    }

    boolean isCalledProof(byte[] proof) {
        return MessageDigest.isEqual(proof, calledProof());
    }

    /** Codes of what the caller sends, or of what the called end sends. */
    MessageMac messages(boolean isOfCaller) {
        return new MessageMac(mac(derived(isOfCaller ? FROM_CALLER : FROM_CALLED)));
    }

    /**
     * Hides the key of the data connection from whoever reads the connection, or shows it again. The mask is used for the one reply of the
     * connection, so this is a one-time pad.
     */
    HelloReply masked(HelloReply reply) {
        ByteBuffer mask = ByteBuffer.wrap(derived(DATA_KEY_MASK));
        return reply.withKey(reply.keyHigh() ^ mask.getLong(0), reply.keyLow() ^ mask.getLong(Long.BYTES));
    }

    private byte[] derived(byte[] name) {
        return mac(secret).doFinal(name);
    }

    private static Mac mac(byte[] key) {
        return mac(new SecretKeySpec(key, ALGORITHM));
    }

    private static Mac mac(SecretKeySpec key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac;
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
