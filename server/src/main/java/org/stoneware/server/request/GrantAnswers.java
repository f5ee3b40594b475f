package org.stoneware.server.request;

import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.OwnStatus;

/** Answers what ownership decides, and says when it may. */
final class GrantAnswers implements SessionOwnership.Output {
    private final RequestContext context;

    GrantAnswers(RequestContext context) {
        this.context = context;
    }

    @Override
    public boolean mayGrant(SessionKey key, long nowNs) {
        // A session that went to disk while its Tomcat waited is brought back first.
        return context.rule.mayGrant(key, nowNs) && context.isTellable(key) && context.isShown(key);
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
