package org.stoneware.wire.witness;

/** Numbers both ends must agree on when Tomcats bear witness. */
public final class WitnessProtocol {
    public static final int SCHEMA_ID = 905;
    public static final int SCHEMA_VERSION = 1;

    /** Longest name of a server, bytes of UTF-8. */
    public static final int MAX_NAME_LENGTH = 255;

    /** Room for any message of this schema. */
    public static final int MAX_MESSAGE_LENGTH = 512;

    private WitnessProtocol() {}
}
