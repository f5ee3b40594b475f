package org.stoneware.server.request;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.session.ClientId;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.wire.session.WriteStatus;

/**
 * What an operator may know of a session, and do with it, besides what Tomcats do. One object lives for one epoch of the active.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class SessionControl {
    /** Nobody waits for the load to be announced; it is asked for again. */
    private static final long TICKET = -2;

    private final RequestContext context;
    private final SessionRecord held = new SessionRecord();

    /** What became of a session that is to be put back. */
    public enum Adoption {
        /** Nothing was begun, since a change of this session, the store or the log is behind; it is worth trying again later. */
        NOT_NOW,
        /** Nothing was begun, since a Tomcat has the one here, or may come back for it; it was asked to give it up. */
        IN_USE,
        /** On its way; the listener is told. */
        PROPOSED,
        /** The session here stays. */
        KEPT,
        /** Here lies the same. */
        UNCHANGED,
        /** Its time is over. */
        EXPIRED,
        /** Longer than a session may be. */
        TOO_LONG
    }

    /** Hears how putting a session back ended; never told when this server stops being active first. */
    public interface AdoptionListener {
        /**
         * @param status     COMMITTED, FULL or FAILED.
         * @param isReplaced another one was held here.
         * @param isNewer    and it was used after the one put back.
         */
        void onAdopted(WriteStatus status, boolean isReplaced, boolean isNewer);
    }

    /**
     * A session to be put back.
     *
     * @param record   with its times as they are to be here.
     * @param savedAccessMs last access as it was saved.
     */
    public record Returning(SessionRecord record, long savedAccessMs) {}

    SessionControl(RequestContext context) {
        this.context = context;
    }

    /** The key a session has now, when {@code asked} is an old one of it. */
    public SessionKey resolve(SessionKey asked, long nowNs) {
        context.nowNs = nowNs;
        return context.resolve(asked);
    }

    /** Name of the Tomcat that may write a session now; empty when none may. */
    public String owner(SessionKey key) {
        SessionOwnership.@Nullable Row row = context.ownership.row(key);
        return row == null || row.owner == null ? "" : name(row.owner.id);
    }

    /** Name of a Tomcat, or its identity when it has not been here in this epoch. */
    public String name(ClientId client) {
        return context.clients.name(client);
    }

    /** True for a session whose time is over. */
    public boolean isOver(SessionRecord record, long nowNs) {
        context.nowNs = nowNs;
        return ExpirySweep.isOver(record, context.logTimeMs());
    }

    /** True when every in-sync server has the last change of a session. */
    public boolean isCommitted(SessionKey key) {
        return context.proposals.isSettled(key);
    }

    /**
     * Ends a session as if its time were over. An owner is asked to give it up first.
     *
     * @param onlyIfOver leaves a session alone whose time is not over; {@code outcome} is told null then.
     * @param outcome told once the end is committed, or that it did not take place because the session was used at the last moment
     *                ({@link WriteStatus#ABSENT}); told null at once when there is no such session. Never told when this server stops
     *                being active first.
     * @return false when nothing was begun and it is worth trying again later.
     */
    public boolean end(SessionKey key, boolean onlyIfOver, long nowNs, Consumer<@Nullable WriteStatus> outcome) {
        context.nowNs = nowNs;
        LoadResult loaded = context.store.load(key, TICKET);
        if (loaded == LoadResult.ABSENT) {
            outcome.accept(null);
            return true;
        }
        boolean isFree = loaded == LoadResult.RESIDENT
                && context.rule.mayGrant(key, nowNs)
                && context.ownership.freeUp(key, nowNs);
        if (!isFree || !context.store.read(key, context.view)) {
            return false;
        }
        if (onlyIfOver && !ExpirySweep.isOver(context.view, context.logTimeMs())) {
            outcome.accept(null);
            return true;
        }
        int length = context.entries.sessionExpired(context.proposals.entry, context.view.lastAccessedTimeMs(), key);
        return context.propose(length, key, null, (status, version) -> {
            if (status == WriteStatus.COMMITTED) {
                context.ended(key);
            }
            outcome.accept(status);
        });
    }

    /** Log time now. */
    public long logTimeMs(long nowNs) {
        context.nowNs = nowNs;
        return context.logTimeMs();
    }

    /**
     * Puts a session back that was saved, as a change that is replicated like any other. Whoever owns the one it replaces is asked to give it
     * up first. One that was given another id since counts as held here.
     *
     * @param replaces the one to be put back takes the place of another held here.
     */
    public Adoption adopt(Returning returning, boolean replaces, long nowNs, AdoptionListener listener) {
        context.nowNs = nowNs;
        SessionRecord record = returning.record();
        if (record.length() > context.limits.maxSessionBytes()) {
            return Adoption.TOO_LONG;
        }
        if (ExpirySweep.isOver(record, context.logTimeMs())) {
            return Adoption.EXPIRED;
        }
        SessionKey key = record.key();
        if (!context.resolve(key).equals(key)) {
            return Adoption.KEPT;
        }
        if (!context.proposals.isSettled(key)) {
            // What is here may be taken back: nothing is said of it, and nothing follows it.
            return Adoption.NOT_NOW;
        }
        LoadResult loaded = context.store.load(key, TICKET);
        if (loaded == LoadResult.ABSENT) {
            return propose(record, key, (status, version) -> listener.onAdopted(status, false, false));
        }
        if (loaded != LoadResult.RESIDENT || !context.store.read(key, held)) {
            return Adoption.NOT_NOW;
        }
        if (held.hasSameContent(record)) {
            return Adoption.UNCHANGED;
        }
        if (!replaces) {
            return Adoption.KEPT;
        }
        if (!context.rule.mayGrant(key, nowNs) || !context.ownership.freeUp(key, nowNs)) {
            return Adoption.IN_USE;
        }
        // Giving up may have changed what is held.
        if (!context.store.read(key, held)) {
            return Adoption.NOT_NOW;
        }
        boolean isNewer = held.lastAccessedTimeMs() > returning.savedAccessMs();
        return propose(record, key, (status, version) -> listener.onAdopted(status, true, isNewer));
    }

    private Adoption propose(SessionRecord record, SessionKey key, Proposals.Action action) {
        int length = context.entries.sessionAdopted(context.proposals.entry, null, record);
        return context.propose(length, key, null, action) ? Adoption.PROPOSED : Adoption.NOT_NOW;
    }
}
