package org.stoneware.wire.session;

/** Numbers both ends of a session connection must agree on. Codes never change meaning. */
public final class SessionProtocol {
    public static final int SCHEMA_ID = 902;

    /** {@code Write} flag: the session must not exist yet. */
    public static final int WRITE_CREATE = 1;
    /** {@code Write} flag: give up ownership once the change is held. */
    public static final int WRITE_RELEASE = 2;

    /** Hint: others wait for this session; release it after the running requests. */
    public static final int HINT_RECALLED = 1;
    /** Hint: several Tomcats have used this session in turn lately; release it with the last write of a request. */
    public static final int HINT_CONTESTED = 2;

    /** Ownership token of nobody. */
    public static final long NO_TOKEN = 0;

    /**
     * How long a Tomcat may use what it owns without a renewal answered, measured by it from <em>sending</em> the renewal.
     */
    public static final int LEASE_MS = 400;
    /** Interval between renewals. */
    public static final int RENEW_INTERVAL_MS = 100;
    /**
     * How long the server waits from <em>receiving</em> the last renewal before it gives a session to somebody else. Clocks may
     * run within 1 % of true: 400 * 1.01 / 0.99 = 408.1 ms, so 1.05 times the lease is enough.
     */
    public static final int LEASE_GRACE_MS = 420;

    private SessionProtocol() {}
}
