package org.stoneware.server.request;

/**
 * Limits of the request side.
 *
 * @param serverName        configured name of this server.
 * @param maxSessionBytes   largest record.
 * @param reconnectWindowNs how long the identity of a silent Tomcat is kept.
 * @param sweepEnabled      expired sessions are looked for; else they end when next asked for.
 * @param clientLogs        where the configuration wants the Tomcats' client log, as written; may be empty.
 */
public record RequestLimits(
        String serverName, int maxSessionBytes, long reconnectWindowNs, boolean sweepEnabled, String clientLogs) {}
