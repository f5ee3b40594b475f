package org.stoneware.server.request;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.wire.log.LogProtocol;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

/**
 * Changes of sessions: who may make them, the entry they become, and their answer once that entry is committed.
 * <p>
 * A change needs the current token. One whose token counts no more, because its Tomcat's lease had lapsed, is taken nevertheless when
 * nobody owns the session and nobody has changed it since the copy it was made to: see ADR 0092.
 * <p>
 * <b>Threading:</b> the agent thread. Not final: the simulation plants faults by overriding one rule.
 */
class ChangeRequests {
    private final RequestContext context;

    ChangeRequests(RequestContext context) {
        this.context = context;
    }

    /**
     * Who asks for which change.
     *
     * @param grant     number of the last grant of the token the sender has seen.
     * @param base      version of the copy the change was made to.
     * @param arrivedNs when it came to this server.
     */
    record Change(
            RequestKind kind,
            ClientRow client,
            long requestId,
            long answeredBelow,
            long token,
            long grant,
            long base,
            long arrivedNs) {}

    void onWrite(Change change, long accessAgeMs, int flags, SessionKey asked, SessionDelta delta) {
        boolean isCreate = (flags & SessionProtocol.WRITE_CREATE) != 0;
        boolean isRelease = (flags & SessionProtocol.WRITE_RELEASE) != 0;
        SessionKey key = isCreate ? asked : context.resolve(asked);
        if (isAnswered(change, key, isCreate, isRelease)) {
            return;
        }
        if (isRefusedReadOnly(change) || (isCreate ? !context.isReady(key) : !isAllowed(change, key))) {
            return;
        }
        @Nullable SessionRecord base = context.store.read(key, context.view) ? context.view : null;
        if (RecordLength.exceeds(context.limits.maxSessionBytes(), key, base, delta)) {
            refuseTooLarge(change, key);
            return;
        }
        long lastAccessMs = context.logTimeMs() - Math.max(0, accessAgeMs);
        ClientRow client = change.client;
        int length = context.entries.sessionWritten(
                context.proposals.entry,
                client.id.high(),
                client.id.low(),
                change.requestId,
                change.answeredBelow,
                lastAccessMs,
                isCreate ? LogProtocol.WRITTEN_CREATE : 0,
                key,
                delta);
        ClientPort replyTo = context.port;
        boolean isProposed = context.propose(
                length, key, null, (status, version) -> onWritten(replyTo, change, key, flags, status, version));
        if (isProposed) {
            context.counters.written++;
            regain(change, key);
        }
    }

    private void onWritten(
            ClientPort replyTo, Change change, SessionKey key, int flags, WriteStatus status, long version) {
        count(status);
        boolean isRelease = (flags & SessionProtocol.WRITE_RELEASE) != 0;
        boolean isCreated =
                (flags & SessionProtocol.WRITE_CREATE) != 0 && status == WriteStatus.COMMITTED && !isRelease;
        SessionOwnership ownership = context.ownership;
        if (isCreated) {
            context.rule.onResolved(key);
        }
        SessionOwnership.@Nullable Row kept =
                isCreated ? ownership.created(key, change.client) : ownership.owned(key, change.client, change.token);
        boolean releases = isRelease && (kept == null || change.grant >= kept.grant);
        if (kept == null || releases) {
            answer(replyTo, change, SessionProtocol.NO_TOKEN, version, status, 0);
        } else {
            int hints = kept.isRecalled ? SessionProtocol.HINT_RECALLED : 0;
            answer(replyTo, change, kept.token, version, status, hints);
        }
        if (kept != null && releases) {
            context.counters.released++;
            ownership.releaseSeen(kept, kept.grant, context.nowNs);
        }
    }

