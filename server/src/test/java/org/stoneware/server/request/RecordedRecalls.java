package org.stoneware.server.request;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.stoneware.api.session.SessionKey;

/** Grants whatever is asked for, answers nobody, and keeps the sessions that are asked back. */
final class RecordedRecalls implements SessionOwnership.Output {
    final List<SessionOwnership.Row> recalled = new ArrayList<>();
    private final LongSupplier nowNs;

    RecordedRecalls(LongSupplier nowNs) {
        this.nowNs = nowNs;
    }

    @Override
    public boolean mayGrant(SessionKey key, long atNs) {
        return true;
    }

    @Override
    public boolean isNewerAwaited(SessionKey key) {
        return false;
    }

    @Override
    public void onAskAgain(SessionKey key, SessionOwnership.Waiter waiter, long atNs) {}

    @Override
    public void onGranted(
            ClientRow client, long requestId, long version, SessionOwnership.Row row, int hints, long askedNs) {}

    @Override
    public void onBusy(ClientRow client, long requestId, long askedNs) {}

    @Override
    public void onGone(ClientRow client, long requestId, long askedNs) {}

    @Override
    public long arrivedNs() {
        return nowNs.getAsLong();
    }

    @Override
    public void onRecall(SessionOwnership.Row row) {
        recalled.add(row);
    }
}
