package org.stoneware.tomcat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.catalina.Context;
import org.apache.catalina.DistributedManager;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.Loader;
import org.apache.catalina.Session;
import org.apache.catalina.session.ManagerBase;
import org.apache.catalina.session.StandardSession;
import org.apache.catalina.util.CustomObjectInputStream;
import org.apache.juli.logging.Log;
import org.apache.juli.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.client.Committed;
import org.stoneware.client.Opened;
import org.stoneware.client.SessionClient;

/**
 * The sessions of one web application, held by the array. Keeps copies of those this Tomcat has seen lately; each is checked with
 * the array before a request sees it.
 * <p>
 * <b>Threading:</b> callable from any thread.
 * <p>
 * <b>Failure:</b> a session the array can't give or keep now is a {@link SessionUnavailableException}, which the valve turns into a
 * 503. Sessions are never kept in this Tomcat alone.
 */
public final class SessionManager extends ManagerBase implements DistributedManager {
    private static final Logger LOGGER = System.getLogger(SessionManager.class.getName());
    private static final Log STREAM_LOG = LogFactory.getLog(SessionManager.class);
    /** How long one notice about the array speaks for all others. */
    private static final long NOTICE_INTERVAL_NS = TimeUnit.SECONDS.toNanos(10);
    /** A copy this much older than its session may be idle is dropped. */
    private static final long IDLE_SLACK_SEC = 60;

    private final ValveSettings settings;
    private volatile @Nullable SessionClient client;
    private final String whyNoClient;
    private final AttributeCodec codec = new AttributeCodec(this::openStream);
    private final AttributeReports reports = new LoggedReports(() -> application());
    private final DetachedUses detached = new DetachedUses(this);
    private final SessionEndings endings = new SessionEndings(this);
    private final NoticeLimiter notices = new NoticeLimiter(NOTICE_INTERVAL_NS);
    private final DeferredScopes deferred = new DeferredScopes();
    /** Id of the session this thread creates, when it comes from outside. */
    private final ThreadLocal<@Nullable String> idFromOutside = new ThreadLocal<>();
    /** Locks for the creation of sessions with ids from outside; by hash of the id. */
    private final Object[] creating = new Object[64];
    /** Made late: it touches Agrona, which must wait until the JDK is open. */
    private volatile @Nullable DeltaBuffers buffers;

    private volatile String application = "";
    private volatile boolean hasRequestListeners;
    /** False once it begins to stop: listeners may lack what they use from then on. */
    private volatile boolean takesExpiries;

    /**
     * Makes a manager.
     *
     * @param client      null while there is none; then every use of a session is a failure that says {@code whyNoClient}.
     */
    SessionManager(ValveSettings settings, @Nullable SessionClient client, String whyNoClient) {
        this.settings = settings;
        this.client = client;
        this.whyNoClient = whyNoClient;
        Arrays.setAll(creating, i -> new Object());
    }

    // ---- lifecycle

    @Override
    protected void startInternal() throws LifecycleException {
        super.startInternal();
        Context context = getContext();
        // With the version of a parallel deployment: its sessions belong to that version's classes.
        String name = context.getName();
        application = (settings.namespace().isEmpty() ? "" : settings.namespace() + ':')
                + context.getParent().getName()
                + (name.startsWith("/") ? name : "/" + name);
        hasRequestListeners = TypeNames.anyImplements(context.getApplicationEventListeners(), "ServletRequestListener");
        setState(LifecycleState.STARTING);
        takesExpiries = true;
        // Behind that: a notice of expiry that comes earlier would find a manager that takes none.
        synchronized (this) {
            if (client != null) {
                attach(client);
            }
        }
    }

    private void attach(SessionClient attached) {
        buffers = DeltaBuffers.shared();
        attached.addApplication(application, endings::expired);
    }

    /** There is a client at last. */
    synchronized void connect(SessionClient late) {
        if (getState().isAvailable()) {
            attach(late);
        }
        client = late;
    }

    @Override
    protected void stopInternal() throws LifecycleException {
        takesExpiries = false;
        SessionClient attached = client;
        if (attached != null) {
            attached.removeApplication(application);
        }
        setState(LifecycleState.STOPPING);
        // While there are the class loader, which their values may need, and the client.
        deferred.stop(application);
        if (attached != null) {
            // Other applications may keep the client for years.
            sessions.values().forEach(copy -> attached.giveBack(((ClusteredSession) copy).key()));
        }
        sessions.clear();
        super.stopInternal();
    }

    /** Nothing to load: sessions come when somebody asks for them. */
    @Override
    public void load() {}

    /** Nothing to unload: the array holds everything. */
    @Override
    public void unload() {}

    @Override
    public String getName() {
        return "SessionManager";
    }

