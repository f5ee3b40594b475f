package org.stoneware.api.cluster;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;
import org.stoneware.api.session.SessionKey;

/**
 * Looks at the sessions of the answering server and ends them, for people and tools: shell and REST are thin views of it. Values of
 * attributes are never shown, and no class of an application is ever loaded.
 * <p>
 * <b>Threading:</b> callable from any thread. The work is done on the server's agent in pieces between requests of Tomcats, so an answer
 * over many sessions takes as long as it takes and holds nobody up. Answers are completed on a thread of no importance to the server;
 * what is chained to them may block. Whoever waits no more for {@link #list}, {@link #show} or {@link #stats} cancels the future he was
 * given, and the work on it ends; a change is gone through with, cancelled or not.
 * <p>
 * <b>Limits:</b> {@link #MAX_ASKED} questions at once. An answer holds at most {@link #MAX_PAGE} sessions, whatever the server holds.
 * <p>
 * <b>Failure:</b> what is expected is an outcome. A future ends with {@link SessionAdminException} when there are too many questions, the
 * server stops, or its copy of the sessions was replaced by another while it was read; asking again helps or says why not.
 */
@ProviderType
public interface SessionAdmin {
    /** Most sessions in one answer. */
    int MAX_PAGE = 10_000;

    /** Most questions that wait or are worked on at once. */
    int MAX_ASKED = 64;

    /** Most applications {@link #stats} tells apart; the others are counted together. */
    int MAX_APPLICATIONS = 1_000;

    /**
     * Names sessions in order of application and id. Each page walks over all sessions once; ask for large pages rather than many.
     * Sessions that come or go meanwhile may or may not be in it.
     */
    CompletableFuture<SessionPage> list(SessionQuery query);

    /**
     * Shows one session closely.
     *
     * @param key may be an old id of the session, when it was renamed lately.
     * @return {@link SessionLook#details()} is null when this server holds no such session.
     */
    CompletableFuture<SessionLook> show(SessionKey key);

    /**
     * Counts sessions.
     *
     * @param application only this one's; empty for all.
     */
    CompletableFuture<SessionStats> stats(String application);

    /**
     * Ends one session as if its time were over: on every server, and one Tomcat that serves the application fires its listeners. A Tomcat
     * that uses it is asked to give it up after its running requests first. Only the active does it.
     *
     * @param by who asks, for the log.
     */
    CompletableFuture<InvalidateOutcome> invalidate(SessionKey key, String by);

    /**
     * Ends every session an application has when the question is asked, as {@link #invalidate(SessionKey, String)}.
     *
     * @param application not empty.
     */
    CompletableFuture<InvalidateOutcome> invalidateAll(String application, String by);

    /**
     * Ends every session whose time is over, without waiting for the periodic sweep, and also where that is switched off. Sessions found
     * to be in use are left alone.
     */
    CompletableFuture<InvalidateOutcome> sweep(String by);

    /**
     * Which sessions to name.
     *
     * @param application only this one's; empty for all.
     * @param idPrefix    only ids that begin so; empty for all.
     * @param limit       most sessions to name, 1 to {@link SessionAdmin#MAX_PAGE}.
     * @param cursor      {@link SessionPage#next()} of the page before, or empty for the first page.
     */
    record SessionQuery(String application, String idPrefix, int limit, String cursor) {
        /**
         * @throws IllegalArgumentException when the limit is out of range, or the cursor was not given out by {@link SessionPage#next()}.
         */
        public SessionQuery {
            if (limit < 1 || limit > MAX_PAGE) {
                throw new IllegalArgumentException("limit must be 1 to " + MAX_PAGE + ": limit=" + limit);
            }
            SessionCursor.parse(cursor);
        }
    }

    /**
     * Some sessions.
     *
     * @param server   who answers.
     * @param role     its role. Only an active or a passive standby is sure to hold all sessions.
     * @param sessions in order of application and id.
     * @param next     cursor of the next page; empty when this is the last.
     */
    record SessionPage(String server, ServerRole role, List<SessionSummary> sessions, String next) {
        public SessionPage {
            sessions = List.copyOf(sessions);
        }
    }

