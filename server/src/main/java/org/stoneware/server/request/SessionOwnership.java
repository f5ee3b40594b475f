package org.stoneware.server.request;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.SessionProtocol;

/**
 * Which Tomcat may change which session. One owner at a time, each with a fencing token greater than any before; others wait in
 * order of arrival.
 * <p>
 * Lives on the active only and is not replicated. An owner keeps a session until it releases it, or until somebody else wants it and
 * the owner's lease has lapsed.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> {@link #MAX_WAITERS} requests wait for one session.
 */
final class SessionOwnership {
    static final int MAX_WAITERS = 1024;
    static final long LEASE_GRACE_NS = TimeUnit.MILLISECONDS.toNanos(SessionProtocol.LEASE_GRACE_MS);
    /** A recall may be lost with a connection; it is said again after this time. */
    static final long RECALL_AGAIN_NS = TimeUnit.SECONDS.toNanos(1);

    /**
     * Grants are numbered from the log time of the activation on, shifted. Log time never goes back from one active to the next, and no server
     * grants a million times a millisecond, so numbers rise over epochs as well. A token is the number of its first grant (ADR 0311).
     */
    private static final int LOG_TIME_SHIFT = 20;

    /** Recalls to make room that are sent in one duty cycle. */
    private static final int RECALLS_PER_CYCLE = 64;
    /** Until it is counted anew how many rows are too many: time for owners to release. */
    private static final long RECALL_ROUND_NS = TimeUnit.MILLISECONDS.toNanos(250);

    /** Used longest ago first: granted, changed or looked at. */
    private final Map<SessionKey, Row> rows = new LinkedHashMap<>(16, 0.75f, true);

    private final int maxRows;
    /** Owners to be asked yet in this round. */
    private int surplus;

    private boolean isRecallBegun;
    private long recallRoundNs;
    private final List<Row> oldest = new ArrayList<>(RECALLS_PER_CYCLE);
    private final LinkedHashSet<Row> contested = new LinkedHashSet<>();
    private final ContestHistory history = new ContestHistory();
    private final Output output;
    private long lastGrant;

    /** One session that is owned or waited for; most have no waiters, so what those need is made for them only. */
    static final class Row {
        private static final ArrayDeque<Waiter> NOBODY = new ArrayDeque<>(0);

        SessionKey key;

        @Nullable
        ClientRow owner;

        long token;
        /**
         * Number of the last grant of the token; behind a late change what that has named, which may be less. A release counts only if its sender has seen every grant: one that is made from here on has a greater
         * number than whatever anybody has seen.
         */
        long grant;

        boolean isRecalled;
        long recalledNs;
        private ArrayDeque<Waiter> waiters = NOBODY;

        Row(SessionKey key) {
            this.key = key;
        }

        private void add(Waiter waiter) {
            if (waiters == NOBODY) {
                waiters = new ArrayDeque<>(2);
            }
            waiters.addLast(waiter);
        }
    }

    /**
     * One request that waits for a session.
     *
     * @param askedNs when it came to this server.
     */
    record Waiter(ClientRow client, long requestId, long knownVersion, long deadlineNs, long askedNs) {}

    /** Takes what ownership decides. */
    interface Output {
        /** False while the session may not be given to anybody; asked again in each duty cycle. */
        boolean mayGrant(SessionKey key, long nowNs);

        /**
         * True while something newer of a session nobody owns may be about to come: whoever waits for it asks again, since what comes takes the
         * session's place only while nobody waits for it here.
         */
        boolean isNewerAwaited(SessionKey key);

        /** A request waits here no more, and is to be served as if it came once more. */
        void onAskAgain(SessionKey key, Waiter waiter, long nowNs);

        /**
         * Ownership was given; answer the request.
         *
         * @param askedNs when the request came to this server; here and below.
         */
        void onGranted(ClientRow client, long requestId, long knownVersion, Row row, int hints, long askedNs);

        /** Nobody got it in time. */
        void onBusy(ClientRow client, long requestId, long askedNs);

        /** The session has ended while the request waited. */
        void onGone(ClientRow client, long requestId, long askedNs);

        /** Ask the owner to release. */
        void onRecall(Row row);

        /** When the request that is being served came to this server. */
        long arrivedNs();
    }

    /**
     * @param logTimeMs log time of the activation.
     * @param maxRows   most sessions that are owned or waited for before owners are asked to release those used longest ago.
     */
    SessionOwnership(long logTimeMs, int maxRows, Output output) {
        this.lastGrant = logTimeMs << LOG_TIME_SHIFT;
        this.maxRows = maxRows;
        this.output = output;
    }