    /** Tidies up local copies; ends no session, because that is for the array to say. */
    @Override
    public void backgroundProcess() {
        finishAbandoned(scope -> true);
        long nowNs = System.nanoTime();
        LocalCopies.dropIdle(sessions, nowNs, IDLE_SLACK_SEC);
        trim();
    }

    private void trim() {
        LocalCopies.trim(sessions, settings.maxLocalSessions(), settings.maxLocalBytes());
    }

    // ---- what the classes around need

    SessionClient client() {
        SessionClient current = client;
        if (current == null) {
            throw new SessionUnavailableException(whyNoClient);
        }
        return current;
    }

    boolean isConnected() {
        SessionClient current = client;
        return current != null && current.view().isConnected();
    }

    AttributeCodec codec() {
        return codec;
    }

    AttributeReports reports() {
        return reports;
    }

    DeltaBuffers buffers() {
        return Objects.requireNonNull(buffers, "session manager not started");
    }

    DetachedUses detached() {
        return detached;
    }

    SessionEndings endings() {
        return endings;
    }

    boolean detectsMutation() {
        return settings.detectsMutation();
    }

    boolean hasRequestListeners() {
        return hasRequestListeners;
    }

    String application() {
        return application;
    }

    /** Looks after a scope that goes on when its request has left the valve. */
    void defer(RequestScope scope) {
        deferred.add(scope);
    }

    /** Ends the scopes whose request has gone without closing its response. */
    void finishAbandoned(Predicate<RequestScope> candidates) {
        deferred.finishAbandoned(candidates);
    }

    int deferredScopes() {
        return deferred.size();
    }

    private ObjectInputStream openStream(ByteArrayInputStream bytes) throws IOException {
        Loader loader = getContext().getLoader();
        return new CustomObjectInputStream(
                bytes,
                loader == null ? getClass().getClassLoader() : loader.getClassLoader(),
                STREAM_LOG,
                getSessionAttributeValueClassNamePattern(),
                getWarnOnSessionAttributeFilterFailure());
    }

    // ---- finding

    @Override
    public @Nullable Session findSession(@Nullable String id) {
        if (id == null) {
            return null;
        }
        SessionKey key = keyOf(id);
        if (key == null) {
            return null;
        }
        RequestScope scope = RequestScope.current();
        if (scope == null) {
            VersionLookup.Question question = VersionLookup.ongoing();
            return question == VersionLookup.Question.NONE ? peek(key) : VersionLookup.session(this, key, question);
        }
        ClusteredSession held = scope.held(this, id);
        if (held != null) {
            return held.isValid() ? held : null;
        }
        if (scope.isAbsent(this, id)) {
            return null;
        }
        if (CourtesyLookup.isOngoing(getContext())) {
            CourtesyLookup.logIn(this, key, scope);
            return null;
        }
        if (scope.isLoginMissed() && CourtesyLookup.isLoginOngoing()) {
            scope.loginDecided();
        }
        return open(key, scope);
    }

    private @Nullable ClusteredSession open(SessionKey key, RequestScope scope) {
        ClusteredSession session;
        try {
            session = open(key);
        } catch (SessionUnavailableException e) {
            throw scope.fail(e);
        }
        if (session != null) {
            scope.hold(session);
        } else if (scope.isInDoubt(key.id())) {
            // Another id that came with it may be the right one: a new session would take the place of that.
            throw scope.fail(unavailable("open", key, Opened.Status.UNAVAILABLE, "several ids, and one not checked"));
        } else {
            scope.absent(this, key.id());
        }
        return session;
    }

    /** A look from outside any request: the use ends at once, and {@link DetachedUses#begin} begins one if it lasts. */
    private @Nullable ClusteredSession peek(SessionKey key) {
        ClusteredSession session = open(key);
        if (session != null) {
            session.endUse(0);
        }
        return session;
    }

