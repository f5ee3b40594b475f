package org.stoneware.server.request;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.api.cluster.ClusterStatus.Counter;
import org.stoneware.api.cluster.Histogram;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.request.WaitingRequests.Waiting;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.wire.session.ClientRequestAdapter;
import org.stoneware.wire.session.ClientRequestListener;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.ToldVersions;
import org.stoneware.wire.session.WireException;
import org.stoneware.wire.session.WriteStatus;

/**
 * Serves the Tomcats while this server is active: takes their messages in order, lets wait what can't be served yet, and lets time pass.
 * One object lives for one epoch.
 * <p>
 * Pure: time is a parameter, messages come in as calls and go out through {@link ClientPort}.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> {@link #MAX_WAITING} messages and half of their share of the heap wait in each of two queues,
 * one message always, and as many of {@link RequestContext#MAX_OFFERED_BYTES} in a third; the sender of one more must register anew, and
 * sends again what has no answer.
 */
public final class SessionRequestProcessor {
    static final int MAX_WAITING = 10_000;
    private static final int RETRY_LIMIT = 1_024;
    private static final long STORE_RETRY_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final RequestContext context;
    private final Registrations registrations;
    private final OpenRequests opens;
    private final ChangeRequests changes;
    private final ExpirySweep sweep;
    private final ExpiryNotices notices;
    private final SessionControl control;
    private final ClientRequestAdapter adapter = new ClientRequestAdapter();
    private final Requests requests = new Requests();
    /** The log takes no entry now; nothing of a Tomcat overtakes what waits here. */
    private final WaitingRequests inOrder;
    /** For a commit, the beginning of an epoch or the store; others overtake it. */
    private final WaitingRequests alone;

    private int retriedAtDecision;
    private long retriedAtCommit = -1;
    private boolean retriedWhileOpen;
    private int retriedAtNames;
    private boolean retriedWhileReadable;
    private boolean isRetrying;
    private boolean isLoadEnded;
    private long storeAskedNs = Long.MIN_VALUE / 2;

    public SessionRequestProcessor(
            long epoch,
            RequestLimits limits,
            SessionStore store,
            SessionStateMachine stateMachine,
            LogClock clock,
            long activatedNs) {
        this(epoch, limits, store, stateMachine, clock, activatedNs, null);
    }

    /** @param standbys made for the same epoch and over the same state machine; null when there are no other servers. */
    public SessionRequestProcessor(
            long epoch,
            RequestLimits limits,
            SessionStore store,
            SessionStateMachine stateMachine,
            LogClock clock,
            long activatedNs,
            @Nullable Standbys standbys) {
        this(epoch, limits, store, stateMachine, clock, activatedNs, activatedNs, standbys, RequestEvents.NONE);
    }

    /**
     * @param aloneNs since when no other server can have granted or renewed anything; may lie ahead.
     * @param events  told what people should know.
     */
    public SessionRequestProcessor(
            long epoch,
            RequestLimits limits,
            SessionStore store,
            SessionStateMachine stateMachine,
            LogClock clock,
            long activatedNs,
            long aloneNs,
            @Nullable Standbys standbys,
            RequestEvents events) {
        this(new RequestContext(
                epoch,
                limits,
                stateMachine,
                store,
                clock,
                activatedNs,
                new GrantRule(stateMachine.clients(), aloneNs, store),
                standbys,
                ReadGate.ALWAYS_OPEN,
                events));
    }

    private SessionRequestProcessor(RequestContext context) {
        this(context, new Registrations(context), new ChangeRequests(context));
    }

