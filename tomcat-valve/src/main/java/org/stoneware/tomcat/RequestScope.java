package org.stoneware.tomcat;

import java.lang.ref.WeakReference;
import java.security.Principal;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.catalina.connector.Request;
import org.jspecify.annotations.Nullable;
import org.stoneware.client.Committed;

/**
 * The sessions one request uses, from its first touch of each to its end. A request has one scope however many times it passes
 * the valve (asynchronous dispatches do).
 * <p>
 * <b>Threading:</b> callable from any thread; the request's own thread finds its scope with {@link #current()}.
 */
final class RequestScope {
    /** Name of the note that ties a scope to its request; Catalina clears notes when it recycles the request. */
    static final String NOTE = RequestScope.class.getName();

    /** Age of an access: as in Catalina, a session is not idle before its request has ended, however long that takes. */
    private static final long NOW_MS = 0;

    private static final ThreadLocal<@Nullable RequestScope> CURRENT = new ThreadLocal<>();

    /** Session this thread touched outside a scope; weak, because application threads touch sessions too and live long. */
    private static final ThreadLocal<@Nullable WeakReference<ClusteredSession>> TOUCHED_OUTSIDE = new ThreadLocal<>();

    private final Request request;
    private final List<ClusteredSession> sessions = new CopyOnWriteArrayList<>();
    private final Set<AbsentSession> absent = ConcurrentHashMap.newKeySet(0);
    private final AtomicBoolean isFinished = new AtomicBoolean();
    private volatile @Nullable SessionUnavailableException failure;
    private final AtomicReference<@Nullable Runnable> onFinish = new AtomicReference<>();
    private @Nullable ResponseGate gate;
    /** Catalina's authenticator did not get the session it looked for. */
    private volatile boolean isLoginMissed;
    /** An id that came with others, and that the array did not say to be valid. */
    private volatile @Nullable String idInDoubt;

    /** A session the array said it does not have; asked once per request. */
    private record AbsentSession(SessionManager manager, String id) {}

    RequestScope(Request request) {
        this.request = request;
    }

    /** The scope of the request this thread is serving inside the valve; null elsewhere. */
    static @Nullable RequestScope current() {
        return CURRENT.get();
    }

    /** Makes {@code scope} the current one of this thread and returns the one before. */
    static @Nullable RequestScope enter(@Nullable RequestScope scope) {
        RequestScope before = CURRENT.get();
        if (scope == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(scope);
        }
        return before;
    }

    /** Notes that this thread began to use a session while it had no scope. */
    static void accessedOutside(ClusteredSession session) {
        TOUCHED_OUTSIDE.set(new WeakReference<>(session));
    }

    static void accessEnded(ClusteredSession session) {
        WeakReference<ClusteredSession> touched = TOUCHED_OUTSIDE.get();
        if (touched != null && touched.refersTo(session)) {
            TOUCHED_OUTSIDE.remove();
        }
    }

    /**
     * The session a listener or an earlier valve touched on this thread, once. The caller checks that it belongs to its request:
     * one that went on elsewhere may have left its session here.
     */
    static @Nullable ClusteredSession takeTouchedOutside() {
        WeakReference<ClusteredSession> touched = TOUCHED_OUTSIDE.get();
        if (touched == null) {
            return null;
        }
        TOUCHED_OUTSIDE.remove();
        return touched.get();
    }

    /** The session of that id this request uses already, valid or not. */
    @Nullable
    ClusteredSession held(SessionManager manager, String id) {
        for (ClusteredSession session : sessions) {
            if (session.getManager() == manager && id.equals(session.getIdInternal())) {
                return session;
            }
        }
        return null;
    }

    boolean holds(ClusteredSession session) {
        return !isFinished.get() && sessions.contains(session);
    }

    /** Catalina's authenticator looked for the session, and goes on without. */
    void missedInCourtesy() {
        isLoginMissed = true;
    }

    boolean isLoginMissed() {
        return isLoginMissed;
    }

    /** The application logs somebody in or out: what the authenticator would have known before is of no account any more. */
    void loginDecided() {
        isLoginMissed = false;
    }

    /** Does what the authenticator does with a session it finds. */
    void logIn(ClusteredSession session) {
        Principal user = request.getPrincipal() == null ? session.getPrincipal() : null;
        if (user != null) {
            request.setAuthType(session.getAuthType());
            request.setUserPrincipal(user);
        }
    }

