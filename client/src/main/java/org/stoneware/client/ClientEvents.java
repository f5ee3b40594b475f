package org.stoneware.client;

import org.stoneware.api.session.SessionRecord;

/** Takes what others of this Tomcat should hear from the client's agent. Called on the agent thread; must not block. */
interface ClientEvents {
    void onExpired(long jobId, long logTimeMs, SessionRecord copy);

    /** The configuration says where the client's log goes; placeholders are not replaced. */
    default void onClientLogs(String path) {}

    /** One readable line. */
    void notice(System.Logger.Level level, String text);
}