    void onRemove(Change change, SessionKey asked) {
        SessionKey key = context.resolve(asked);
        if (isAnswered(change, key, false, true) || isRefusedReadOnly(change) || !isAllowed(change, key)) {
            return;
        }
        ClientRow client = change.client;
        int length = context.entries.sessionRemoved(
                context.proposals.entry,
                client.id.high(),
                client.id.low(),
                change.requestId,
                change.answeredBelow,
                key);
        ClientPort replyTo = context.port;
        boolean isProposed = context.propose(length, key, null, (status, version) -> {
            count(status);
            answer(replyTo, change, 0, 0, status, 0);
            if (status != WriteStatus.FAILED) {
                context.ended(key);
            }
        });
        if (isProposed) {
            context.counters.removed++;
            regain(change, key);
        }
    }

    void onRename(Change change, SessionKey from, SessionKey to) {
        if (isAnswered(change, to, false, false) || isRefusedReadOnly(change)) {
            return;
        }
        if (!context.isReady(to) || !isAllowed(change, from)) {
            return;
        }
        ClientRow client = change.client;
        int length = context.entries.sessionRenamed(
                context.proposals.entry,
                client.id.high(),
                client.id.low(),
                change.requestId,
                change.answeredBelow,
                from,
                to);
        ClientPort replyTo = context.port;
        boolean isProposed = context.propose(length, from, to, (status, version) -> {
            count(status);
            if (status == WriteStatus.COMMITTED) {
                context.rule.onResolved(to);
                context.ownership.renamed(from, to);
            }
            answer(replyTo, change, change.token, version, status, 0);
            context.ownership.recallIfWaitedFor(to, context.nowNs);
        });
        if (isProposed) {
            context.counters.renamed++;
            regain(change, from);
        }
    }

    /** True when the change may go on; else it was refused, or it waits. */
    private boolean isAllowed(Change change, SessionKey key) {
        boolean isOwner = context.ownership.owned(key, change.client, change.token) != null;
        boolean isRefused = !isOwner && change.client.wasRefused(change.requestId);
        if (isRefused || (!isOwner && !mayRegain(change.client, key, change.token, change.base))) {
            refuseFenced(change);
            return false;
        }
        if (!isOwner && !context.rule.mayGrant(key, context.nowNs)) {
            // Somebody may own it from the epoch before; who does says so soon, or its lease lapses. Where an offer is
            // awaited the change keeps its place before what comes later and waits for that.
            if (!isUnchanged(key, change.base) || !context.awaitsOffer(true)) {
                context.wait = RequestContext.Wait.ALONE;
            }
            return false;
        }
        switch (context.residency(key)) {
            case HERE -> {
                if (isOwner) {
                    return true;
                }
                boolean isUnchanged = isUnchanged(key, change.base);
                if (isUnchanged && context.awaitsOffer(true)) {
                    return false;
                }
                if (isUnchanged) {
                    return true;
                }
                refuseFenced(change);
            }
            case ABSENT -> {
                if (!isOwner && context.awaitsOffer(false)) {
                    return false;
                }
                context.ended(key);
                answer(context.port, change, 0, 0, WriteStatus.ABSENT, 0);
            }
            case WAITS -> {}
        }
        return false;
    }

    /** Whether a change under a token that counts no more may count again: nobody else may own the session, nor its Tomcat anew. */
    boolean mayRegain(ClientRow client, SessionKey key, long token, long base) {
        if (token == SessionProtocol.NO_TOKEN || base == 0) {
            return false;
        }
        SessionOwnership.@Nullable Row row = context.ownership.row(key);
        return (row == null || row.owner != client) && context.ownership.isFree(key, context.nowNs);
    }

    boolean isUnchanged(SessionKey key, long base) {
        return context.store.read(key, context.view) && context.view.version() == base;
    }

    /** From here on the session is changed: whoever did it under a lapsed lease owns it again, so that its next change finds it so. */
    private void regain(Change change, SessionKey key) {
        if (change.token != SessionProtocol.NO_TOKEN
                && context.ownership.owned(key, change.client, change.token) == null) {
            context.counters.regained++;
            context.rule.onResolved(key);
            context.ownership.regained(key, change.client, change.token, change.grant, context.nowNs);
        }
    }

