package org.stoneware.server.request;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.wire.log.LogEntryPublisher;
import org.stoneware.wire.session.LogStart;
import org.stoneware.wire.session.OwnStatus;

/**
 * What the parts of the request side share in one epoch, and the message they serve now.
 * <p>
 * <b>Threading:</b> the agent thread. Not final: the simulation plants faults by overriding one rule.
 */
class RequestContext {
    /** One for all: whichever load ends, everything that waits for the store is tried again. */
    static final long LOAD_TICKET = 1;
    /** Nearly all that wait for an offer are requests to open a session, of some hundred bytes. */
    static final long MAX_OFFERED_BYTES = 2L << 20;

    final long epoch;
    final RequestLimits limits;
    final SessionStore store;
    final SessionStateMachine stateMachine;
    final LogClock clock;
    final Proposals proposals;
    final GrantRule rule;
    final ClientTable clients = new ClientTable();
    final RequestCounters counters = new RequestCounters();
    final ClientReplies replies;
    final SessionOwnership ownership;
    final LogEntryPublisher entries = new LogEntryPublisher();
    final SessionRecord view = new SessionRecord();
    final RequestEvents events;
    final AwaitedOffer offer;
    /** What waits for what another server acknowledged alone; others overtake it. */
    final WaitingRequests offered = new WaitingRequests(SessionRequestProcessor.MAX_WAITING, MAX_OFFERED_BYTES);

    private final ReadGate readGate;

    /** Where the message being served came from. */
    ClientPort port = new ClientPort((buffer, offset, length) -> false, "");

    long nowNs;
    /** When the message being served came; a message that waited came before now. */
    long arrivedNs;
    /** The message being served has waited for what another server may tell. */
    boolean hasWaitedForOffer;
    /** The message being served waits for a session to come to memory, or for the store to take changes again. */
    boolean waitsForStore;
    /** What the message being served must wait for. */
    Wait wait = Wait.NONE;

    /** Something waits for a session to come to memory, or for the store to take changes again. */
    boolean isStoreAwaited;

    /** Why a message is served again later. A part that sets it has changed nothing, and returns. */
    enum Wait {
        NONE,
        /** The log takes no entry now; messages behind this one wait as well. */
        IN_ORDER,
        /** Something about one session, or the beginning of an epoch; other messages go on. */
        ALONE,
        /** What another server may be about to tell; other messages go on. See {@link AwaitedOffer}. */
        OFFER
    }

    RequestContext(
            long epoch,
            RequestLimits limits,
            SessionStateMachine stateMachine,
            SessionStore store,
            LogClock clock,
            long activatedNs,
            GrantRule rule,
            @Nullable Standbys standbys,
            ReadGate readGate) {
        this(epoch, limits, stateMachine, store, clock, activatedNs, rule, standbys, readGate, RequestEvents.NONE);
    }

    RequestContext(
            long epoch,
            RequestLimits limits,
            SessionStateMachine stateMachine,
            SessionStore store,
            LogClock clock,
            long activatedNs,
            GrantRule rule,
            @Nullable Standbys standbys,
            ReadGate readGate,
            RequestEvents events) {
        this.events = events;
        this.offer = new AwaitedOffer(events);
        this.epoch = epoch;
        this.limits = limits;
        this.store = store;
        this.stateMachine = stateMachine;
        this.clock = clock;
        this.readGate = readGate;
        this.proposals = new Proposals(epoch, stateMachine, clock, standbys, counters.commits);
        this.rule = rule;
        LogStart logStart = new LogStart(stateMachine.history().epochBefore(epoch), stateMachine.lastApplied());
        this.replies = new ClientReplies(epoch, logStart);
        this.ownership = new SessionOwnership(
                clock.logTimeMs(activatedNs), limits.shares().ownedSessions(), new GrantAnswers(this));
        for (ClientId known : stateMachine.clients()) {
            clients.row(known).renewedNs = activatedNs;
        }
    }

    long logTimeMs() {
        return clock.logTimeMs(nowNs);
    }

    SessionKey resolve(SessionKey asked) {
        return stateMachine.resolve(asked, logTimeMs());
    }

