package org.stoneware.server.request;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.session.ClientId;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.ToldVersions;

/**
 * Takes Tomcats in. A registration names what its Tomcat owns from the epoch before, or the part of it that is wanted soonest and further
 * messages the rest (ADR 0315); what is accepted of it is owned from the moment it arrives. The registration is answered once every in-sync
 * server holds it. A repeated one is answered again and changes nothing.
 * <p>
 * <b>Threading:</b> the agent thread. Not final: the simulation plants faults by overriding one rule.
 */
class Registrations {
    private final RequestContext context;

    Registrations(RequestContext context) {
        this.context = context;
    }

    /** What a Tomcat says of itself. */
    record Introduction(String name, String productVersion, List<String> applications, ToldVersions told) {}

    void onRegister(
            long requestEpoch,
            ClientId id,
            long incarnation,
            long registration,
            Introduction introduction,
            List<OwnedSession> owned,
            long namedFrom) {
        ClientPort from = context.port;
        if (requestEpoch != context.epoch) {
            // What it names and what it drops depends on the epoch it believes in.
            context.counters.staleEpoch++;
            context.replies.mustRegister(from);
            return;
        }
        ClientRow row = context.clients.row(id);
        if (!isNew(row, registration)) {
            repeat(row, from, registration, owned);
            return;
        }
        int length = context.entries.clientRegistered(context.proposals.entry, id.high(), id.low(), incarnation);
        List<OwnedSession> refused = new ArrayList<>(0);
        boolean isProposed = context.propose(length, null, null, (status, version) -> {
            context.rule.onRegistered(row.id, namedFrom);
            onCommitted(row, from, registration, introduction, refused);
        });
        if (!isProposed) {
            return;
        }
        row.registration = registration;
        row.renewedNs = context.nowNs;
        row.isAnswered = false;
        from.isRegistering = true;
        ToldVersions told = introduction.told();
        row.isOfOtherSide = context.stateMachine.history().isBeyond(told.epoch(), told.version());
        if (row.isOfOtherSide) {
            context.offer.onTomcatOfOtherSide(context.nowNs);
        }
        own(row, owned, refused);
    }

    /** Makes a Tomcat the owner of what it names, as far as it may be; the rest is added to {@code refused}. */
    private void own(ClientRow row, List<OwnedSession> owned, List<OwnedSession> refused) {
        for (OwnedSession each : owned) {
            // Who knows of changes that are not here would own, for a moment, what is older than its own copy.
            if (row.isOfOtherSide || !isOwned(row, each)) {
                refused.add(each);
            }
        }
    }

    /**
     * Further sessions a registered Tomcat owns since before this epoch. As any answer that lets a Tomcat own something it is given only
     * while no other server can be active; the registration, which every in-sync server holds, stands before it.
     */
    void onName(long requestEpoch, long registration, int part, long namedFrom, List<OwnedSession> owned) {
        @Nullable ClientRow row = context.registered(requestEpoch);
        if (row == null || registration != row.registration || !row.isAnswered) {
            // Belongs to a registration that has a successor.
            return;
        }
        if (!context.canServeReads()) {
            context.wait = RequestContext.Wait.ALONE;
            return;
        }
        List<OwnedSession> refused = new ArrayList<>(0);
        own(row, owned, refused);
        context.rule.onRegistered(row.id, namedFrom);
        context.replies.named(context.port, registration, part, refused);
        if (context.ownership.contestedSize() > 0) {
            for (OwnedSession each : owned) {
                context.ownership.recallIfWaitedFor(context.resolve(each.key()), context.nowNs);
            }
        }
    }

    boolean isNew(ClientRow row, long registration) {
        return registration > row.registration;
    }

    /**
     * A late copy of an older registration counts for nothing. The answer to the newest is made again from what it names, instead of being
     * kept for as long as its Tomcat lives: what of it was owned then and still is.
     */
    private void repeat(ClientRow row, ClientPort from, long registration, List<OwnedSession> owned) {
        if (registration != row.registration || !row.isAnswered || row.port != from) {
            return;
        }
        List<OwnedSession> refused = new ArrayList<>(0);
        for (OwnedSession each : owned) {
            if (context.ownership.owned(context.resolve(each.key()), row, each.token()) == null) {
                refused.add(each);
            }
        }
        context.replies.registered(from, registration, context.limits, refused);
    }

    private boolean isOwned(ClientRow row, OwnedSession named) {
        SessionKey key = context.resolve(named.key());
        if (context.ownership.owned(key, row, named.token()) != null) {
            return true;
        }
        if (!mayBeOwnedSinceBefore(key)
                || isAbsent(key)
                || !context.ownership.asserted(key, row, named.token(), named.grant())) {
            return false;
        }
        context.rule.onResolved(key);
        return true;
    }

    /** What is not in memory begins to come, as far as there is room; its owner is its owner all the same. */
    private boolean isAbsent(SessionKey key) {
        return !context.store.read(key, context.view)
                && context.store.load(key, RequestContext.LOAD_TICKET) == LoadResult.ABSENT;
    }

    /** Once its owner is known, or may be somebody granted since, what an earlier epoch gave away counts no more. */
    boolean mayBeOwnedSinceBefore(SessionKey key) {
        return !context.rule.isOpen(context.nowNs) && !context.rule.isResolved(key);
    }

    private void onCommitted(
            ClientRow row, ClientPort from, long registration, Introduction introduction, List<OwnedSession> refused) {
        if (row.registration != registration) {
            return;
        }
        row.isAnswered = true;
        from.isRegistering = false;
        if (from.isGone) {
            return;
        }
        context.clients.bind(row, from, introduction);
        context.replies.registered(from, registration, context.limits, refused);
        context.ownership.recallAgain(row, context.nowNs);
    }
}