    /** For the simulation, which plants faults in the parts. */
    SessionRequestProcessor(RequestContext context, Registrations registrations, ChangeRequests changes) {
        this.context = context;
        long waitingBytes = context.limits.shares().waitingRequestBytes() / 2;
        this.inOrder = new WaitingRequests(MAX_WAITING, waitingBytes);
        this.alone = new WaitingRequests(MAX_WAITING, waitingBytes);
        this.registrations = registrations;
        this.changes = changes;
        this.sweep =
                new ExpirySweep(context.store, context.ownership, context.limits.sweepEnabled(), new SweepOutput());
        this.notices = new ExpiryNotices(
                context.stateMachine.expiryJobs(), new NoticeTrouble(context.events), new NoticeOutput());
        this.opens = new OpenRequests(context, sweep);
        this.control = new SessionControl(context);
    }

    /**
     * Serves one message of a Tomcat.
     * <p>
     * <b>Failure:</b> a message that can't be decoded is counted and dropped.
     */
    public void onMessage(ClientPort from, DirectBuffer buffer, int offset, int length, long nowNs) {
        context.nowNs = nowNs;
        // What waited for something that has come since keeps its place before what comes now.
        retryAlone();
        retryAfterOffer();
        context.hasWaitedForOffer = false;
        boolean mayOvertake = inOrder.isEmpty() || ClientRequestAdapter.isRenewal(buffer, offset, length);
        RequestContext.Wait wait =
                mayOvertake ? serve(from, buffer, offset, length, nowNs) : RequestContext.Wait.IN_ORDER;
        if (wait != RequestContext.Wait.NONE) {
            Waiting waiting = new Waiting(from, buffer, offset, length, nowNs);
            waiting.isForStore = mayOvertake && context.waitsForStore;
            letWait(wait, waiting);
        }
        context.proposals.doWork(nowNs);
        retryAlone();
    }

    private RequestContext.Wait serve(ClientPort from, DirectBuffer buffer, int offset, int length, long arrivedNs) {
        context.port = from;
        context.wait = RequestContext.Wait.NONE;
        context.arrivedNs = arrivedNs;
        context.waitsForStore = false;
        try {
            adapter.onMessage(buffer, offset, length, requests);
        } catch (WireException e) {
            context.counters.malformed++;
        }
        return context.wait;
    }

    private RequestContext.Wait serveAgain(Waiting waiting) {
        DirectBuffer message = waiting.message;
        context.hasWaitedForOffer = waiting.isForOffer;
        RequestContext.Wait wait = serve(waiting.port, message, 0, message.capacity(), waiting.arrivedNs);
        if (wait == RequestContext.Wait.NONE && waiting.isForStore) {
            context.counters.storeWaits.record(context.nowNs - waiting.arrivedNs);
        }
        waiting.isForStore |= context.waitsForStore;
        return wait;
    }

    private void letWait(RequestContext.Wait wait, Waiting waiting) {
        waiting.isForOffer |= wait == RequestContext.Wait.OFFER;
        WaitingRequests where =
                switch (wait) {
                    case ALONE -> alone;
                    case OFFER -> context.offered;
                    case IN_ORDER, NONE -> inOrder;
                };
        if (where.add(waiting)) {
            return;
        }
        ClientPort from = waiting.port;
        // Nothing is dropped in silence: its Tomcat registers anew, then sends again all that has no answer.
        context.counters.overflowed++;
        leave(from);
        context.replies.mustRegister(from);
    }

    /** True when no Tomcat owns a session, nor can have owned it before; else its owner is asked to release it. */
    public boolean freeUp(SessionKey key, long nowNs) {
        context.nowNs = nowNs;
        return context.rule.mayGrant(key, nowNs) && context.ownership.freeUp(key, nowNs);
    }

    /** A Tomcat's connection has ended; its identity stays for the reconnect window. */
    public void onDisconnected(ClientPort gone) {
        gone.isGone = true;
        leave(gone);
    }

    private void leave(ClientPort port) {
        inOrder.forget(port);
        alone.forget(port);
        context.offered.forget(port);
        @Nullable ClientRow row = port.row;
        if (row != null && row.port == port) {
            row.port = null;
            notices.onClientGone(row);
        }
        port.row = null;
        port.isRegistering = false;
    }

