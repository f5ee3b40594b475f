package org.stoneware.wire.liveness;

import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.wire.liveness.codec.MessageHeaderDecoder;

/**
 * Numbers both ends of a liveness connection must agree on. A message on the connection:
 * <pre>
 * offset  length  field
 *      0       4  length of what follows, little endian
 *      4       8  SBE message header: block length, template, schema, version
 *     12       n  body
 * </pre>
 * The format is described in {@code liveness-wire.xml} and ADR 0030.
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

    /** Longest frame of any kind, prefix included. */
    public static final int MAX_FRAME_LENGTH = PREAMBLE_LENGTH + Integer.BYTES + LivenessLink.MAX_MESSAGE_LENGTH;

    public static final int MAX_NAME_LENGTH = 255;
    public static final int MAX_VERSION_LENGTH = 64;
    public static final int MAX_ADDRESS_LENGTH = 300;
    public static final int MAX_TRANSPORT_LENGTH = 64;
    public static final int MAX_TRANSPORTS = 8;
    public static final int MAX_CREDENTIALS_LENGTH = 1024;
    /** Longest reason in bytes; longer ones are cut when sent. */
    public static final int MAX_REASON_LENGTH = 512;

    private LivenessProtocol() {}
}