    /** Asks for a session that exists; grants at once, or queues. */
    void request(SessionKey key, ClientRow client, long requestId, long knownVersion, long maxWaitNs, long nowNs) {
        Row row = rows.computeIfAbsent(key, Row::new);
        boolean mayGrant = output.mayGrant(key, nowNs);
        long askedNs = output.arrivedNs();
        if (isFree(row, nowNs)) {
            if (mayGrant && row.waiters.isEmpty()) {
                grant(row, client, requestId, knownVersion, nowNs, askedNs);
                return;
            }
        } else if (row.owner == client && !row.isRecalled && mayGrant) {
            row.grant = ++lastGrant;
            output.onGranted(client, requestId, knownVersion, row, 0, askedNs);
            return;
        }
        enqueue(row, new Waiter(client, requestId, knownVersion, nowNs + maxWaitNs, askedNs), nowNs);
        if (isFree(row, nowNs)) {
            grantNext(row, nowNs);
        }
    }

    private void enqueue(Row row, Waiter waiter, long nowNs) {
        // A request sent again after a new connection takes the place of its first copy.
        row.waiters.removeIf(w -> w.client == waiter.client && w.requestId == waiter.requestId);
        if (row.waiters.size() >= MAX_WAITERS) {
            output.onBusy(waiter.client, waiter.requestId, waiter.askedNs);
            return;
        }
        row.add(waiter);
        contested.add(row);
        // The owner waits for a commit only, not for itself.
        if (waiter.client != row.owner) {
            recall(row, nowNs);
        }
    }

    /**
     * Asks the owner to give the session up after its running requests. Said again at most once in {@link #RECALL_AGAIN_NS}, by this
     * method when nobody waits (an expiry) and by {@link #doWork} when somebody does.
     */
    void recall(Row row, long nowNs) {
        if (row.owner != null && (!row.isRecalled || nowNs - row.recalledNs > RECALL_AGAIN_NS)) {
            row.isRecalled = true;
            row.recalledNs = nowNs;
            output.onRecall(row);
        }
    }

    private void grant(Row row, ClientRow client, long requestId, long knownVersion, long nowNs, long askedNs) {
        disown(row);
        row.owner = client;
        row.token = ++lastGrant;
        row.grant = row.token;
        client.ownedSessions++;
        boolean isContested = history.onGrant(row.key, client);
        row.isRecalled = !row.waiters.isEmpty();
        row.recalledNs = nowNs;
        int hints = (isContested ? SessionProtocol.HINT_CONTESTED : 0)
                | (row.isRecalled ? SessionProtocol.HINT_RECALLED : 0);
        output.onGranted(client, requestId, knownVersion, row, hints, askedNs);
    }

    private void disown(Row row) {
        if (row.owner != null) {
            row.owner.ownedSessions--;
            row.owner = null;
        }
        row.isRecalled = false;
    }

    /** A session was created by a Tomcat that keeps it. */
    Row created(SessionKey key, ClientRow client) {
        Row row = rows.computeIfAbsent(key, Row::new);
        disown(row);
        row.owner = client;
        row.token = ++lastGrant;
        row.grant = row.token;
        client.ownedSessions++;
        row.isRecalled = !row.waiters.isEmpty();
        history.onGrant(key, client);
        return row;
    }

    /**
     * A Tomcat names a session it owns from an earlier epoch; it keeps its token, and every grant from now on has a greater number.
     *
     * @return false when somebody owns it.
     */
    boolean asserted(SessionKey key, ClientRow client, long token, long grant) {
        Row row = rows.computeIfAbsent(key, Row::new);
        if (row.owner != null) {
            return false;
        }
        own(row, client, token, grant);
        return true;
    }

    /** A Tomcat whose lease had lapsed owns a session again under the token it had, because nobody else has it. */
    void regained(SessionKey key, ClientRow client, long token, long grant, long nowNs) {
        Row row = rows.computeIfAbsent(key, Row::new);
        disown(row);
        own(row, client, token, grant);
        if (!row.waiters.isEmpty()) {
            recall(row, nowNs);
        }
    }

    private void own(Row row, ClientRow client, long token, long grant) {
        row.owner = client;
        row.token = token;
        row.grant = grant;
        client.ownedSessions++;
        lastGrant = Math.max(lastGrant, Math.max(token, grant));
    }

    /** True when no Tomcat owns the session under a lease that may hold. */
    boolean isFree(SessionKey key, long nowNs) {
        @Nullable Row row = rows.get(key);
        return row == null || isFree(row, nowNs);
    }

    /**
     * Makes sure that nobody owns a session, so that it can be changed on behalf of nobody. An owner whose lease may hold, or whom
     * somebody waits for, is asked to release it instead.
     */
    boolean freeUp(SessionKey key, long nowNs) {
        @Nullable Row row = rows.get(key);
        if (row != null && row.waiters.isEmpty() && isFree(row, nowNs)) {
            // A late change under the token of a lapsed lease counts no more.
            removed(key);
            return true;
        }
        if (row != null) {
            recall(row, nowNs);
        }
        return row == null;
    }