    /** Makes up for a session the authenticator missed, once. */
    private void logInWhenMissed(ClusteredSession session) {
        // Not from the session of another application this request was dispatched to.
        if (isLoginMissed && session.sessions().getContext() == request.getContext()) {
            isLoginMissed = false;
            logIn(session);
        }
    }

    /** The request came with several ids, and it is not known whether this, the first of them, is that of a session. */
    void doubt(String id) {
        idInDoubt = id;
    }

    boolean isInDoubt(String id) {
        return id.equals(idInDoubt);
    }

    boolean isAbsent(SessionManager manager, String id) {
        return absent.contains(new AbsentSession(manager, id));
    }

    void absent(SessionManager manager, String id) {
        absent.add(new AbsentSession(manager, id));
        if (isFinished.get()) {
            absent.clear();
        }
    }

    /** Takes over one use of a session; gives it back at once when this request has one already, or its scope is finished. */
    void hold(ClusteredSession session) {
        if (holds(session)) {
            session.endUse(NOW_MS);
            return;
        }
        absent.remove(new AbsentSession(session.sessions(), session.getIdInternal()));
        sessions.add(session);
        if (isFinished.get()) {
            // Code that runs after the last byte, such as a filter behind a closed page: nobody is left to end the use,
            // and what it changes is committed at once.
            endUse(session);
            return;
        }
        closeGate();
        logInWhenMissed(session);
    }

    /** From now on no byte of the response leaves before the array holds what this request changed. */
    private synchronized void closeGate() {
        if (gate == null) {
            gate = ResponseGate.install(request.getResponse().getCoyoteResponse(), this);
        }
    }

    /** This request can't be answered; the valve makes a 503 of it. Returns what to throw. */
    SessionUnavailableException fail(SessionUnavailableException reason) {
        if (failure == null) {
            failure = reason;
        }
        if (!isFinished.get()) {
            closeGate();
        }
        return reason;
    }

    @Nullable
    SessionUnavailableException failure() {
        return failure;
    }

    /**
     * Hands all changes to the array and waits until it holds them.
     *
     * @param lookInside also notices values changed in place.
     * @param isLast     this request will change nothing more.
     * @return false when the array does not hold them; {@link #failure()} says why.
     */
    boolean commit(boolean lookInside, boolean isLast) {
        if (isFinished.get() || failure != null) {
            return failure == null;
        }
        for (ClusteredSession session : sessions) {
            if (lookInside || session.isDirty()) {
                Committed outcome = session.commit(lookInside, isLast ? this : null);
                if (outcome != null && !outcome.isCommitted()) {
                    fail(session.sessions().unavailable("commit", session.key(), outcome.status(), outcome.detail()));
                }
            }
        }
        return failure == null;
    }

    /**
     * Ends every use of a session. The first call counts, whichever way the request ended.
     * <p>
     * Nothing here leads to the application afterwards: the gate of a response that was aborted stays with its connection, and this
     * scope with the gate, until the next request comes along, which may be never.
     */
    void finish() {
        if (isFinished.compareAndSet(false, true)) {
            for (ClusteredSession session : sessions) {
                endUse(session);
            }
            absent.clear();
            tellFinished();
        }
    }

    /**
     * Ends every use of a session because the application stops. The array holds what was changed so far, or the request fails; and
     * since nobody will look for what it changes from here on, no more of its response leaves.
     */
    void stop(String application) {
        if (!sessions.isEmpty() && !isAbandoned()) {
            commit(true, true);
            fail(new SessionUnavailableException(
                    "application stopped while a request used its sessions: application=" + application));
        }
        finish();
    }

    /** Once per use: whoever takes the session out of the list ends it. */
    private void endUse(ClusteredSession session) {
        if (sessions.remove(session)) {
            session.sessions().detached().endUse(session, NOW_MS, this);
        }
    }

    /** Runs once when this scope is finished; at once when it is already. */
    void onFinish(Runnable listener) {
        onFinish.set(listener);
        if (isFinished.get()) {
            tellFinished();
        }
    }

    private void tellFinished() {
        Runnable listener = onFinish.getAndSet(null);
        if (listener != null) {
            listener.run();
        }
    }

    boolean isFinished() {
        return isFinished.get();
    }

    /** True when Catalina has recycled the request, so that nobody else will end this scope. */
    boolean isAbandoned() {
        return request.getNote(NOTE) != this;
    }

    @Nullable
    ResponseGate gate() {
        return gate;
    }
}
