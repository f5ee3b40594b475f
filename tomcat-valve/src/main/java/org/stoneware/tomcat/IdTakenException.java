package org.stoneware.tomcat;

import org.stoneware.api.session.SessionKey;

/** Thrown where Catalina lets nothing else out, when a session with the id of a new one exists. */
final class IdTakenException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    IdTakenException(SessionKey key) {
        super("a session with that id exists: " + key);
    }
}