    private static boolean isFree(Row row, long nowNs) {
        return row.owner == null || isLapsed(row.owner, nowNs);
    }

    /** The row when this token is the current one of this client, else null. */
    @Nullable
    Row owned(SessionKey key, ClientRow client, long token) {
        @Nullable Row row = rows.get(key);
        return row != null && row.owner == client && row.token == token ? row : null;
    }

    /** True when a Tomcat owns a session and nothing has asked it to give that up. */
    boolean goesOn(SessionKey key, ClientRow client, long nowNs) {
        @Nullable Row row = rows.get(key);
        return row != null && row.owner == client && !row.isRecalled && !isLapsed(client, nowNs);
    }

    @Nullable
    Row row(SessionKey key) {
        return rows.get(key);
    }

    /**
     * The owner gives the session up, unless a grant is on its way to it that it had not seen yet: then one of its requests is about
     * to use the session, and will release it.
     */
    boolean releaseSeen(Row row, long grantSeen, long nowNs) {
        if (grantSeen < row.grant) {
            return false;
        }
        release(row, nowNs);
        return true;
    }

    private void release(Row row, long nowNs) {
        disown(row);
        grantNext(row, nowNs);
    }

    private void grantNext(Row row, long nowNs) {
        if (!row.waiters.isEmpty() && !output.mayGrant(row.key, nowNs)) {
            return;
        }
        if (!row.waiters.isEmpty() && output.isNewerAwaited(row.key)) {
            askAgain(row, nowNs);
            return;
        }
        @Nullable Waiter next;
        while ((next = row.waiters.pollFirst()) != null) {
            if (next.deadlineNs - nowNs <= 0) {
                output.onBusy(next.client, next.requestId, next.askedNs);
            } else if (next.client.port != null) {
                // Who is away sends its request again when it is back.
                grantTo(row, next, nowNs);
                return;
            }
        }
        uncontested(row);
        if (row.owner == null) {
            rows.remove(row.key, row);
        }
    }

    private void askAgain(Row row, long nowNs) {
        List<Waiter> waiting = List.copyOf(row.waiters);
        // Its lease has lapsed.
        disown(row);
        uncontested(row);
        rows.remove(row.key, row);
        for (Waiter each : waiting) {
            if (each.deadlineNs - nowNs <= 0) {
                output.onBusy(each.client, each.requestId, each.askedNs);
            } else {
                output.onAskAgain(row.key, each, nowNs);
            }
        }
    }

    private void uncontested(Row row) {
        contested.remove(row);
        row.waiters = Row.NOBODY;
    }

    private void grantTo(Row row, Waiter first, long nowNs) {
        ClientRow client = first.client;
        // Requests of the same Tomcat share its ownership, so all of them go on now.
        List<Waiter> companions = new ArrayList<>(0);
        row.waiters.removeIf(w -> {
            if (w.client == client) {
                companions.add(w);
                return true;
            }
            return false;
        });
        if (row.waiters.isEmpty()) {
            uncontested(row);
        }
        grant(row, client, first.requestId, first.knownVersion, nowNs, first.askedNs);
        for (Waiter companion : companions) {
            // The answer to the first may have ended the session.
            if (row.owner == client) {
                row.grant = ++lastGrant;
                output.onGranted(
                        client,
                        companion.requestId,
                        companion.knownVersion,
                        row,
                        row.isRecalled ? SessionProtocol.HINT_RECALLED : 0,
                        companion.askedNs);
            } else {
                output.onGone(client, companion.requestId, companion.askedNs);
            }
        }
    }

    /** The session is gone; whoever waits is given over to the caller. */
    List<Waiter> removed(SessionKey key) {
        @Nullable Row row = rows.remove(key);
        if (row == null) {
            return List.of();
        }
        disown(row);
        List<Waiter> waiting = List.copyOf(row.waiters);
        uncontested(row);
        return waiting;
    }

    /** The session has a new id; owner, token and waiters stay. */
    void renamed(SessionKey from, SessionKey to) {
        @Nullable Row row = rows.remove(from);
        if (row == null) {
            return;
        }
        row.key = to;
        @Nullable Row asked = rows.put(to, row);
        if (asked != null) {
            // Requests that knew the new id before the renaming was committed.
            contested.remove(asked);
            asked.waiters.forEach(row::add);
            if (!row.waiters.isEmpty()) {
                contested.add(row);
            }
        }
    }

    /** Asks the owner for a session somebody waits for, who began to wait before there was this owner. */
    void recallIfWaitedFor(SessionKey key, long nowNs) {
        @Nullable Row row = rows.get(key);
        if (row != null && !row.waiters.isEmpty() && !isWantedByNobodyElse(row)) {
            recall(row, nowNs);
        }
    }

