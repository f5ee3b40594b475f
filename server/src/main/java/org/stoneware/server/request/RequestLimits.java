package org.stoneware.server.request;

import org.stoneware.server.session.HeapShares;

/**
 * Limits of the request side.
 *
 * @param serverName        configured name of this server.
 * @param maxSessionBytes   largest record.
 * @param reconnectWindowNs how long the identity of a silent Tomcat is kept.
 * @param sweepEnabled      expired sessions are looked for; else they end when next asked for.
 * @param clientLogs        where the configuration wants the Tomcats' client log, as written; may be empty.
 * @param shares            what requests may take of the heap.
 */
public record RequestLimits(
        String serverName,
        int maxSessionBytes,
        long reconnectWindowNs,
        boolean sweepEnabled,
        String clientLogs,
        HeapShares shares) {
    /** For a heap so large that each part of it is as large as is of use. */
    public RequestLimits(
            String serverName, int maxSessionBytes, long reconnectWindowNs, boolean sweepEnabled, String clientLogs) {
        this(serverName, maxSessionBytes, reconnectWindowNs, sweepEnabled, clientLogs, HeapShares.LARGEST);
    }
}
