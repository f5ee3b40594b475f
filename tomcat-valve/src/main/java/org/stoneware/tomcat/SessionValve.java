package org.stoneware.tomcat;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.catalina.Container;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.Valve;
import org.apache.catalina.authenticator.SingleSignOn;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.session.ManagerBase;
import org.apache.catalina.session.StandardManager;
import org.apache.catalina.valves.ValveBase;
import org.jspecify.annotations.Nullable;
import org.stoneware.client.ClientSettings;
import org.stoneware.client.SessionClient;

/**
 * Keeps the HTTP sessions of a web application in a Stoneware array.
 * <p>
 * One line in {@code conf/context.xml}, for all applications, or in an application's own:
 * <pre>{@code
 * <Valve className="org.stoneware.tomcat.SessionValve" tcConfigUrl="server1:9510,server2:9510"/>
 * }</pre>
 * Installs a {@link SessionManager} in the context when it starts and takes it away when it stops. For each request it opens a
 * {@link RequestScope}, and sees to it that no response leaves before the array holds the session changes made for it.
 * <p>
 * Names no servlet type, not even in a throws clause: Tomcat introspects valves, and the same class serves javax and jakarta.
 */
public class SessionValve extends ValveBase {
    private static final Logger LOGGER = System.getLogger(SessionValve.class.getName());
    private static final String[] ERROR_ATTRIBUTES = {"javax.servlet.error.exception", "jakarta.servlet.error.exception"
    };

    private static final int MAX_SAID = 256;
    private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

    private final ClientSource clients;
    private final Map<String, String> attributes = new ConcurrentHashMap<>();
    private volatile @Nullable SessionClient client;
    /** What to ask for again when there was no client at the start; null without servers. */
    private volatile @Nullable ClientSettings clientSettings;

    private volatile @Nullable Path arrayKey;

    private volatile @Nullable SessionManager manager;
    /** The Manager of the configuration; the context forgets it at the first start, and asks nobody at the next. */
    private @Nullable ManagerBase configured;

    public SessionValve() {
        this(ArrayConnection.shared());
    }

    SessionValve(ClientSource clients) {
        super(true);
        this.clients = clients;
    }

    // ---- attributes of the valve in context.xml

    public void setTcConfigUrl(String value) {
        attributes.put("tcConfigUrl", value);
    }

    public void setSynchronousWrite(String value) {
        attributes.put("synchronousWrite", value);
    }

    public void setSessionLocking(String value) {
        attributes.put("sessionLocking", value);
    }

    public void setNonStopTimeout(String value) {
        attributes.put("nonStopTimeout", value);
    }

    public void setRejoin(String value) {
        attributes.put("rejoin", value);
    }

    public void setConcurrency(String value) {
        attributes.put("concurrency", value);
    }

    public void setMaxBytesOnHeap(String value) {
        attributes.put("maxBytesOnHeap", value);
    }

    public void setMaxBytesOffHeap(String value) {
        attributes.put("maxBytesOffHeap", value);
    }

    public void setOperationTimeoutMs(String value) {
        attributes.put("operationTimeoutMs", value);
    }

    public void setOwnerWaitMs(String value) {
        attributes.put("ownerWaitMs", value);
    }

    public void setMaxSessionBytes(String value) {
        attributes.put("maxSessionBytes", value);
    }

    public void setMaxLocalSessions(String value) {
        attributes.put("maxLocalSessions", value);
    }

    public void setDetectMutation(String value) {
        attributes.put("detectMutation", value);
    }

    public void setName(String value) {
        attributes.put("name", value);
    }

    public void setArrayKey(String value) {
        attributes.put("arrayKey", value);
    }

    public void setNamespace(String value) {
        attributes.put("namespace", value);
    }

    public void setLogs(String value) {
        attributes.put("logs", value);
    }

    // ---- lifecycle

    @Override
    protected void startInternal() throws LifecycleException {
        if (!(getContainer() instanceof Context context)) {
            LOGGER.log(
                    Level.ERROR,
                    "valve has no effect: it belongs into a context.xml, not into server.xml; container="
                            + getContainer());
        } else if (context.getManager() instanceof SessionManager) {
            LOGGER.log(
                    Level.WARNING,
                    "second session valve has no effect: application=" + context.getName()
                            + " (one is in the global context.xml, one in the application's)");
        } else {
            install(context);
            warnOfSingleSignOn(context);
        }
        super.startInternal();
    }

