package org.stoneware.client;

import org.agrona.DirectBuffer;
import org.stoneware.api.session.SessionKey;

/**
 * Sessions of the array, seen from one Tomcat. One instance serves every context and every request thread of a JVM.
 * <p>
 * A request thread calls {@link #open} (or {@link #create}) when it first touches a session, {@link #commit} whenever changes must
 * be held by the array before more of the response leaves, and {@link #end} when it is done with the session. Between the first
 * and the last of these calls by any thread of this Tomcat no other Tomcat can change the session.
 * <p>
 * <b>Threading:</b> callable from any thread. Calls that need the server block, at most for the operation time-out (for
 * {@link #open}: the owner wait), then answer with an outcome that says so.
 * <p>
 * <b>Failure:</b> outcomes are values. An {@link InterruptedException} never leaves; the interrupt is restored and the outcome is
 * {@code UNAVAILABLE}.
 */
public interface SessionClient extends AutoCloseable {
    /** Value of {@code knownVersion} of a caller that holds no copy. */
    long NO_VERSION = 0;

    /**
     * Makes this Tomcat the owner of a session for the time of one request and brings the caller's copy up to date.
     * <p>
     * Counts as one use of the session until {@link #end}, only when the outcome says {@link Opened.Status#CURRENT} or
     * {@link Opened.Status#LOADED}.
     *
     * @param knownVersion version of the copy the caller holds, or {@link #NO_VERSION}.
     */
    Opened open(SessionKey key, long knownVersion);

    /**
     * Like the other, for a caller that can do without the session.
     *
     * @param maxOwnerWaitMs longest wait for another Tomcat that uses the session, when that is shorter than the owner wait.
     */
    Opened open(SessionKey key, long knownVersion, long maxOwnerWaitMs);

    /**
     * Begins one more use of a session that requests of this Tomcat use already; never waits. Other Tomcats that want the session wait
     * for this use too. The caller vouches that the copy it uses is the one of those requests.
     *
     * @return false when nobody here uses the session, or this Tomcat has lost it or is giving it up; no use has begun then.
     */
    boolean share(SessionKey key);

    /**
     * Begins a session with a fresh id. The array learns of it with the first {@link #commit}, which says {@link Committed.Status#EXISTS} when
     * the id was not fresh. Counts as one use until {@link #end}.
     *
     * @return false when requests of this Tomcat use a session of that id; no use has begun then.
     */
    boolean create(SessionKey key);

    /**
     * Hands the changes of a request to the array and waits until every in-sync server holds them.
     * <p>
     * <b>Ownership:</b> the bytes are copied before this call waits; the buffer may be used again when it returns.
     *
     * @param copyVersion version of the copy the changes were made to, or {@link #NO_VERSION} for a session that begins here. A change made to
     *                    another copy than the one this Tomcat was given or has changed last is {@link Committed.Status#FENCED}: it
     *                    would bring a copy to the newest version that lacks what others have changed.
     * @param delta       a {@link org.stoneware.api.session.SessionDelta}; may be empty of changes.
     * @param isLast      true when the caller will change nothing more before {@link #end}; lets the array pass the session on at
     *                    once when another Tomcat wants it, see {@link Committed#isReleased}.
     */
    Committed commit(SessionKey key, long copyVersion, DirectBuffer delta, int offset, int length, boolean isLast);

    /**
     * Ends one use of a session. Never blocks.
     *
     * @param accessAgeMs milliseconds since the session was last in use; from then on it is idle. Reported to the array within a second.
     */
    void end(SessionKey key, long accessAgeMs);

    /**
     * As {@link #end}, by a caller that is likely to use the session again at once: where nobody else asks for it at the moment it stays
     * owned, also when Tomcats take turns with it and it would otherwise be given back. Never blocks.
     */
    void rest(SessionKey key, long accessAgeMs);

    /**
     * As {@link #end}, for a use whose last {@link #commit} gave the session up ({@link Committed#isReleased}), or whose session has been
     * removed: other Tomcats do not wait for it, and it ends none of the uses begun since. Never blocks.
     */
    void endGivenUp(SessionKey key);

    /**
     * Gives up a session nobody here uses, because the caller keeps no copy of it any more: owning it would save no question. Never
     * blocks.
     * <p>
     * A caller that drops its copy only when this answers true, and takes whatever an {@link #open} under way is granted afterwards,
     * never has two copies of one session.
     *
     * @return false when requests of this Tomcat use the session; nothing has changed then.
     */
    boolean giveBack(SessionKey key);

    /** Takes the session away everywhere, and waits until that is so. The caller still calls {@link #end}. */
    Committed remove(SessionKey key);

    /**
     * Gives a session a new id, in one step. Uses counted for the old key count for the new one afterwards; for a few seconds the
     * old id still leads to the session, and as long as a request that uses it under the old key runs, every call here takes either.
     */
    Committed rename(SessionKey from, SessionKey to);

    /** Tells the array that this Tomcat serves an application, so that expiry notices for it can come here. */
    void addApplication(String application, ExpiryListener listener);

    void removeApplication(String application);

    ClientView view();

    /** Releases all sessions and says goodbye; bounded wait. Idempotent. */
    @Override
    void close();
}
