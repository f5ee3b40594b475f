package org.stoneware.server.request;

/**
 * How far an active has come with serving.
 *
 * @param registered Tomcats that have registered in this epoch and are connected.
 * @param awaited    Tomcats known from before this epoch that have not registered in it and may own sessions.
 * @param changes    changes of sessions taken in this epoch.
 */
public record ServingProgress(int registered, int awaited, long changes) {}
