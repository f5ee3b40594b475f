package org.stoneware.server.request;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClientStatus;
import org.stoneware.api.cluster.ClusterStatus.Counter;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.replication.ActiveReplicator;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.wire.log.LogEntryPublisher;
import org.stoneware.wire.log.LogProtocol;
import org.stoneware.wire.session.ClientRequestAdapter;
import org.stoneware.wire.session.ClientRequestListener;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WireException;
import org.stoneware.wire.session.WriteStatus;

/**
 * Serves the Tomcats while this server is active: checks a request, turns it into a log entry, answers once the entry is committed.
 * One object lives for one epoch.
 * <p>
 * Pure: time is a parameter, messages come in as calls and go out through {@link ClientPort}.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class SessionRequestProcessor {
    private final long epoch;
    private final RequestLimits limits;
    private final SessionStore store;
    private final SessionStateMachine stateMachine;
    private final LogClock clock;
    private final Replicator replicator;
    private final SessionOwnership ownership;
    private final ClientTable clients;
    private final ExpirySweep sweep;
    private final RequestCounters counters = new RequestCounters();

    private final ClientRequestAdapter adapter = new ClientRequestAdapter();
    private final Requests requests = new Requests();
    private final ClientReplies replies;
    private final LogEntryPublisher entries = new LogEntryPublisher();
    private final ExpandableArrayBuffer entry = new ExpandableArrayBuffer(4096);
    private final SessionRecord view = new SessionRecord();
    private final Long2ObjectHashMap<Pending> pending = new Long2ObjectHashMap<>();
    private final ParkedRequests parked = new ParkedRequests();
    private long lastCorrelationId;
    private long lastTicket;

    // What the state machine said of the entry proposed last.
    private WriteStatus appliedStatus = WriteStatus.COMMITTED;
    private long appliedVersion;

    // The message being served.
    private ClientPort port = new ClientPort((buffer, offset, length) -> false, "");
    private @Nullable DirectBuffer message;
    private int messageOffset;
    private int messageLength;
    private long nowNs;

    /** What happens when an entry is committed. */
    private interface Action {
        void onCommitted(WriteStatus status, long version);
    }

    /** An entry on its way to the in-sync servers, with what applying it here has led to. */
    private record Pending(Action action, WriteStatus status, long version) {}

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
        this.epoch = epoch;
        this.replies = new ClientReplies(epoch);
        this.limits = limits;
        this.store = store;
        this.stateMachine = stateMachine;
        this.clock = clock;
        this.replicator = new ActiveReplicator(epoch, stateMachine, this::onResult, new Commits(), clock, standbys);
        this.ownership = new SessionOwnership(clock.logTimeMs(activatedNs), new OwnershipOutput());
        this.clients = new ClientTable();
        this.sweep = new ExpirySweep(store, stateMachine, ownership, limits.sweepEnabled(), new SweepOutput());
    }

    /**
     * Serves one message of a Tomcat.
     * <p>
     * <b>Failure:</b> a message that can't be decoded is counted and dropped.
     */
    public void onMessage(ClientPort from, DirectBuffer buffer, int offset, int length, long now) {
        port = from;
        message = buffer;
        messageOffset = offset;
        messageLength = length;
        nowNs = now;
        try {
            adapter.onMessage(buffer, offset, length, requests);
        } catch (WireException e) {
            counters.malformed++;
        } finally {
            message = null;
        }
        replicator.doWork(now);
    }

    /** A Tomcat's connection has ended; its identity stays for the reconnect window. */
    public void onDisconnected(ClientPort gone) {
        @Nullable ClientRow row = gone.row;
        if (row != null && row.port == gone) {
            row.port = null;
            sweep.onClientGone(row);
        }
        gone.row = null;
    }

    /**
     * Lets time pass: leases, waiters, expiry, forgotten Tomcats.
     *
     * @return amount of work done; 0 when idle.
     */
    public int doWork(long now) {
        nowNs = now;
        int work = replicator.doWork(now);
        work += ownership.doWork(now);
        work += sweep.doWork(now, clock.logTimeMs(now));
        for (ClientRow row : clients.overdue(now, limits.reconnectWindowNs())) {
            clients.remove(row);
            ownership.forget(row, now);
            sweep.onClientGone(row);
            propose(entries.clientForgotten(entry, row.id.high(), row.id.low()), (status, version) -> {});
            work++;
        }
        return work + replicator.doWork(now);
    }

    /** A load has ended: requests that waited for the store are tried again. */
    public void onLoaded(long now) {
        nowNs = now;
        parked.resume((from, buffer, offset, length) -> onMessage(from, buffer, offset, length, now));
    }

    public List<ClientStatus> clientStatus() {
        return clients.status();
    }

    /** Figures for people and monitoring. */
    public List<Counter> counterList() {
        List<Counter> all = new ArrayList<>(counters.list());
        all.add(new Counter("log.commit-index", replicator.commitIndex()));
        all.add(new Counter("ownership.rows", ownership.size()));
        all.add(new Counter("ownership.contested", ownership.contestedSize()));
        all.add(new Counter(
                "expiry.pending-notices", stateMachine.expiryJobs().pending().size()));
        all.add(new Counter("expiry.dropped-notices", stateMachine.expiryJobs().dropped()));
        return all;
    }

    /** True when nothing taken in waits for a commit. */
    public boolean isSettled() {
        return pending.isEmpty();
    }

    private void onResult(DirectBuffer buffer, int offset, int length) {
        appliedStatus = WriteStatus.ofCode(buffer.getInt(offset, LITTLE_ENDIAN));
        appliedVersion = buffer.getLong(offset + 4, LITTLE_ENDIAN);
    }

    /** Proposes the entry just encoded; commits are reported later, from the replicator's duty cycle. */
    private void propose(int length, Action action) {
        long correlationId = ++lastCorrelationId;
        long index = replicator.propose(entry, 0, length, correlationId, nowNs);
        if (index > 0) {
            pending.put(correlationId, new Pending(action, appliedStatus, appliedVersion));
        }
    }

    private void sendOwned(ClientRow client, long requestId, OwnStatus status) {
        replies.notOwned(client, requestId, clock.logTimeMs(nowNs), status);
    }

    private void answerAbsent(List<SessionOwnership.Waiter> waiting) {
        for (SessionOwnership.Waiter waiter : waiting) {
            counters.openedAbsent++;
            sendOwned(waiter.client(), waiter.requestId(), OwnStatus.ABSENT);
        }
    }

    /** True when the session is in memory; else the request was parked, or {@code absent} was run. */
    private boolean isResident(SessionKey key, Runnable absent) {
        LoadResult loaded = store.load(key, ++lastTicket);
        switch (loaded) {
            case RESIDENT -> {
                return true;
            }
            case ABSENT -> absent.run();
            case LOADING, BUSY -> parked.park(port, message, messageOffset, messageLength);
        }
        return false;
    }

    /** Carries out decoded requests. */
    private final class Requests implements ClientRequestListener {
        @Override
        public void onRegister(
                long requestEpoch,
                long clientIdHigh,
                long clientIdLow,
                long incarnation,
                long registration,
                String name,
                String productVersion,
                List<String> applications) {
            ClientId id = new ClientId(clientIdHigh, clientIdLow);
            ClientRow row = clients.register(id, port, registration, name, productVersion, applications, nowNs);
            ClientPort replyTo = port;
            Action answer = (status, version) -> {
                replies.registered(replyTo, registration, limits);
                ownership.recallAgain(row, nowNs);
            };
            if (stateMachine.knowsClient(id)) {
                answer.onCommitted(WriteStatus.COMMITTED, 0);
            } else {
                propose(entries.clientRegistered(entry, clientIdHigh, clientIdLow, incarnation), answer);
            }
        }

        private @Nullable ClientRow registered(long requestEpoch) {
            @Nullable ClientRow row = port.row;
            if (row != null && requestEpoch == epoch) {
                return row;
            }
            if (row == null) {
                counters.unregistered++;
            } else {
                counters.staleEpoch++;
            }
            replies.mustRegister(port);
            return null;
        }

        @Override
        public void onRenew(long requestEpoch, long registration, long sequence) {
            @Nullable ClientRow row = registered(requestEpoch);
            if (row != null && row.registration == registration && replicator.canServeReads(nowNs)) {
                row.renewedNs = nowNs;
                replies.renewed(port, sequence);
            }
        }

        @Override
        public void onGetOwn(long requestEpoch, long requestId, long knownVersion, int maxWaitMs, SessionKey asked) {
            @Nullable ClientRow row = registered(requestEpoch);
            if (row == null) {
                return;
            }
            counters.opened++;
            long logTimeMs = clock.logTimeMs(nowNs);
            SessionKey key = stateMachine.resolve(asked, logTimeMs);
            Runnable absent = () -> {
                answerAbsent(ownership.removed(key));
                counters.openedAbsent++;
                sendOwned(row, requestId, OwnStatus.ABSENT);
            };
            if (!isResident(key, absent)) {
                return;
            }
            store.read(key, view);
            if (sweep.endsNow(key, view, logTimeMs, nowNs)) {
                counters.openedAbsent++;
                sendOwned(row, requestId, OwnStatus.ABSENT);
                return;
            }
            // A copy under the old id is not a copy of the session under its new one.
            long known = key.equals(asked) ? knownVersion : 0;
            ownership.request(key, row, requestId, known, Math.max(0, maxWaitMs) * 1_000_000L, nowNs);
        }

        @Override
        public void onWrite(
                long requestEpoch,
                long requestId,
                long answeredBelow,
                long token,
                long accessAgeMs,
                int flags,
                int grant,
                SessionKey asked,
                SessionDelta delta) {
            @Nullable ClientRow row = registered(requestEpoch);
            boolean isCreate = (flags & SessionProtocol.WRITE_CREATE) != 0;
            SessionKey key = isCreate ? asked : stateMachine.resolve(asked, clock.logTimeMs(nowNs));
            if (row == null || isAnswered(row, requestId, key)) {
                return;
            }
            boolean isRelease = (flags & SessionProtocol.WRITE_RELEASE) != 0;
            SessionOwnership.@Nullable Row owned = isCreate ? null : ownership.owned(key, row, token);
            if (!isCreate && owned == null) {
                counters.fenced++;
                replies.written(port, requestId, 0, 0, WriteStatus.FENCED, 0);
                return;
            }
            if (!isCreate && !isResident(key, () -> refuseAbsent(requestId, key))) {
                return;
            }
            @Nullable SessionRecord base = store.read(key, view) ? view : null;
            if (RecordLength.exceeds(limits.maxSessionBytes(), key, base, delta)) {
                counters.tooLarge++;
                replies.written(port, requestId, token, 0, WriteStatus.TOO_LARGE, 0);
                return;
            }
            counters.written++;
            long lastAccessMs = clock.logTimeMs(nowNs) - Math.max(0, accessAgeMs);
            int length = entries.sessionWritten(
                    entry,
                    row.id.high(),
                    row.id.low(),
                    requestId,
                    answeredBelow,
                    lastAccessMs,
                    isCreate ? LogProtocol.WRITTEN_CREATE : 0,
                    key,
                    delta);
            ClientPort replyTo = port;
            propose(length, (status, version) -> {
                count(status);
                boolean created = isCreate && status == WriteStatus.COMMITTED && !isRelease;
                SessionOwnership.@Nullable Row kept =
                        created ? ownership.created(key, row) : ownership.owned(key, row, token);
                boolean releases = isRelease && (kept == null || grant >= kept.grant);
                answerWrite(replyTo, requestId, kept, releases, status, version);
            });
        }

        private void refuseAbsent(long requestId, SessionKey key) {
            answerAbsent(ownership.removed(key));
            replies.written(port, requestId, 0, 0, WriteStatus.ABSENT, 0);
        }

        /** A request sent again is answered as the first time and changes nothing. */
        private boolean isAnswered(ClientRow row, long requestId, SessionKey key) {
            long answer = stateMachine.answer(row.id, requestId);
            if (answer < 0) {
                return false;
            }
            counters.duplicates++;
            SessionOwnership.@Nullable Row owned = ownership.row(key);
            long token = owned != null && owned.owner == row ? owned.token : SessionProtocol.NO_TOKEN;
            replies.written(
                    port,
                    requestId,
                    token,
                    SessionStateMachine.answeredVersion(answer),
                    SessionStateMachine.answeredStatus(answer),
                    0);
            return true;
        }

        private void answerWrite(
                ClientPort replyTo,
                long requestId,
                SessionOwnership.@Nullable Row owned,
                boolean isRelease,
                WriteStatus status,
                long version) {
            if (owned == null || isRelease) {
                replies.written(replyTo, requestId, SessionProtocol.NO_TOKEN, version, status, 0);
            } else {
                int hints = owned.isRecalled ? SessionProtocol.HINT_RECALLED : 0;
                replies.written(replyTo, requestId, owned.token, version, status, hints);
            }
            if (owned != null && isRelease) {
                counters.released++;
                ownership.releaseSeen(owned, owned.grant, nowNs);
            }
        }

        private void count(WriteStatus status) {
            switch (status) {
                case FULL -> counters.full++;
                case FAILED -> counters.failed++;
                case FENCED -> counters.fenced++;
                default -> {}
            }
        }

        @Override
        public void onRemove(long requestEpoch, long requestId, long answeredBelow, long token, SessionKey asked) {
            @Nullable ClientRow row = registered(requestEpoch);
            SessionKey key = stateMachine.resolve(asked, clock.logTimeMs(nowNs));
            if (row == null || isAnswered(row, requestId, key)) {
                return;
            }
            if (ownership.owned(key, row, token) == null) {
                counters.fenced++;
                replies.written(port, requestId, 0, 0, WriteStatus.FENCED, 0);
                return;
            }
            if (!isResident(key, () -> refuseAbsent(requestId, key))) {
                return;
            }
            counters.removed++;
            ClientPort replyTo = port;
            propose(
                    entries.sessionRemoved(entry, row.id.high(), row.id.low(), requestId, answeredBelow, key),
                    (status, version) -> {
                        count(status);
                        replies.written(replyTo, requestId, 0, 0, status, 0);
                        if (status != WriteStatus.FAILED) {
                            answerAbsent(ownership.removed(key));
                        }
                    });
        }

        @Override
        public void onRename(
                long requestEpoch, long requestId, long answeredBelow, long token, SessionKey from, SessionKey to) {
            @Nullable ClientRow row = registered(requestEpoch);
            if (row == null || isAnswered(row, requestId, to)) {
                return;
            }
            if (ownership.owned(from, row, token) == null) {
                counters.fenced++;
                replies.written(port, requestId, 0, 0, WriteStatus.FENCED, 0);
                return;
            }
            if (!isResident(from, () -> refuseAbsent(requestId, from))) {
                return;
            }
            counters.renamed++;
            ClientPort replyTo = port;
            propose(
                    entries.sessionRenamed(entry, row.id.high(), row.id.low(), requestId, answeredBelow, from, to),
                    (status, version) -> {
                        count(status);
                        if (status == WriteStatus.COMMITTED) {
                            ownership.renamed(from, to);
                        }
                        replies.written(replyTo, requestId, token, version, status, 0);
                    });
        }

        @Override
        public void onRelease(long requestEpoch, long token, long accessAgeMs, int grant, SessionKey asked) {
            @Nullable ClientRow row = registered(requestEpoch);
            SessionKey key = stateMachine.resolve(asked, clock.logTimeMs(nowNs));
            SessionOwnership.@Nullable Row owned = row == null ? null : ownership.owned(key, row, token);
            if (owned == null) {
                return;
            }
            counters.released++;
            touch(accessAgeMs, key);
            ownership.releaseSeen(owned, grant, nowNs);
        }

        @Override
        public void onTouch(long requestEpoch, long accessAgeMs, SessionKey key) {
            if (registered(requestEpoch) != null) {
                touch(accessAgeMs, stateMachine.resolve(key, clock.logTimeMs(nowNs)));
            }
        }

        private void touch(long accessAgeMs, SessionKey key) {
            if (accessAgeMs < 0) {
                return;
            }
            counters.touched++;
            propose(entries.sessionTouched(entry, clock.logTimeMs(nowNs) - accessAgeMs, key), (status, version) -> {});
        }

        @Override
        public void onExpiryDone(long requestEpoch, long jobId) {
            if (registered(requestEpoch) != null) {
                sweep.onDelivered(jobId);
                propose(entries.expiryDelivered(entry, jobId), (status, version) -> {});
            }
        }

        @Override
        public void onApplication(long requestEpoch, boolean isAdded, String name) {
            @Nullable ClientRow row = registered(requestEpoch);
            if (row != null) {
                clients.application(row, isAdded, name);
            }
        }
    }

    /** Answers what ownership decided. */
    private final class OwnershipOutput implements SessionOwnership.Output {
        @Override
        public void onGranted(
                ClientRow client, long requestId, long knownVersion, SessionOwnership.Row row, int hints) {
            if (!store.read(row.key, view)) {
                // Gone between the request and its turn; ends for the others as well.
                SessionKey key = row.key;
                counters.openedAbsent++;
                sendOwned(client, requestId, OwnStatus.ABSENT);
                answerAbsent(ownership.removed(key));
                return;
            }
            boolean isCurrent = view.version() == knownVersion;
            if (isCurrent) {
                counters.openedCurrent++;
            }
            replies.granted(
                    client, requestId, row, view.version(), clock.logTimeMs(nowNs), hints, isCurrent ? null : view);
        }

        @Override
        public void onBusy(ClientRow client, long requestId) {
            counters.openedBusy++;
            sendOwned(client, requestId, OwnStatus.BUSY);
        }

        @Override
        public void onGone(ClientRow client, long requestId) {
            counters.openedAbsent++;
            sendOwned(client, requestId, OwnStatus.ABSENT);
        }

        @Override
        public void onRecall(SessionOwnership.Row row) {
            counters.recalls++;
            replies.recall(row);
        }
    }

    /** Carries out what the sweep decided. */
    private final class SweepOutput implements ExpirySweep.Output {
        @Override
        public void expire(SessionKey key, long lastAccessedTimeMs) {
            propose(entries.sessionExpired(entry, lastAccessedTimeMs, key), (status, version) -> {
                if (status == WriteStatus.COMMITTED) {
                    counters.expired++;
                    answerAbsent(ownership.removed(key));
                }
            });
        }

        @Override
        public @Nullable ClientRow clientFor(String application) {
            return clients.serving(application);
        }

        @Override
        public void notice(ClientRow client, long jobId, long logTimeMs, SessionRecord record) {
            counters.expiryNotices++;
            replies.expired(client, jobId, logTimeMs, record);
        }

        @Override
        public void giveUp(long jobId) {
            propose(entries.expiryDelivered(entry, jobId), (status, version) -> {});
        }
    }

    /** Runs what waited for a commit. */
    private final class Commits implements Replicator.CommitListener {
        @Override
        public void onCommitted(long correlationId, long index) {
            @Nullable Pending committed = pending.remove(correlationId);
            if (committed != null) {
                committed.action.onCommitted(committed.status, committed.version);
            }
        }

        @Override
        public void onUnknown(long correlationId) {
            pending.remove(correlationId);
        }
    }
}
