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
    /** No ticket of a request is negative. */
    private static final long TICKET = -2;

    private final RequestContext context;

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
}
