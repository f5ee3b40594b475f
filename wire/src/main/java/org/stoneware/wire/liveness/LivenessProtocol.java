package org.stoneware.wire.liveness;

import java.nio.ByteBuffer;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.wire.liveness.codec.MessageHeaderDecoder;
import org.stoneware.wire.liveness.codec.SealedDecoder;

/**
 * Numbers both ends of a liveness connection must agree on. A message on the connection:
 * <pre>
 * offset  length  field
 *      0       4  length of what follows, little endian
 *      4       8  SBE message header: block length, template, schema, version
 *     12       n  body
 * </pre>
 * The format is described in {@code liveness-wire.xml} and ADR 0030. Between two ends that hold the array's key each message after the
 * proof travels inside a sealed one (ADR 0032):
 * <pre>
 * offset  length  field
 *      0      12  length and message header of the sealed message
 *     12      16  MAC over the number of the message in its direction and the frame
 *     28       4  length of the frame
 *     32       n  frame: a message as above
 * </pre>
 */
public final class LivenessProtocol {
    public static final int SCHEMA_ID = 901;
    public static final int SCHEMA_VERSION = 1;

    /** Bytes before the message header that say how long the rest is. */
    public static final int LENGTH_PREFIX_LENGTH = 4;

    /** Bytes of prefix and message header; enough to know whether the rest is wanted. */
    public static final int PREAMBLE_LENGTH = LENGTH_PREFIX_LENGTH + MessageHeaderDecoder.ENCODED_LENGTH;

    /** Longest hello, reply, heartbeat or goodbye, prefix included; nothing longer is read before the greeting is over. */
    public static final int MAX_GREETING_LENGTH = 8 * 1024;

    /** Bytes of a sealed frame before the frame in it: preamble, MAC and the length of what follows. */
    public static final int SEAL_LENGTH = PREAMBLE_LENGTH + SealedDecoder.BLOCK_LENGTH + Integer.BYTES;

    /** Longest frame that is not sealed, prefix included. */
    public static final int MAX_PLAIN_LENGTH = PREAMBLE_LENGTH + Integer.BYTES + LivenessLink.MAX_MESSAGE_LENGTH;

    /** Longest frame of any kind, prefix included. */
    public static final int MAX_FRAME_LENGTH = SEAL_LENGTH + MAX_PLAIN_LENGTH;

    /** Bytes of the random number by which each end makes a proof good for one connection only. */
    public static final int NONCE_LENGTH = 32;

    /** Bytes of the proof that an end holds the array's key. */
    public static final int PROOF_LENGTH = 32;

    /** Bytes of the code that says a message on a proven connection is genuine. */
    public static final int MAC_LENGTH = 16;

    /** Where the MAC of a sealed frame begins. */
    public static final int MAC_OFFSET = PREAMBLE_LENGTH;

    public static final int MAX_NAME_LENGTH = 255;
    public static final int MAX_VERSION_LENGTH = 64;
    public static final int MAX_ADDRESS_LENGTH = 300;
    public static final int MAX_TRANSPORT_LENGTH = 64;
    public static final int MAX_TRANSPORTS = 8;
    public static final int MAX_CREDENTIALS_LENGTH = 1024;
    /** Longest reason in bytes; longer ones are cut when sent. */
    public static final int MAX_REASON_LENGTH = 512;

    private LivenessProtocol() {}

    /** Whether a frame that was encoded here is a sealed one. */
    public static boolean isSealed(ByteBuffer frame) {
        int at = frame.position() + LENGTH_PREFIX_LENGTH + MessageHeaderDecoder.templateIdEncodingOffset();
        return frame.get(at) == SealedDecoder.TEMPLATE_ID && frame.get(at + 1) == 0;
    }
}
