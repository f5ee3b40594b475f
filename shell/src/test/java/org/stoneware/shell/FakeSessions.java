package org.stoneware.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.session.SessionKey;

/** Sessions with names chosen by somebody who wants to do harm. */
final class FakeSessions implements SessionAdmin {
    static final String HOSTILE = "\u001b[2J\u0007\u202e\"}<b>\n$(stop 0)";

    final List<SessionKey> ended = new CopyOnWriteArrayList<>();
    final List<SessionKey> sessions = new ArrayList<>(List.of(
            SessionKey.of("localhost/shop", "AAA1"),
            SessionKey.of("localhost/shop", "AAA2"),
            SessionKey.of("localhost/admin", "AAA2"),
            SessionKey.of("localhost/shop", HOSTILE)));
    InvalidateOutcome.Status status = InvalidateOutcome.Status.DONE;
    boolean isStuck;
    volatile String askedBy = "";
    private volatile CountDownLatch asked = new CountDownLatch(1);
    private volatile CompletableFuture<Void> released = CompletableFuture.completedFuture(null);

    /** The next question for statistics is answered no sooner than {@link #release}. */
    void holdStats() {
        asked = new CountDownLatch(1);
        released = new CompletableFuture<>();
    }

    void awaitHeld() throws InterruptedException {
        if (!asked.await(60, TimeUnit.SECONDS)) {
            throw new AssertionError("nobody asked");
        }
    }

    void release() {
        released.complete(null);
    }

    private static SessionSummary summary(SessionKey key) {
        return new SessionSummary(key.application(), key.id(), 1_000, 2_000, 1_800, 2_048, 2, 17);
    }

    @Override
    public CompletableFuture<SessionPage> list(SessionQuery query) {
        if (isStuck) {
            return new CompletableFuture<>();
        }
        List<SessionSummary> found = sessions.stream()
                .filter(each ->
                        query.application().isEmpty() || each.application().equals(query.application()))
                .filter(each -> each.id().startsWith(query.idPrefix()))
                .limit(query.limit())
                .map(FakeSessions::summary)
                .toList();
        return CompletableFuture.completedFuture(new SessionPage("Server1", ServerRole.ACTIVE_COORDINATOR, found, ""));
    }

    @Override
    public CompletableFuture<SessionLook> show(SessionKey key) {
        SessionDetails details = new SessionDetails(
                summary(key),
                7,
                true,
                "Tomcat " + HOSTILE,
                "",
                List.of(
                        new AttributeDetails("cart" + HOSTILE, false, 1_900, "shop.Cart"),
                        new AttributeDetails("principal", true, 100, "")),
                List.of(new CopyDetails("Server2", true, true, 0)));
        return CompletableFuture.completedFuture(new SessionLook(
                "Server1", ServerRole.ACTIVE_COORDINATOR, "Server1", sessions.contains(key) ? details : null));
    }

    @Override
    public CompletableFuture<SessionStats> stats(String application) {
        asked.countDown();
        return released.thenApply(nothing -> new SessionStats(
                "Server1",
                ServerRole.ACTIVE_COORDINATOR,
                4,
                8_192,
                2_048,
                List.of(new Bucket(1_024, 0), new Bucket(Long.MAX_VALUE, 4)),
                List.of(new Bucket(60_000, 4), new Bucket(Long.MAX_VALUE, 0)),
                List.of(new Bucket(60_000, 4), new Bucket(Long.MAX_VALUE, 0)),
                List.of(new ApplicationStats("localhost/shop", 3, 6_144), new ApplicationStats(HOSTILE, 1, 2_048)),
                0));
    }

    @Override
    public CompletableFuture<InvalidateOutcome> invalidate(SessionKey key, String by) {
        askedBy = by;
        ended.add(key);
        String reason = status == InvalidateOutcome.Status.DONE
                ? "the session is ended"
                : "Server1 is PASSIVE-STANDBY: ask the active Server2";
        return CompletableFuture.completedFuture(new InvalidateOutcome(status, 1, 0, reason));
    }

    @Override
    public CompletableFuture<InvalidateOutcome> invalidateAll(String application, String by) {
        sessions.stream().filter(each -> each.application().equals(application)).forEach(ended::add);
        return CompletableFuture.completedFuture(new InvalidateOutcome(status, ended.size(), 0, "ended"));
    }

    @Override
    public CompletableFuture<InvalidateOutcome> sweep(String by) {
        return CompletableFuture.completedFuture(new InvalidateOutcome(status, 2, 0, "2 sessions are ended"));
    }
}
