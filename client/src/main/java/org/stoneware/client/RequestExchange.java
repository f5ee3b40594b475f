package org.stoneware.client;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

/**
 * Requests of this Tomcat and their answers, ownership that comes and goes with them, and accesses to report.
 * <p>
 * Knows no connection: it is told when there is a registration and writes whole messages to an {@link Output}. A request stays until it
 * is answered or given up, and goes out again under every new registration. What the connection has no room for waits where it is, in
 * order (ADR 0255).
 * <p>
 * <b>Threading:</b> the agent thread; takes the monitor of {@link OwnedSessions} where request threads look as well. Time is a parameter.
 */
final class RequestExchange {
    private static final int MAX_TOUCH_BYTES = 32 * 1024;

    private final OwnedSessions owned;
    private final CopyVersions versions;
    private final Output output;
    private final PendingRequests pending = new PendingRequests();
    private final ClientRequestPublisher requests = new ClientRequestPublisher();
    private final ExpandableArrayBuffer out = new ExpandableArrayBuffer(1024);
    private final ExpandableArrayBuffer touchRun = new ExpandableArrayBuffer(1024);
    private boolean isOpen;
    private long epoch;

    /** Where messages go. */
    interface Output {
        /** <b>Ownership:</b> {@code buffer} is a view valid until this call returns. */
        void transmit(DirectBuffer buffer, int length);

        /** Whether a message would go out now; one that would not is copied until it can. */
        default boolean hasRoom() {
            return true;
        }
    }

    RequestExchange(OwnedSessions owned, CopyVersions versions, Output output) {
        this.owned = owned;
        this.versions = versions;
        this.output = output;
    }

    /** This Tomcat is registered: what has no answer yet is sent, oldest first. */
    void open(long registeredEpoch) {
        epoch = registeredEpoch;
        isOpen = true;
        pending.beginAgain();
        doWork();
    }

    /** There is no registration any more; what is sent from now on waits for the next one. */
    void close() {
        isOpen = false;
    }

    /** Sends a request, now or as soon as there is a server. */
    void send(PendingRequest request) {
        pending.add(request);
        request.copyName = ClientRequestPublisher.copyVersion(request.message);
        if (request.isRemoval) {
            synchronized (owned) {
                owned.removalSent(request.key, request.id);
            }
        }
        doWork();
    }

    /** Sends what has not gone out yet, as far as there is room. Returns the number of requests taken. */
    int doWork() {
        int taken = 0;
        @Nullable PendingRequest request;
        // What cannot be sent closes the exchange.
        while (isOpen && output.hasRoom() && (request = pending.takeUnsent()) != null) {
            transmit(request);
            taken++;
        }
        return taken;
    }

    /** True when nothing waits for room. */
    boolean isDrained() {
        return !isOpen || !pending.hasUnsent();
    }

    /** The waiter of a request has gone. */
    void cancel(PendingRequest request) {
        pending.remove(request.id);
    }

    private void transmit(PendingRequest request) {
        long version = versions.told(request.copyName);
        if (version != request.copyName && version == CopyVersions.NO_VERSION && !request.isOwnershipRequest) {
            // Made to a copy of what the array does not hold: it would be written over what it does hold.
            if (!request.wasSent) {
                refuse(request);
                return;
            }
            // It may have taken effect all the same, on the way to what the array holds; only the array knows.
            ClientRequestPublisher.withdrawToken(request.message);
        }
        request.wasSent = true;
        ClientRequestPublisher.copyVersion(request.message, version);
        requests.restamp(request.message, epoch, request.id, pending.answeredBelow());
        synchronized (owned) {
            request.sentGeneration = owned.generation();
            @Nullable OwnedEntry entry = owned.entry(request.key);
            if (entry != null && entry.token == request.token && !entry.isNew) {
                ClientRequestPublisher.keepIfGrantedSince(request.message, entry.grant);
            }
        }
        output.transmit(request.message, request.length);
    }

    private void refuse(PendingRequest request) {
        pending.remove(request.id);
        synchronized (owned) {
            if (request.isRemoval) {
                owned.notRemoved(request.key);
            }
            request.writeStatus = WriteStatus.FENCED;
            request.complete();
        }
    }

    /** @param accessNs time of the last access, or null when there is none to report. */
    void release(SessionKey key, long token, long grant, @Nullable Long accessNs, long nowNs) {
        if (isOpen) {
            output.transmit(out, requests.release(out, epoch, token, ageMs(accessNs, nowNs), grant, key));
        }
    }

    private static long ageMs(@Nullable Long accessNs, long nowNs) {
        return accessNs == null ? -1 : TimeUnit.NANOSECONDS.toMillis(Math.max(0, nowNs - accessNs));
    }

    /** Gives back what is not in use. */
    void releaseIdle(long nowNs) {
        if (!isOpen) {
            return;
        }
        List<OwnedSession> idle;
        synchronized (owned) {
            idle = owned.takeIdle();
        }
        flushTouches(nowNs);
        for (OwnedSession each : idle) {
            release(each.key(), each.token(), each.grant(), null, nowNs);
        }
    }