    private static void warnOfSingleSignOn(Context context) {
        for (Container above = context.getParent(); above != null; above = above.getParent()) {
            for (Valve valve : above.getPipeline().getValves()) {
                // That of Tomcat's own cluster tells the other Tomcats.
                if (valve instanceof SingleSignOn && !valve.getClass().getName().endsWith("ClusterSingleSignOn")) {
                    sayOnce(
                            Level.WARNING,
                            "the SingleSignOn valve of " + above.getName()
                                    + " knows the logins of this Tomcat only, and logs out who comes from another one;"
                                    + " keep a user at one Tomcat, or remove it");
                }
            }
        }
    }

    // Under our own class loader: threads, loggers and their handlers made here must not keep a web application alive.
    private void install(Context context) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(SessionValve.class.getClassLoader());
        try {
            SessionManager ours = newManager(context);
            if (context.getManager() instanceof ManagerBase theirs) {
                configured = theirs;
            }
            takeOver(configured, ours);
            manager = ours;
            // The context starts it: now when it is running, else in its own order.
            context.setManager(ours);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private SessionManager newManager(Context context) {
        ValveSettings.Remarks remarks = new ValveSettings.Remarks();
        ValveSettings settings = ValveSettings.parse(new TreeMap<>(attributes), remarks);
        if (!settings.logs().isEmpty()) {
            ClientLog.open(settings.logs()).ifPresent(remarks.errors()::add);
        }
        remarks.errors().forEach(line -> sayOnce(Level.ERROR, line));
        remarks.notices().forEach(line -> sayOnce(Level.INFO, line));
        String whyNoClient = "tcConfigUrl names no server";
        clientSettings = null;
        if (!settings.servers().isEmpty()) {
            ClientSettings wanted = settings.toClientSettings(tomcatName(context), productVersion());
            clientSettings = wanted;
            Path key = settings.arrayKeyFile(context.getCatalinaBase().toPath());
            arrayKey = key;
            try {
                client = clients.acquire(wanted, key);
            } catch (ClientSource.ClientSourceException e) {
                whyNoClient = String.valueOf(e.getMessage());
                sayOnce(Level.ERROR, "requests that need a session are answered with 503: " + whyNoClient);
            }
        }
        return new SessionManager(settings, client, whyNoClient);
    }

    /** Tries again to get a client, when there was none at the start. */
    @Override
    public void backgroundProcess() {
        super.backgroundProcess();
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(SessionValve.class.getClassLoader());
        try {
            connectLate();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private synchronized void connectLate() {
        SessionManager ours = manager;
        ClientSettings wanted = clientSettings;
        if (ours == null || client != null || wanted == null) {
            return;
        }
        try {
            SessionClient late = clients.acquire(wanted, arrayKey);
            client = late;
            ours.connect(late);
            LOGGER.log(
                    Level.INFO, "session valve: there is a connection to the array now: servers=" + wanted.servers());
        } catch (ClientSource.ClientSourceException e) {
            LOGGER.log(Level.DEBUG, "session valve: still no connection to the array: " + e.getMessage());
        }
    }

    // The valve in the global context.xml starts once per application; what it has to say does not change.
    private static void sayOnce(Level level, String line) {
        if (SAID.size() < MAX_SAID && SAID.add(line)) {
            LOGGER.log(level, "session valve: " + line);
        }
    }

    /** What a configured Manager says of ids and attributes holds for ours too. */
    private static void takeOver(@Nullable ManagerBase theirs, SessionManager ours) {
        if (theirs != null) {
            ours.setMaxActiveSessions(theirs.getMaxActiveSessions());
            ours.setSessionAttributeNameFilter(theirs.getSessionAttributeNameFilter());
            ours.setSessionAttributeValueClassNameFilter(theirs.getSessionAttributeValueClassNameFilter());
            ours.setWarnOnSessionAttributeFilterFailure(theirs.getWarnOnSessionAttributeFilterFailure());
            ours.setSecureRandomClass(theirs.getSecureRandomClass());
            ours.setSecureRandomAlgorithm(theirs.getSecureRandomAlgorithm());
            ours.setSecureRandomProvider(theirs.getSecureRandomProvider());
            if (theirs.getSessionIdGenerator() != null) {
                ours.setSessionIdGenerator(theirs.getSessionIdGenerator());
            }
        }
    }

    @Override
    protected synchronized void stopInternal() throws LifecycleException {
        super.stopInternal();
        SessionManager ours = manager;
        manager = null;
        if (ours != null && getContainer() instanceof Context context && context.getManager() == ours) {
            // A context that goes on without the valve needs a manager; one that stops makes its own at the next start.
            context.setManager(context.getState().isAvailable() ? new StandardManager() : null);
        }
        SessionClient held = client;
        client = null;
        if (held != null) {
            clients.release(held);
        }
    }

    private static String tomcatName(Context context) {
        try {
            return InetAddress.getLocalHost().getHostName() + "/"
                    + context.getCatalinaBase().getName();
        } catch (UnknownHostException e) {
            return "tomcat";
        }
    }

    private static String productVersion() {
        String version = SessionValve.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    // ---- requests

    @Override
    public void invoke(Request request, Response response) throws IOException {
        SessionManager ours = manager;
        if (ours == null || RequestScope.current() != null) {
            next(request, response);
            return;
        }
        RequestScope scope = scopeOf(request);
        RequestScope before = RequestScope.enter(scope);
        boolean isDone = false;
        try {
            VersionLookup.tell(scope, request.getRequestedSessionId());
            adoptTouched(scope, request);
            next(request, response);
            isDone = true;
        } catch (SessionUnavailableException e) {
            if (scope.failure() == null) {
                throw e;
            }
            // Answered below.
        } finally {
            try {
                settle(ours, scope, request, response, isDone);
            } finally {
                RequestScope.enter(before);
            }
        }
    }

    private static RequestScope scopeOf(Request request) {
        if (request.getNote(RequestScope.NOTE) instanceof RequestScope known && !known.isFinished()) {
            return known;
        }
        RequestScope scope = new RequestScope(request);
        Object before = request.getNote(RequestScope.NOTE);
        request.setNote(RequestScope.NOTE, scope);
        SessionUnavailableException failure = before instanceof RequestScope earlier ? earlier.failure() : null;
        if (failure != null) {
            // The same request once more, after a dispatch: what it changed before is still lost.
            scope.fail(failure);
        } else {
            ResponseGate.removeLeftOver(request.getResponse().getCoyoteResponse());
        }
        return scope;
    }

    /** A listener or an earlier valve may have the session already; Catalina won't ask the manager for it again. */
    private static void adoptTouched(RequestScope scope, Request request) {
        ClusteredSession touched = RequestScope.takeTouchedOutside();
        if (touched != null && request.getSessionInternal(false) == touched && !scope.holds(touched)) {
            touched.sessions().detached().adopt(scope, touched);
        }
    }

    private void next(Request request, Response response) throws IOException {
        try {
            getNext().invoke(request, response);
        } catch (Exception e) {
            throw sneaky(e);
        }
    }

    // The checked exceptions of Valve.invoke can't be named here; see the class comment.
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException sneaky(Throwable e) throws T {
        throw (T) e;
    }

    /** The request has left the valve: commits, answers 503 when that failed, ends the uses unless somebody goes on with them. */
    private static void settle(
            SessionManager manager, RequestScope scope, Request request, Response response, boolean isDone)
            throws IOException {
        ResponseGate gate = scope.gate();
        boolean isClientGone = gate != null && gate.isClientGone() && !request.isAsync();
        boolean goesOn = !isClientGone
                && (!isDone || request.isAsync() || response.isErrorReportRequired() || manager.hasRequestListeners());
        if (scope.commit(true, !goesOn)) {
            // Without a gate it has touched no session, and what touches one from here on has a use of its own.
            if (goesOn && gate != null) {
                // The gate of the response ends the scope at the last byte; the manager does when that never comes.
                manager.defer(scope);
            } else {
                scope.finish();
            }
            if (gate != null && isClientGone) {
                gate.uninstall();
            }
            return;
        }
        scope.finish();
        if (!response.isCommitted()) {
            for (String name : ERROR_ATTRIBUTES) {
                request.removeAttribute(name);
            }
            response.reset();
            response.addHeader("Retry-After", "1");
            response.sendError(503, "The session array can not be reached.");
        }
    }
}
