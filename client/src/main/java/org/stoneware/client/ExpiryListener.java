package org.stoneware.client;

import org.stoneware.api.session.SessionRecord;

/** Hears that the array has ended a session for lack of use. Called on a thread of the client's own, one call at a time. */
@FunctionalInterface
public interface ExpiryListener {
    /**
     * A session has expired; fire the application's listeners. The array counts the notice as delivered when this returns true or throws.
     *
     * @param record    the session as it was; a copy that belongs to the listener.
     * @param logTimeMs log time of its expiry.
     * @return false when the application stops or has stopped, so that its listeners did not run or lacked what they use; the array tells
     *     another Tomcat, or this one when the application is there again.
     */
    boolean onExpired(SessionRecord record, long logTimeMs);
}
