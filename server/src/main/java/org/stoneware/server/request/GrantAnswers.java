package org.stoneware.server.request;

import java.util.concurrent.TimeUnit;
import org.agrona.ExpandableArrayBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.request.WaitingRequests.Waiting;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.OwnStatus;

/** Answers what ownership decides, and says when it may. */
final class GrantAnswers implements SessionOwnership.Output {
    private final RequestContext context;
    private final ClientRequestPublisher requests = new ClientRequestPublisher();
    private final ExpandableArrayBuffer message = new ExpandableArrayBuffer(256);

    GrantAnswers(RequestContext context) {
        this.context = context;
    }

    @Override
    public boolean mayGrant(SessionKey key, long nowNs) {
        // A session that went to disk while its Tomcat waited is brought back first.
        return context.rule.mayGrant(key, nowNs) && context.isTellable(key) && context.isShown(key);
    }

    @Override
    public boolean isNewerAwaited(SessionKey key) {
        return context.offer.isAwaited() && !context.isChangedHere(key);
    }

    /** As a message, so that it waits for the offer as those do that come now; see ADR 0300. */
    @Override
    public void onAskAgain(SessionKey key, SessionOwnership.Waiter waiter, long nowNs) {
        ClientRow client = waiter.client();
        if (client.port == null) {
            // Who is away sends its request again when it is back.
            return;
        }
        int leftMs = (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(waiter.deadlineNs() - nowNs));
        int length = requests.getOwn(message, context.epoch, waiter.requestId(), waiter.knownVersion(), leftMs, key);
        if (!context.offered.add(new Waiting(client.port, message, 0, length, waiter.askedNs()))) {
            onBusy(client, waiter.requestId(), waiter.askedNs());
        }
    }

    @Override
    public void onGranted(
            ClientRow client, long requestId, long knownVersion, SessionOwnership.Row row, int hints, long askedNs) {
        if (!context.store.read(row.key, context.view)) {
            // Gone between the request and its turn; ends for the others as well.
            SessionKey key = row.key;
            context.answerAbsent(client, requestId, askedNs);
            context.ended(key);
            return;
        }
        boolean isCurrent = context.view.version() == knownVersion;
        if (isCurrent) {
            context.counters.openedCurrent++;
        }
        long tookNs = context.nowNs - askedNs;
        context.counters.opens.record(tookNs);
        context.counters.answers.opened(isCurrent ? OwnStatus.CURRENT : OwnStatus.LOADED, tookNs);
        context.replies.granted(client, requestId, row, context.view, context.logTimeMs(), hints, isCurrent);
    }

    @Override
    public long arrivedNs() {
        return context.arrivedNs;
    }

    @Override
    public void onBusy(ClientRow client, long requestId, long askedNs) {
        context.counters.openedBusy++;
        context.counters.answers.opened(OwnStatus.BUSY, context.nowNs - askedNs);
        context.replies.notOwned(client, requestId, context.logTimeMs(), OwnStatus.BUSY);
    }

    @Override
    public void onGone(ClientRow client, long requestId, long askedNs) {
        context.answerAbsent(client, requestId, askedNs);
    }

    @Override
    public void onRecall(SessionOwnership.Row row) {
        context.counters.recalls++;
        context.replies.recall(row);
    }
}
