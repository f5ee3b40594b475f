package org.stoneware.client;

/**
 * What this Tomcat knows of the array.
 *
 * @param isConnected   an active server has registered this Tomcat.
 * @param activeName    configured name of the active; empty when none is known.
 * @param activeAddress its {@code host:port}; empty when none is known.
 * @param epoch         its epoch.
 * @param ownedSessions sessions this Tomcat owns now.
 * @param problem       why not connected, for people; empty when connected.
 */
public record ClientView(
        boolean isConnected, String activeName, String activeAddress, long epoch, long ownedSessions, String problem) {}