    /**
     * Lets time pass: commits, what waits, leases, expiry, forgotten Tomcats.
     *
     * @return amount of work done; 0 when idle.
     */
    public int doWork(long nowNs) {
        context.nowNs = nowNs;
        int work = context.proposals.doWork(nowNs);
        work += retryInOrder();
        // Before the queues: who wrote under a lapsed lease comes before who has not begun.
        work += retryAlone();
        work += retryAfterStore();
        work += retryAfterOffer();
        work += context.ownership.doWork(nowNs);
        if (context.canServeReads() && context.rule.isOpen(nowNs)) {
            work += sweep.doWork(nowNs, context.logTimeMs(), !inOrder.isEmpty());
            work += notices.doWork(nowNs, context.logTimeMs());
        }
        work += forgetOverdue();
        work += context.proposals.doWork(nowNs);
        return work + retryAlone();
    }

    private int retryInOrder() {
        return inOrder.retryInOrder(RETRY_LIMIT, waiting -> {
            RequestContext.Wait wait = serveAgain(waiting);
            boolean isDone = wait != RequestContext.Wait.IN_ORDER;
            if (isDone && wait != RequestContext.Wait.NONE) {
                letWait(wait, waiting);
            }
            return isDone;
        });
    }

    /** Tries again what waits alone, when something it may wait for has come. */
    private int retryAlone() {
        long commitIndex = context.proposals.commitIndex();
        int decisions = context.proposals.decisions();
        boolean isOpen = context.rule.isOpen(context.nowNs);
        int named = context.rule.steps();
        boolean isReadable = context.canServeReads();
        if (isRetrying
                || (commitIndex == retriedAtCommit
                        && decisions == retriedAtDecision
                        && isOpen == retriedWhileOpen
                        && named == retriedAtNames
                        && isReadable == retriedWhileReadable)) {
            return 0;
        }
        retriedAtCommit = commitIndex;
        retriedAtDecision = decisions;
        retriedWhileOpen = isOpen;
        retriedAtNames = named;
        retriedWhileReadable = isReadable;
        return retryAllAlone();
    }

    /** The store announces the end of a load, but not that it has become less busy. */
    private int retryAfterStore() {
        boolean isDue = isLoadEnded || context.isStoreAwaited && context.nowNs - storeAskedNs >= STORE_RETRY_NS;
        if (!isDue || isRetrying) {
            return 0;
        }
        isLoadEnded = false;
        context.isStoreAwaited = false;
        storeAskedNs = context.nowNs;
        return retryAllAlone();
    }

    private int retryAfterOffer() {
        boolean isDue = context.offer.doWork(context.offered.size(), context.nowNs);
        return isDue && !isRetrying ? retryEach(context.offered, RequestContext.Wait.OFFER) : 0;
    }

    private int retryAllAlone() {
        return retryEach(alone, RequestContext.Wait.ALONE);
    }

    private int retryEach(WaitingRequests queue, RequestContext.Wait reason) {
        isRetrying = true;
        int served = queue.retryEach(waiting -> {
            RequestContext.Wait wait = serveAgain(waiting);
            boolean isDone = wait != reason;
            if (isDone && wait != RequestContext.Wait.NONE) {
                letWait(wait, waiting);
            }
            return isDone;
        });
        isRetrying = false;
        return served;
    }

    private int forgetOverdue() {
        int forgotten = 0;
        for (ClientRow row : context.clients.overdue(context.nowNs, context.limits.reconnectWindowNs())) {
            int length = context.entries.clientForgotten(context.proposals.entry, row.id.high(), row.id.low());
            if (!context.propose(length, null, null, Proposals.Action.NONE)) {
                return forgotten;
            }
            context.clients.remove(row);
            context.rule.onForgotten(row.id);
            context.ownership.forget(row, context.nowNs);
            notices.onClientGone(row);
            forgotten++;
        }
        return forgotten;
    }