    private void refuseFenced(Change change) {
        context.counters.fenced++;
        change.client.onRefused(change.requestId);
        answer(context.port, change, 0, 0, WriteStatus.FENCED, 0);
    }

    /** A store that takes no changes answers so at once, and the log is spared. */
    private boolean isRefusedReadOnly(Change change) {
        if (!context.isReadOnly()) {
            return false;
        }
        context.counters.failed++;
        answer(context.port, change, SessionProtocol.NO_TOKEN, 0, WriteStatus.FAILED, 0);
        return true;
    }

    private void refuseTooLarge(Change change, SessionKey key) {
        if (!context.isTellable(key)) {
            context.wait = RequestContext.Wait.ALONE;
            return;
        }
        context.counters.tooLarge++;
        boolean isOwner = context.ownership.owned(key, change.client, change.token) != null;
        long token = isOwner ? change.token : SessionProtocol.NO_TOKEN;
        answer(context.port, change, token, 0, WriteStatus.TOO_LARGE, 0);
    }

    /** A change sent again is answered as the first time, once that is committed, and changes nothing. */
    private boolean isAnswered(Change change, SessionKey key, boolean isCreate, boolean isRelease) {
        long answer = context.stateMachine.answer(change.client.id, change.requestId);
        if (answer < 0) {
            return false;
        }
        if (!context.isTellable(key)) {
            context.wait = RequestContext.Wait.ALONE;
            return true;
        }
        if (!context.isReady(key)) {
            return true;
        }
        WriteStatus status = SessionStateMachine.answeredStatus(answer);
        long version = SessionStateMachine.answeredVersion(answer);
        SessionOwnership.@Nullable Row owned = context.ownership.row(key);
        boolean isOwner = owned != null && owned.owner == change.client;
        boolean isNewest = status == WriteStatus.COMMITTED && !isRelease && isUnchanged(key, version);
        boolean mayOwn = isCreate || change.token != SessionProtocol.NO_TOKEN;
        if (!isOwner && isNewest && mayOwn && context.ownership.isFree(key, context.nowNs)) {
            if (!context.rule.mayGrant(key, context.nowNs)) {
                context.wait = RequestContext.Wait.ALONE;
                return true;
            }
            owned = regainAnswered(change, key, isCreate);
            isOwner = true;
        }
        // Never a token the copy was not made under, unless that copy is the newest there is.
        boolean isSameOwner = isOwner && owned != null && (owned.token == change.token || (isCreate && isNewest));
        context.counters.duplicates++;
        answer(
                context.port,
                change,
                isSameOwner && owned != null ? owned.token : SessionProtocol.NO_TOKEN,
                version,
                status,
                isSameOwner && owned != null && owned.isRecalled ? SessionProtocol.HINT_RECALLED : 0);
        return true;
    }

    private SessionOwnership.Row regainAnswered(Change change, SessionKey key, boolean isCreate) {
        context.counters.regained++;
        context.rule.onResolved(key);
        if (isCreate) {
            return context.ownership.created(key, change.client);
        }
        context.ownership.regained(key, change.client, change.token, change.grant, context.nowNs);
        return Objects.requireNonNull(context.ownership.row(key));
    }

    private void answer(ClientPort to, Change change, long token, long version, WriteStatus status, int hints) {
        context.counters.answers.changed(change.kind, status, context.nowNs - change.arrivedNs);
        context.replies.written(to, change.requestId, token, version, status, hints);
    }

    private void count(WriteStatus status) {
        switch (status) {
            case FULL -> context.counters.full++;
            case FAILED -> context.counters.failed++;
            case FENCED -> context.counters.fenced++;
            default -> {}
        }
    }
}
