package org.stoneware.wire.session;

import org.stoneware.api.session.SessionKey;

/**
 * A session a Tomcat owns, as a registration and its answer name it.
 *
 * @param token fencing token it is owned under.
 * @param grant number of the last grant of the token its owner has seen.
 */
public record OwnedSession(SessionKey key, long token, long grant) {}
