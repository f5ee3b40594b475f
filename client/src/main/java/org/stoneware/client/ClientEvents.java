package org.stoneware.client;

import org.stoneware.api.session.SessionRecord;

/** Takes what others of this Tomcat should hear from the client's agent. Called on the agent thread; must not block. */
interface ClientEvents {
    /**
     * A session has expired. The active says so again until {@link ClientAgent#expiryDone} confirms it.
     * <p>
     * <b>Ownership:</b> {@code record} is a view valid until this call returns.
     */
    void onExpired(long jobId, long logTimeMs, SessionRecord record);

    /** The configuration says where the client's log goes; placeholders are not replaced. */
    default void onClientLogs(String path) {}

    /** One readable line. */
    void notice(System.Logger.Level level, String text);
}
