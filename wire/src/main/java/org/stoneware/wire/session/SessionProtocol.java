package org.stoneware.wire.session;

/** Numbers both ends of a session connection must agree on. */
public final class SessionProtocol {
    public static final int SCHEMA_ID = 902;

    private SessionProtocol() {}
}
