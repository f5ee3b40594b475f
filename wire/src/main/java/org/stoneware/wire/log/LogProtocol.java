package org.stoneware.wire.log;

/** Numbers every replica must agree on. */
public final class LogProtocol {
    public static final int SCHEMA_ID = 903;

    /** Version of rows; both ends of a copy speak the same. */
    static final int ROW_VERSION = 1;

    /** {@code SessionWritten} flag: the session must not exist yet. */
    public static final int WRITTEN_CREATE = 1;

    private LogProtocol() {}
}
