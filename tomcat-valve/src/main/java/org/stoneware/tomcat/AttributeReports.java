package org.stoneware.tomcat;

import org.stoneware.api.session.SessionKey;

/** Hears what the operator should know about attributes. Called from any thread; speaks once per attribute name. */
interface AttributeReports {
    /** The bytes can't be turned into an object here; they are kept, and the application sees no such attribute. */
    void quarantined(String name, Exception cause);

    /** The value can't be turned into bytes; it stays in this Tomcat alone. */
    void keptLocal(String name, Object value, Exception cause);

    /** A value that lived in this Tomcat alone is gone with the copy of its session, for which there was no room. */
    void droppedLocal(String name);

    /** The value was told that its session is here now, and failed. */
    void notActivated(Object value, Throwable cause);

    /** The changes of a request could not be turned into a message; the request fails. */
    void notCommitted(SessionKey key, Throwable cause);
}