    /**
     * One session in a list.
     *
     * @param application        {@code host/context-path}.
     * @param id                 as the browser sends it, without the name of a Tomcat. Untrusted: escape it wherever it is shown.
     * @param lengthBytes        of the stored record.
     * @param attributes         number of attributes, those of the container included.
     * @param maxInactiveIntervalSec 0 or less: never ends by itself.
     * @param version            rises with every change of this session.
     */
    record SessionSummary(
            String application,
            String id,
            long creationTimeMs,
            long lastAccessedTimeMs,
            int maxInactiveIntervalSec,
            long lengthBytes,
            int attributes,
            long version) {}

    /**
     * Answer to {@link #show}.
     *
     * @param server  who answers.
     * @param role    its role.
     * @param active  name of the active as this server knows it; empty when there is none.
     * @param details null when this server holds no such session.
     */
    record SessionLook(String server, ServerRole role, String active, @Nullable SessionDetails details) {}

    /**
     * One session closely.
     *
     * @param epoch       epoch of its last change.
     * @param isCommitted false while its last change is still on its way to the standbys.
     * @param owner       Tomcat that may write it now; empty when none does, or this server is not the active, which alone knows.
     * @param lastWriter  Tomcat that made the last change, where this server remembers it: since its start, the last 65,536 sessions or
     *                    so that were changed; else empty. A name,
     *                    or the identity of a Tomcat that is not registered here.
     * @param attributes  every attribute, in the order stored.
     * @param copies      what is known of the other servers' copies; empty on a passive.
     */
    record SessionDetails(
            SessionSummary summary,
            long epoch,
            boolean isCommitted,
            String owner,
            String lastWriter,
            List<AttributeDetails> attributes,
            List<CopyDetails> copies) {
        public SessionDetails {
            attributes = List.copyOf(attributes);
            copies = List.copyOf(copies);
        }
    }

    /**
     * One attribute.
     *
     * @param name       chosen by the application; escape it wherever it is shown.
     * @param isContainer true for what the container keeps for itself, for example the principal.
     * @param valueBytes length of its serialized value.
     * @param className  class of the value as its serialized form names it; empty when that can't be told. Untrusted, as the name.
     */
    record AttributeDetails(String name, boolean isContainer, long valueBytes, String className) {}

    /**
     * How far another server's copy is.
     *
     * @param server       its name.
     * @param isInSync     true when it counts as standby: then it holds every acknowledged change of every session.
     * @param holdsVersion true when it has confirmed the version shown.
     * @param lagEntries   entries of the log it has not confirmed yet; {@link #UNKNOWN_LAG} unless it is in sync.
     */
    record CopyDetails(String server, boolean isInSync, boolean holdsVersion, long lagEntries) {
        public static final long UNKNOWN_LAG = -1;
    }

    /**
     * Sessions by number, size and age.
     *
     * @param sizes        how many sessions are how large.
     * @param idle         how many were used last how long ago.
     * @param ages         how many were created how long ago.
     * @param applications largest first; at most {@link SessionAdmin#MAX_APPLICATIONS}.
     * @param otherApplications sessions of applications beyond those.
     */
    record SessionStats(
            String server,
            ServerRole role,
            long sessions,
            long payloadBytes,
            long largestBytes,
            List<Bucket> sizes,
            List<Bucket> idle,
            List<Bucket> ages,
            List<ApplicationStats> applications,
            long otherApplications) {
        public SessionStats {
            sizes = List.copyOf(sizes);
            idle = List.copyOf(idle);
            ages = List.copyOf(ages);
            applications = List.copyOf(applications);
        }
    }

    /**
     * Sessions up to a bound and above the one before.
     *
     * @param upTo bytes or milliseconds, inclusive; {@link Long#MAX_VALUE} for the last bucket.
     */
    record Bucket(long upTo, long sessions) {}

    /** Sessions of one application. */
    record ApplicationStats(String application, long sessions, long payloadBytes) {}

    /**
     * Answer to {@link #invalidate} and {@link #invalidateAll}.
     *
     * @param ended  sessions ended, on every in-sync server.
     * @param inUse  sessions that were not ended because a Tomcat did not give them up in time.
     * @param reason one line for people; says what to do when not all is done.
     */
    record InvalidateOutcome(Status status, long ended, long inUse, String reason) {
        /** How it went. */
        public enum Status {
            /** What was asked for is ended. */
            DONE,
            /** There is no such session, or application with sessions, any more. */
            ABSENT,
            /** Some or all are still used. */
            IN_USE,
            /** This server is not the active; {@code reason} names the one that is. */
            NOT_ACTIVE
        }
    }
}