    /** A load has ended: requests that waited for the store are tried again when time passes next, since it may have ended inside a change. */
    public void onLoaded() {
        isLoadEnded = true;
    }

    /** Whether requests wait for what another server acknowledged alone. */
    public AwaitedOffer offer() {
        return context.offer;
    }

    /** What an operator may do with sessions in this epoch. */
    public SessionControl control() {
        return control;
    }

    public List<ClientStatus> clientStatus() {
        return context.clients.status();
    }

    /** How long requests took. */
    public List<Histogram> histograms() {
        return context.counters.histograms();
    }

    /** Figures for people and monitoring. */
    public List<Counter> counterList() {
        List<Counter> all = new ArrayList<>(context.counters.list());
        all.add(new Counter("log.commit-index", context.proposals.commitIndex()));
        all.add(new Counter("log.uncommitted", context.proposals.size()));
        all.add(new Counter("requests.waiting", inOrder.size() + alone.size() + context.offered.size()));
        all.add(new Counter("ownership.rows", context.ownership.size()));
        all.add(new Counter("ownership.contested", context.ownership.contestedSize()));
        all.add(new Counter("ownership.tomcats-awaited", context.rule.missing()));
        SessionStateMachine stateMachine = context.stateMachine;
        all.add(new Counter(
                "expiry.pending-notices", stateMachine.expiryJobs().pending().size()));
        all.add(new Counter("expiry.dropped-notices", stateMachine.expiryJobs().dropped()));
        return all;
    }

    /** How far this epoch has come. */
    public ServingProgress progress() {
        return new ServingProgress(context.clients.connected(), context.rule.missing(), context.counters.written);
    }

    /** True while a request waits for a session to come to memory. */
    public boolean awaitsStore() {
        return context.isStoreAwaited;
    }

    /** True when nothing taken in waits for a commit. */
    public boolean isSettled() {
        return context.proposals.isEmpty();
    }

    /** Hands decoded requests to the part that carries them out. */
    private final class Requests implements ClientRequestListener {
        private ToldVersions told = ToldVersions.NOTHING;

        @Override
        public void onTold(ToldVersions toldVersions) {
            told = toldVersions;
        }

        @Override
        public void onRegister(
                long requestEpoch,
                long clientIdHigh,
                long clientIdLow,
                long incarnation,
                long registration,
                String name,
                String productVersion,
                List<String> applications,
                List<OwnedSession> owned,
                long namedFrom) {
            registrations.onRegister(
                    requestEpoch,
                    new ClientId(clientIdHigh, clientIdLow),
                    incarnation,
                    registration,
                    new Registrations.Introduction(name, productVersion, applications, told),
                    owned,
                    namedFrom);
        }

        @Override
        public void onName(long requestEpoch, long registration, int part, long namedFrom, List<OwnedSession> owned) {
            registrations.onName(requestEpoch, registration, part, namedFrom, owned);
        }

        @Override
        public void onRenew(long requestEpoch, long registration, long sequence) {
            @Nullable ClientRow row = context.registered(requestEpoch);
            if (row != null && row.registration == registration && context.canServeReads()) {
                row.renewedNs = context.nowNs;
                context.replies.renewed(context.port, sequence);
            }
        }

        @Override
        public void onGetOwn(long requestEpoch, long requestId, long knownVersion, int maxWaitMs, SessionKey asked) {
            opens.onGetOwn(requestEpoch, requestId, knownVersion, maxWaitMs, asked);
        }

        @Override
        public void onWrite(
                long requestEpoch,
                long requestId,
                long answeredBelow,
                long token,
                long accessAgeMs,
                int flags,
                long grant,
                long baseVersion,
                SessionKey asked,
                SessionDelta delta) {
            @Nullable ClientRow row = context.registered(requestEpoch);
            if (row != null) {
                changes.onWrite(
                        change(RequestKind.WRITE, row, requestId, answeredBelow, token, grant, baseVersion),
                        accessAgeMs,
                        flags,
                        asked,
                        delta);
            }
        }