    // An id longer than a key can be is none of ours.
    private @Nullable SessionKey keyOf(String id) {
        if (id.isEmpty() || id.length() > SessionKey.MAX_ID_LENGTH) {
            return null;
        }
        try {
            return SessionKey.of(application, id);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Asks the array for a session; when there is one, the caller has one use of it. */
    private @Nullable ClusteredSession open(SessionKey key) {
        try {
            return open(key, settings.ownerWaitMs());
        } catch (UngrantedException e) {
            throw unavailable("open", key, e.status(), e.detail());
        }
    }

    @Nullable
    ClusteredSession open(SessionKey key, long ownerWaitMs) throws UngrantedException {
        // Twice at most: a copy given up or dropped between look and grant is loaded anew, whatever is here by then.
        for (int attempt = 0; attempt < 2; attempt++) {
            ClusteredSession copy = copy(key.id());
            long known = copy == null || attempt > 0 ? SessionClient.NO_VERSION : copy.version();
            Opened opened = client().open(key, known, ownerWaitMs);
            switch (opened.status()) {
                case CURRENT -> {
                    if (copy != null && copy.beginUse(opened)) {
                        return copy;
                    }
                    if (copy != null) {
                        forget(copy);
                    }
                    end(key, 0);
                }
                case LOADED -> {
                    return loaded(Objects.requireNonNull(opened.record()), opened.logTimeMs());
                }
                case ABSENT -> {
                    if (copy != null) {
                        sessions.remove(key.id(), copy);
                    }
                    giveBackWhenNotKept(key);
                    return null;
                }
                default -> throw new UngrantedException(opened.status(), opened.detail());
            }
        }
        throw new UngrantedException(Opened.Status.UNAVAILABLE, "local copy keeps changing");
    }

    // By the id of the record: a request that came with an id from before a rename gets the session under its new one.
    private ClusteredSession loaded(SessionRecord record, long logTimeMs) {
        String id = record.key().id();
        ClusteredSession copy = copy(id);
        if (copy != null && copy.refresh(record, logTimeMs)) {
            return copy;
        }
        ClusteredSession fresh = new ClusteredSession(this);
        fresh.refresh(record, logTimeMs);
        while (true) {
            Session other = copy == null ? sessions.putIfAbsent(id, fresh) : null;
            if (copy != null ? sessions.replace(id, copy, fresh) : other == null) {
                trimWhenFull();
                return fresh;
            }
            copy = copy(id);
            if (copy != null && copy.refresh(record, logTimeMs)) {
                return copy;
            }
        }
    }

    private void trimWhenFull() {
        if (sessions.size() > settings.maxLocalSessions() + settings.maxLocalSessions() / 8) {
            trim();
        }
    }

    // ---- for Tomcat's deployer and its manager application

    /**
     * {@inheritDoc}
     * <p>
     * At least as many as this Tomcat has copies of, and never 0: the array may hold others, made at other Tomcats. So that Tomcat does
     * not undeploy an old version of an application for want of sessions here.
     */
    @Override
    public int getActiveSessionsFull() {
        return Math.max(1, getActiveSessions());
    }

    /** {@inheritDoc} Of those this Tomcat has copies of. */
    @Override
    public Set<String> getSessionIdsFull() {
        return Set.copyOf(sessions.keySet());
    }

    // ---- creating, renaming, removing

    @Override
    protected StandardSession getNewSession() {
        return new ClusteredSession(this);
    }

    /**
     * {@inheritDoc}
     * <p>
     * An id that comes from outside, as of a cookie for all applications, may be on its way to several requests and Tomcats at once:
     * the first creates the session, in the array too, and the others get it.
     */
    @Override
    public Session createSession(@Nullable String id) {
        if (id == null) {
            return super.createSession(null);
        }
        synchronized (creating[Math.floorMod(id.hashCode(), creating.length)]) {
            idFromOutside.set(id);
            try {
                return super.createSession(id);
            } catch (IdTakenException e) {
                SessionKey key = SessionKey.of(application, id);
                RequestScope scope = RequestScope.current();
                ClusteredSession existing = scope == null ? peek(key) : open(key, scope);
                if (existing != null) {
                    return existing;
                }
                SessionUnavailableException gone =
                        unavailable("create", key, Committed.Status.EXISTS, "it has gone since");
                throw scope == null ? gone : scope.fail(gone);
            } finally {
                idFromOutside.remove();
            }
        }
    }

    /** Creates a session in the array at once. */
    private void createNow(ClusteredSession session, @Nullable RequestScope scope) {
        Committed created = session.commit(false, null);
        if (created == null || created.isCommitted()) {
            return;
        }
        session.removed();
        session.endUse(0);
        if (created.status() == Committed.Status.EXISTS) {
            throw new IdTakenException(session.key());
        }
        SessionUnavailableException failure = unavailable("create", session.key(), created.status(), created.detail());
        throw scope == null ? failure : scope.fail(failure);
    }

    /** Called by Catalina when a new session gets its id. */
    @Override
    public void add(Session session) {
        ClusteredSession ours = (ClusteredSession) session;
        SessionKey key = SessionKey.of(application, session.getIdInternal());
        RequestScope scope = RequestScope.current();
        SessionClient current = client;
        if (current == null) {
            SessionUnavailableException none = unavailable("create", key, Committed.Status.UNAVAILABLE, whyNoClient);
            throw scope == null ? none : scope.fail(none);
        }
        if (!current.create(key)) {
            throw new IdTakenException(key);
        }
        ours.begin(key);
        if (key.id().equals(idFromOutside.get())) {
            createNow(ours, scope);
        }
        super.add(session);
        trimWhenFull();
        if (scope != null && !scope.isFinished()) {
            scope.hold(ours);
        } else {
            ours.uses().beginDetached();
            detached.commit(ours, null);
        }
    }

    @Override
    public void remove(Session session, boolean update) {
        ClusteredSession ours = (ClusteredSession) session;
        if (!update) {
            forget(ours);
            return;
        }
        forget(ours);
        // Counts it, and would take away whatever copy has its id.
        StandardSession nameless = new StandardSession(this);
        nameless.setCreationTime(ours.getCreationTimeInternal());
        super.remove(nameless, true);
        endings.removeFromArray(ours);
    }

    /** A failure nobody can be told of here: the response does not leave. */
    static void fail(SessionUnavailableException failure) {
        RequestScope scope = RequestScope.current();
        if (scope != null) {
            scope.fail(failure);
        }
    }

    @Override
    protected void changeSessionId(
            Session session, String newId, boolean notifySessionListeners, boolean notifyContainerListeners) {
        ClusteredSession ours = (ClusteredSession) session;
        String oldId = session.getIdInternal();
        Committed renamed = ours.rename(SessionKey.of(application, newId));
        if (!renamed.isCommitted()) {
            SessionUnavailableException failure = unavailable("rename", ours.key(), renamed.status(), renamed.detail());
            fail(failure);
            throw failure;
        }
        session.tellChangedSessionId(newId, oldId, notifySessionListeners, notifyContainerListeners);
    }

    /** Ends a session an operator names, whatever this Tomcat knows of its last use. */
    @Override
    public void expireSession(@Nullable String id) {
        ClusteredSession session = id == null ? null : copy(id);
        if (session != null) {
            session.expire(true);
        }
    }

    /** Keeps a copy under an id it is about to have as well, unless there is another one. */
    void keepEarly(String id, ClusteredSession session) {
        sessions.putIfAbsent(id, session);
    }

    /** Keeps a copy under its id, and no longer under the one it had. */
    void keepAs(String formerId, ClusteredSession session) {
        sessions.put(session.getIdInternal(), session);
        sessions.remove(formerId, session);
    }

    void forget(String id, ClusteredSession session) {
        sessions.remove(id, session);
    }

    /** Drops a local copy; false when it is not the one kept under its id. */
    boolean forget(ClusteredSession session) {
        return session.getIdInternal() != null && sessions.remove(session.getIdInternal(), session);
    }

    /** Ends a use; with the last one a session of which no copy is kept is given back. */
    void end(SessionKey key, long ageMs) {
        if (ageMs == ClusteredSession.RESTS) {
            client().rest(key, 0);
        } else if (ageMs == ClusteredSession.GIVEN_UP) {
            client().endGivenUp(key);
        } else {
            client().end(key, ageMs);
        }
        giveBackWhenNotKept(key);
    }

    void giveBackWhenNotKept(SessionKey key) {
        if (!sessions.containsKey(key.id())) {
            giveBack(key);
        }
    }

    /** Gives a session back that no request of this Tomcat uses; false when one does. */
    boolean giveBack(SessionKey key) {
        SessionClient current = client;
        return current == null || current.giveBack(key);
    }

    /** The copy kept under an id; null when there is none. Asks nobody. */
    @Nullable
    ClusteredSession copy(String id) {
        return (ClusteredSession) sessions.get(id);
    }

    /** Keeps a copy that may have been dropped and that somebody has in hands; false when there is another one by now. */
    boolean keepAgain(ClusteredSession session) {
        Session other = sessions.putIfAbsent(session.getIdInternal(), session);
        return other == null || other == session;
    }

    /** Whether the application is there with all that its listeners use. */
    boolean takesExpiries() {
        return takesExpiries;
    }

    /** Says, now and then, that the array failed a request, and makes what the request fails with. */
    SessionUnavailableException unavailable(String operation, SessionKey key, Enum<?> status, String detail) {
        return new SessionUnavailableException(say(operation, key, status, detail, "503"));
    }

    /** Says, now and then, that the array did not take a change no response waits for. */
    void lost(SessionKey key, Enum<?> status, String detail) {
        say("commit", key, status, detail, "sent before");
    }

    private String say(String operation, SessionKey key, Enum<?> status, String detail, String answer) {
        String message = "session array failed: operation=" + operation + " session=" + key + " outcome=" + status
                + " detail=" + detail;
        long suppressed = notices.admit(System.nanoTime());
        if (suppressed >= 0) {
            LOGGER.log(Level.ERROR, message + " answer=" + answer + " suppressedNotices=" + suppressed);
        }
        return message;
    }
}