    /** Reports accesses of sessions that were only read. */
    void flushTouches(long nowNs) {
        Map<SessionKey, Long> touches;
        synchronized (owned) {
            if (!isOpen || !owned.hasTouches()) {
                return;
            }
            touches = owned.takeTouches();
        }
        int count = 0;
        int length = 0;
        for (Map.Entry<SessionKey, Long> touch : touches.entrySet()) {
            length = requests.appendTouch(touchRun, length, ageMs(touch.getValue(), nowNs), touch.getKey());
            count++;
            if (length > MAX_TOUCH_BYTES) {
                output.transmit(out, requests.touch(out, epoch, count, touchRun, length));
                count = 0;
                length = 0;
            }
        }
        if (count > 0) {
            output.transmit(out, requests.touch(out, epoch, count, touchRun, length));
        }
    }

    void onOwned(
            long requestId,
            long token,
            long version,
            long logTimeMs,
            OwnStatus status,
            int hints,
            long grant,
            long lastAccessedTimeMs,
            @Nullable SessionRecord record,
            long nowNs) {
        @Nullable PendingRequest request = pending.remove(requestId);
        boolean isGrant = status == OwnStatus.CURRENT || status == OwnStatus.LOADED;
        @Nullable SessionRecord copy = record == null ? null : copyOf(record, versions.named(record.version()));
        boolean isWanted = false;
        // The copy the array calls current keeps the name it has here.
        long name = request != null && status == OwnStatus.CURRENT ? request.copyName : versions.named(version);
        if (request != null) {
            synchronized (owned) {
                isWanted = !request.isCancelled;
                if (isWanted && isGrant) {
                    SessionKey key = copy == null ? request.key : copy.key();
                    owned.onGranted(key, token, grant, name, hints, request.sentGeneration, nowNs);
                    @Nullable OwnedEntry entry = owned.entry(key);
                    // The answer to a removal says more: a server may serve what comes behind it first.
                    if (entry != null && !pending.isAwaited(entry.removalId)) {
                        owned.grantedBehind(key, request.id);
                    }
                }
                if (isWanted) {
                    request.ownStatus = status;
                    request.answerVersion = name;
                    request.logTimeMs = logTimeMs;
                    request.lastAccessedTimeMs = lastAccessedTimeMs;
                    request.record = copy;
                    request.complete();
                }
            }
        }
        if (isGrant && !isWanted) {
            giveBackUnwanted(token, grant, request, copy, nowNs);
        }
    }

    /** Granted to a request nobody waits for any more: given back, unless others here use the session under that token. */
    private void giveBackUnwanted(
            long token, long grant, @Nullable PendingRequest request, @Nullable SessionRecord copy, long nowNs) {
        @Nullable SessionKey key = copy != null ? copy.key() : request != null ? request.key : null;
        if (key == null) {
            // The key is not known here any more; the server recalls the session once somebody wants it.
            return;
        }
        boolean isFree;
        synchronized (owned) {
            isFree = owned.onUnwantedGrant(key, token, grant);
        }
        if (isFree) {
            release(key, token, grant, null, nowNs);
        }
    }

    void onWritten(long requestId, long token, long version, WriteStatus status, int hints, long nowNs) {
        @Nullable PendingRequest request = pending.remove(requestId);
        if (request == null) {
            return;
        }
        long name = versions.named(version);
        synchronized (owned) {
            boolean isCommitted = status == WriteStatus.COMMITTED;
            owned.onWritten(
                    request.key,
                    request.token,
                    isCommitted,
                    token,
                    name,
                    hints,
                    // Whoever has gone does not hear that it gave the session up, and will not say so when it ends.
                    request.isFollowed || request.isCancelled,
                    request.sentGeneration,
                    nowNs);
            // Here, not on the waiting thread: a recall under the new key may be the next message.
            if (isCommitted && request.renamedTo != null) {
                owned.renamed(request.key, request.renamedTo, name);
            }
            if (request.isRemoval && isCommitted) {
                owned.removed(request.key);
            } else if (request.isRemoval) {
                owned.notRemoved(request.key);
            }
            request.writeStatus = status;
            request.isReleased = isCommitted && token == SessionProtocol.NO_TOKEN && !request.isFollowed;
            request.answerVersion = name;
            request.complete();
        }
    }

    void onRecall(SessionKey key, long token, long grant, long nowNs) {
        boolean isFree;
        @Nullable Long touched = null;
        synchronized (owned) {
            isFree = owned.onRecall(key, token, grant);
            if (isFree) {
                touched = owned.takeTouch(key);
            }
        }
        if (isFree) {
            release(key, token, grant, touched, nowNs);
        }
    }

    private static SessionRecord copyOf(SessionRecord record, long name) {
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[record.length()]);
        bytes.putBytes(0, record.buffer(), record.offset(), record.length());
        SessionRecord.version(bytes, 0, name);
        return new SessionRecord().wrap(bytes, 0);
    }

    static SessionRecord copyOf(SessionRecord record) {
        byte[] bytes = new byte[record.length()];
        record.buffer().getBytes(record.offset(), bytes);
        return new SessionRecord().wrap(new UnsafeBuffer(bytes), 0);
    }
}