        private ChangeRequests.Change change(
                RequestKind kind,
                ClientRow row,
                long requestId,
                long answeredBelow,
                long token,
                long grant,
                long baseVersion) {
            return new ChangeRequests.Change(
                    kind, row, requestId, answeredBelow, token, grant, baseVersion, context.arrivedNs);
        }

        @Override
        public void onRemove(
                long requestEpoch, long requestId, long answeredBelow, long token, long baseVersion, SessionKey asked) {
            @Nullable ClientRow row = context.registered(requestEpoch);
            if (row != null) {
                changes.onRemove(
                        change(RequestKind.REMOVE, row, requestId, answeredBelow, token, 0, baseVersion), asked);
            }
        }

        @Override
        public void onRename(
                long requestEpoch,
                long requestId,
                long answeredBelow,
                long token,
                long baseVersion,
                SessionKey from,
                SessionKey to) {
            @Nullable ClientRow row = context.registered(requestEpoch);
            if (row != null) {
                changes.onRename(
                        change(RequestKind.RENAME, row, requestId, answeredBelow, token, 0, baseVersion), from, to);
            }
        }

        @Override
        public void onRelease(long requestEpoch, long token, long accessAgeMs, long grant, SessionKey asked) {
            opens.onRelease(requestEpoch, token, accessAgeMs, grant, asked);
        }

        @Override
        public void onTouch(long requestEpoch, long accessAgeMs, SessionKey key) {
            opens.onTouch(requestEpoch, accessAgeMs, key);
        }

        @Override
        public void onExpiryDone(long requestEpoch, long jobId) {
            @Nullable ClientRow row = context.registered(requestEpoch);
            if (row != null) {
                int length = context.entries.expiryDelivered(context.proposals.entry, jobId);
                if (context.propose(length, null, null, Proposals.Action.NONE)) {
                    notices.onDelivered(row, jobId);
                }
            }
        }

        @Override
        public void onApplication(long requestEpoch, boolean isAdded, String name) {
            @Nullable ClientRow row = context.registered(requestEpoch);
            if (row != null) {
                context.clients.application(row, isAdded, name);
            }
        }
    }

    /** Carries out what the sweep decided. */
    private final class SweepOutput implements ExpirySweep.Output {
        @Override
        public boolean isShown(SessionKey key) {
            return context.isShown(key);
        }

        @Override
        public boolean isReadOnly() {
            return context.isReadOnly();
        }

        @Override
        public boolean areNoticesBehind() {
            return context.stateMachine.expiryJobs().isHalfFull(notices.lateApplications());
        }

        @Override
        public boolean expire(SessionKey key, long lastAccessedTimeMs) {
            int length = context.entries.sessionExpired(context.proposals.entry, lastAccessedTimeMs, key);
            return context.propose(length, key, null, (status, version) -> {
                sweep.onCommitted();
                if (status == WriteStatus.COMMITTED) {
                    context.counters.expired++;
                    context.ended(key);
                }
            });
        }
    }

    private final class NoticeOutput implements ExpiryNotices.Output {
        @Override
        public boolean isReadOnly() {
            return context.isReadOnly();
        }

        @Override
        public @Nullable ClientRow clientFor(String application) {
            return context.clients.serving(application);
        }

        @Override
        public void notice(ClientRow client, long jobId, long logTimeMs, SessionRecord record) {
            context.counters.expiryNotices++;
            context.replies.expired(client, jobId, logTimeMs, record);
        }

        @Override
        public boolean giveUp(long jobId) {
            return context.propose(
                    context.entries.expiryDelivered(context.proposals.entry, jobId), null, null, Proposals.Action.NONE);
        }
    }
}