    /** A Tomcat has come back: what it was asked to release meanwhile is asked again. */
    void recallAgain(ClientRow client, long nowNs) {
        for (Row row : contested) {
            if (row.owner == client) {
                row.isRecalled = true;
                row.recalledNs = nowNs;
                output.onRecall(row);
            }
        }
    }

    /** A Tomcat's identity is forgotten: all it owned is free. */
    void forget(ClientRow client, long nowNs) {
        List<Row> owned = new ArrayList<>();
        for (Row row : rows.values()) {
            row.waiters.removeIf(w -> w.client == client);
            if (row.owner == client) {
                owned.add(row);
            }
        }
        for (Row row : owned) {
            release(row, nowNs);
        }
    }

    /**
     * Takes contested sessions from owners whose lease has lapsed, answers those who waited long enough, and asks for sessions back when
     * there are too many rows.
     */
    int doWork(long nowNs) {
        int work = recallOldest(nowNs);
        if (contested.isEmpty()) {
            return work;
        }
        for (Row row : List.copyOf(contested)) {
            boolean mayGrant = output.mayGrant(row.key, nowNs);
            if (mayGrant && isFree(row, nowNs)) {
                release(row, nowNs);
                work++;
                continue;
            }
            work += answerOverdue(row, nowNs);
            if (isWantedByNobodyElse(row)) {
                // Who waited longest has given up, and an owner that asks anew has it at once. It may be giving the
                // session
                // up at this moment: that counts only if it has seen the last grant, and what comes behind it asks for
                // what is free.
                row.isRecalled = false;
            }
            if (mayGrant && row.owner != null && !row.isRecalled) {
                work += grantToOwner(row, row.owner);
            }
            if (row.waiters.isEmpty()) {
                uncontested(row);
                if (row.owner == null) {
                    rows.remove(row.key, row);
                }
            } else if (row.owner != null && row.isRecalled && nowNs - row.recalledNs > RECALL_AGAIN_NS) {
                row.recalledNs = nowNs;
                output.onRecall(row);
            }
        }
        return work;
    }

    /**
     * A Tomcat keeps a session until somebody else wants it, so rows would grow with the sessions; the heap has room for so many. A session
     * that is in use is released at the end of its request; the others of a round take the place of one that stays.
     */
    private int recallOldest(long nowNs) {
        if (rows.size() <= maxRows) {
            surplus = 0;
            return 0;
        }
        if (surplus == 0) {
            if (isRecallBegun && nowNs - recallRoundNs < RECALL_ROUND_NS) {
                return 0;
            }
            isRecallBegun = true;
            recallRoundNs = nowNs;
            surplus = rows.size() - maxRows;
        }
        Iterator<Row> each = rows.values().iterator();
        while (oldest.size() < RECALLS_PER_CYCLE && each.hasNext()) {
            oldest.add(each.next());
        }
        int recalled = 0;
        for (int i = 0; i < oldest.size() && surplus > 0; i++) {
            Row row = oldest.get(i);
            // Makes it the youngest, so that the next ones come to the front.
            rows.get(row.key);
            ClientRow owner = row.owner;
            if (owner != null && owner.port != null && !isLapsed(owner, nowNs)) {
                recall(row, nowNs);
                surplus--;
                recalled++;
            }
        }
        oldest.clear();
        return recalled;
    }

    /** Requests of the owner itself, which waited for a commit, share its ownership. */
    private int grantToOwner(Row row, ClientRow owner) {
        int granted = 0;
        for (Waiter waiter : List.copyOf(row.waiters)) {
            if (waiter.client == owner && row.owner == owner) {
                row.waiters.remove(waiter);
                row.grant = ++lastGrant;
                output.onGranted(owner, waiter.requestId, waiter.knownVersion, row, 0, waiter.askedNs);
                granted++;
            }
        }
        return granted;
    }

    private static boolean isWantedByNobodyElse(Row row) {
        for (Waiter waiter : row.waiters) {
            if (waiter.client != row.owner) {
                return false;
            }
        }
        return true;
    }

    private int answerOverdue(Row row, long nowNs) {
        int before = row.waiters.size();
        row.waiters.removeIf(w -> {
            if (nowNs - w.deadlineNs < 0) {
                return false;
            }
            output.onBusy(w.client, w.requestId, w.askedNs);
            return true;
        });
        return before - row.waiters.size();
    }

    static boolean isLapsed(ClientRow owner, long nowNs) {
        return nowNs - owner.renewedNs > LEASE_GRACE_NS;
    }

    int size() {
        return rows.size();
    }

    int contestedSize() {
        return contested.size();
    }
}