    /** True while no other server can be active, as far as this one can know. */
    boolean canServeReads() {
        return proposals.canServeReads(nowNs) && readGate.isOpen(nowNs);
    }

    /** True when what the store shows of a session may be told. */
    boolean isTellable(SessionKey key) {
        return canServeReads() && proposals.isSettled(key);
    }

    /** Asks the store for a session; LOADING and BUSY make the message wait. */
    Residency residency(SessionKey key) {
        return switch (store.load(key, LOAD_TICKET)) {
            case RESIDENT -> Residency.HERE;
            case ABSENT -> isTellable(key) ? Residency.ABSENT : waitAlone();
            case LOADING, BUSY -> {
                isStoreAwaited = true;
                waitsForStore = true;
                yield waitAlone();
            }
        };
    }

    /**
     * True when the message waits, because another server may be about to tell something newer of a session than what is here.
     *
     * @param isHere the session is in {@link #view}; else there is none.
     */
    boolean awaitsOffer(boolean isHere) {
        boolean isAwaited = offer.isAwaited()
                // Changed on this side: whatever the other tells, it stays.
                && !(isHere && view.lastEpoch() == epoch)
                && offer.holds(arrivedNs, !hasWaitedForOffer, nowNs);
        if (isAwaited) {
            wait = Wait.OFFER;
        }
        return isAwaited;
    }

    /** True when a session was changed in this epoch: whatever another server tells of it, what is here stays. */
    boolean isChangedHere(SessionKey key) {
        return store.read(key, view) && view.lastEpoch() == epoch;
    }

    /** Whether the store shows a session at once, or surely has none; else the message waits. */
    boolean isReady(SessionKey key) {
        boolean isReady = isShown(key);
        if (!isReady) {
            waitAlone();
        }
        return isReady;
    }

    /** Whether the store shows a session at once, or surely has none; else it is on its way to memory. */
    boolean isShown(SessionKey key) {
        LoadResult found = store.load(key, LOAD_TICKET);
        boolean isShown = found == LoadResult.RESIDENT || found == LoadResult.ABSENT;
        isStoreAwaited |= !isShown;
        waitsForStore |= !isShown;
        return isShown;
    }

    /** The store takes no changes any more. */
    boolean isReadOnly() {
        return stateMachine.isReadOnly();
    }

    /** Whether a session can be used at once. */
    enum Residency {
        HERE,
        ABSENT,
        /** The message waits. */
        WAITS
    }

    private Residency waitAlone() {
        wait = Wait.ALONE;
        return Residency.WAITS;
    }

    /**
     * Proposes the entry just encoded, for the message being served.
     *
     * @return false when nothing was proposed: the message waits, or this server is not active any more.
     */
    boolean propose(int length, @Nullable SessionKey key, @Nullable SessionKey other, Proposals.Action action) {
        long index = proposals.propose(length, key, other, action, nowNs);
        if (index == Replicator.BACK_PRESSURED) {
            wait = Wait.IN_ORDER;
        }
        return index > 0;
    }

    /** The sender of the message when it is registered in this epoch; else it is asked to register. */
    @Nullable
    ClientRow registered(long requestEpoch) {
        @Nullable ClientRow row = port.row;
        if (row != null && requestEpoch == epoch) {
            return row;
        }
        if (port.isRegistering) {
            // Served once its registration is committed.
            wait = Wait.ALONE;
            return null;
        }
        if (row == null) {
            counters.unregistered++;
        } else {
            counters.staleEpoch++;
        }
        replies.mustRegister(port);
        return null;
    }

    /** @param askedNs when the request came to this server. */
    void answerAbsent(ClientRow client, long requestId, long askedNs) {
        counters.openedAbsent++;
        counters.answers.opened(OwnStatus.ABSENT, nowNs - askedNs);
        replies.notOwned(client, requestId, logTimeMs(), OwnStatus.ABSENT);
    }

    /** A session has ended; answers those who wait for it. */
    void ended(SessionKey key) {
        List<SessionOwnership.Waiter> waiting = ownership.removed(key);
        for (SessionOwnership.Waiter waiter : waiting) {
            answerAbsent(waiter.client(), waiter.requestId(), waiter.askedNs());
        }
    }
}
