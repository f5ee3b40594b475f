package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.io.Serializable;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.servlet.http.HttpSession;
import javax.servlet.http.HttpSessionBindingEvent;
import javax.servlet.http.HttpSessionBindingListener;
import javax.servlet.http.HttpSessionEvent;
import javax.servlet.http.HttpSessionListener;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.Session;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.session.StandardManager;
import org.apache.catalina.util.StandardSessionIdGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.client.ClientSettings;
import org.stoneware.client.Opened;
import org.stoneware.client.SessionClient;

/** What an application sees of its sessions, on two Tomcats. */
class SessionSemanticsTest {
    private static final List<String> EVENTS = new CopyOnWriteArrayList<>();

    /** Tells when it leaves its session. */
    static final class Bound implements HttpSessionBindingListener, Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public void valueBound(HttpSessionBindingEvent event) {
            EVENTS.add("bound");
        }

        @Override
        public void valueUnbound(HttpSessionBindingEvent event) {
            EVENTS.add("unbound");
        }
    }

    /** Says it is serializable, and is not. */
    static final class Treacherous implements Serializable {
        private static final long serialVersionUID = 1L;
        final Object inside = new Object();
    }

    private final InMemoryArray array = new InMemoryArray();
    private TestTomcat a;
    private TestTomcat b;
    private Runnable onDestroyed = () -> {};

    @BeforeEach
    void start() throws Exception {
        EVENTS.clear();
        a = tomcat();
        b = tomcat();
        a.start();
        b.start();
    }

    private TestTomcat tomcat() throws Exception {
        TestTomcat tomcat = new TestTomcat(array.source(), context -> {
            ((StandardContext) context).addApplicationLifecycleListener(new HttpSessionListener() {
                @Override
                public void sessionCreated(HttpSessionEvent event) {
                    EVENTS.add("created");
                }

                @Override
                public void sessionDestroyed(HttpSessionEvent event) {
                    EVENTS.add("destroyed with " + event.getSession().getAttribute("who"));
                    onDestroyed.run();
                }
            });
        });
        return tomcat.page("/set", (request, response) -> request.getSession().setAttribute("who", "me"))
                .page("/get", (request, response) -> {
                    HttpSession session = request.getSession(false);
                    response.getWriter().print(session == null ? "none" : session.getAttribute("who"));
                })
                .page("/twice", (request, response) -> {
                    request.getSession(false);
                    response.getWriter().print(request.getSession(false));
                })
                .page("/invalidate", (request, response) -> request.getSession().invalidate())
                .page("/rename", (request, response) -> response.getWriter().print(request.changeSessionId()))
                .page("/bind", (request, response) -> request.getSession().setAttribute("bound", new Bound()))
                .page("/interval", (request, response) -> request.getSession().setMaxInactiveInterval(77))
                .page("/describe", (request, response) -> {
                    HttpSession session = request.getSession();
                    response.getWriter()
                            .print(session.isNew() + " " + session.getMaxInactiveInterval() + " "
                                    + (System.currentTimeMillis() - session.getCreationTime()));
                })
                .page("/treacherous", (request, response) -> {
                    HttpSession session = request.getSession();
                    session.setAttribute("odd", new Treacherous());
                    session.setAttribute("other", "fine");
                })
                .page("/odd", (request, response) -> response.getWriter()
                        .print((request.getSession().getAttribute("odd") != null) + " "
                                + request.getSession().getAttribute("other")))
                .page("/plain", (request, response) -> response.getWriter().print("plain"));
    }

    @AfterEach
    void stop() throws Exception {
        a.close();
        b.close();
    }

    @Test
    void shouldShareIntervalAndAgeWhateverTheClocksSay() throws Exception {
        String id = sessionId(a.get("/interval", null));
        array.advance(60_000);
        long beforeMs = System.currentTimeMillis();

        String seen = b.get("/describe", id).body();

        assertThat(seen).startsWith("false 77 ");
        long ageMs = Long.parseLong(seen.substring("false 77 ".length()));
        // The time of this machine goes on while the page is made.
        assertThat(ageMs - 60_000).isBetween(0L, System.currentTimeMillis() - beforeMs);
    }

    @Test
    void shouldEndSessionEverywhereWhenInvalidated() throws Exception {
        String id = sessionId(a.get("/set", null));
        b.get("/get", id);

        a.get("/invalidate", id);

        assertThat(b.get("/get", id).body()).isEqualTo("none");
        assertThat(array.size()).isZero();
        assertThat(EVENTS).containsExactly("created", "destroyed with me");
    }

    @Test
    void shouldKeepSessionUnderItsNewIdWhenRenamed() throws Exception {
        String id = sessionId(a.get("/set", null));
        HttpResponse<String> renamed = b.get("/rename", id);

        assertThat(sessionId(renamed)).isEqualTo(renamed.body()).isNotEqualTo(id);
        assertThat(a.get("/get", renamed.body()).body()).isEqualTo("me");
        assertThat(a.get("/get", id).body()).isEqualTo("none");
        array.awaitNoUses();
    }

    @Test
    void shouldFireListenersOfOneTomcatWhenArraySaysSessionExpired() throws Exception {
        String id = sessionId(a.get("/set", null));
        a.get("/bind", id);

        array.expire(APPLICATION, id, array.clients.get(1));

        assertThat(EVENTS).containsExactly("created", "bound", "destroyed with me", "unbound");
        assertThat(b.context.getManager().findSessions()).isEmpty();
        assertThat(a.get("/get", id).body()).isEqualTo("none");
    }

    /** What its listeners use is gone with it; another Tomcat is told. */
    @Test
    void shouldNotConfirmAnExpiryWhoseApplicationStopsMeanwhile() throws Exception {
        String id = sessionId(a.get("/set", null));
        onDestroyed = () -> stop(b);

        boolean isTold = array.expire(APPLICATION, id, array.clients.get(1));

        assertThat(EVENTS).containsExactly("created", "destroyed with me");
        assertThat(isTold).isFalse();
    }

    @Test
    void shouldConfirmAnExpiryItsApplicationHasHeardOf() throws Exception {
        String id = sessionId(a.get("/set", null));

        assertThat(array.expire(APPLICATION, id, array.clients.get(1))).isTrue();
    }

    private static void stop(TestTomcat tomcat) {
        try {
            tomcat.context.stop();
        } catch (LifecycleException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldNeverEndSessionByItself() throws Exception {
        String id = sessionId(a.get("/set", null));
        Session session = a.context.getManager().findSessions()[0];
        session.setCreationTime(1);
        session.setMaxInactiveInterval(1);

        a.context.getManager().backgroundProcess();

        assertThat(session.isValid()).isTrue();
        assertThat(a.get("/get", id).body()).isEqualTo("me");
        assertThat(EVENTS).containsExactly("created");
    }

    @Test
    void shouldAskOnceForIdTheArrayDoesNotKnow() throws Exception {
        HttpResponse<String> response = a.get("/twice", "UNKNOWN");

        assertThat(response.body()).isEqualTo("null");
        assertThat(array.calls).containsExactly("open UNKNOWN");
    }

    @Test
    void shouldNotAskArrayWhenBrowserBringsNoSession() throws Exception {
        a.get("/plain", null);

        assertThat(array.calls).isEmpty();
    }

    @Test
    void shouldGiveNewIdWhenBrowserBringsUnknownOne() throws Exception {
        HttpResponse<String> response = a.get("/set", "UNKNOWN");

        assertThat(sessionId(response)).isNotNull().isNotEqualTo("UNKNOWN");
    }

    @Test
    void shouldKeepWhatParallelRequestsPutIntoASessionWhoseIdTheBrowserBrings() throws Exception {
        String id = "C0FFEE00C0FFEE00C0FFEE00C0FFEE00";
        CyclicBarrier bothMissIt = new CyclicBarrier(3);
        for (TestTomcat tomcat : List.of(a, b)) {
            tomcat.context.setSessionCookiePath("/");
            tomcat.context.setValidateClientProvidedNewSessionId(false);
            for (String name : List.of("one", "two", "three")) {
                tomcat.page("/" + name, (request, response) -> {
                    request.getSession(false);
                    try {
                        bothMissIt.await(20, TimeUnit.SECONDS);
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                    request.getSession().setAttribute(name, "kept");
                    response.getWriter().print(request.getSession().getId());
                });
            }
        }

        try (RawBrowser one = new RawBrowser(a.port()).get("/one", id);
                RawBrowser two = new RawBrowser(a.port()).get("/two", id);
                RawBrowser three = new RawBrowser(b.port()).get("/three", id)) {
            assertThat(List.of(one.readToEnd(), two.readToEnd(), three.readToEnd()))
                    .allSatisfy(text -> assertThat(text).contains(" 200 ").endsWith(id));
        }

        assertThat(List.of("one", "two", "three")).allSatisfy(name -> assertThat(array.attribute(APPLICATION, id, name))
                .isEqualTo("kept"));
        array.awaitNoUses();
    }

    @Test
    void shouldQuarantineAttributeThatCanNotBeRead() throws Exception {
        String id = sessionId(a.get("/treacherous", null));
        SessionDelta.Builder foreign = new SessionDelta.Builder(new ExpandableArrayBuffer());
        byte[] garbage = {AttributeCodec.FORM_SERIALIZED, 1, 2, 3};
        foreign.put(AttributeKind.APPLICATION, "odd", new UnsafeBuffer(garbage), 0, garbage.length);
        foreign.finish();
        array.change(APPLICATION, id, new SessionDelta().wrap(foreign.buffer(), 0));

        assertThat(b.get("/odd", id).body()).isEqualTo("false fine");
        b.get("/set", id);

        byte[][] kept = new byte[1][];
        array.record(APPLICATION, id).forEach((kind, name, removed, buffer, offset, length) -> {
            if (name.equals("odd")) {
                kept[0] = new byte[length];
                buffer.getBytes(offset, kept[0]);
            }
        });
        assertThat(kept[0]).isEqualTo(garbage);
    }

    @Test
    void shouldKeepUnserializableAttributeInItsTomcatAlone() throws Exception {
        String id = sessionId(a.get("/treacherous", null));

        assertThat(a.get("/odd", id).body()).isEqualTo("true fine");
        assertThat(b.get("/odd", id).body()).isEqualTo("false fine");
        assertThat(a.get("/set", id).statusCode()).isEqualTo(200);
        assertThat(a.get("/odd", id).body()).isEqualTo("true fine");
    }

    @Test
    void shouldAnswer503WhenArrayIsAwayAndRecoverByItself() throws Exception {
        String id = sessionId(a.get("/set", null));
        array.isDown = true;

        int withSession = a.get("/get", id).statusCode();
        int newSession = a.get("/set", null).statusCode();
        HttpResponse<String> withoutSession = a.get("/plain", id);
        array.isDown = false;

        assertThat(withSession).isEqualTo(503);
        assertThat(newSession).isEqualTo(503);
        assertThat(withoutSession.body()).isEqualTo("plain");
        assertThat(a.get("/get", id).body()).isEqualTo("me");
        array.awaitNoUses();
    }

    @Test
    void shouldAnswer503WhenAnotherTomcatKeepsTheSession() throws Exception {
        String id = sessionId(a.get("/set", null));
        array.opensAnswer = Opened.Status.BUSY;

        assertThat(b.get("/get", id).statusCode()).isEqualTo(503);
    }

    @Test
    void shouldFailChangeBasedOnCopyThatAnotherTomcatHasOvertaken() throws Exception {
        String id = sessionId(a.get("/set", null));
        a.page("/overtaken", (request, response) -> {
            HttpSession session = request.getSession();
            SessionDelta.Builder foreign = new SessionDelta.Builder(new ExpandableArrayBuffer());
            foreign.maxInactiveIntervalSec(5).finish();
            array.change(APPLICATION, id, new SessionDelta().wrap(foreign.buffer(), 0));
            try {
                // Another request of this Tomcat learns that the session has been changed elsewhere.
                a.get("/get", id);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            session.setAttribute("who", "late");
        });

        int status = a.get("/overtaken", id).statusCode();

        assertThat(status).isEqualTo(503);
        assertThat(array.attribute(APPLICATION, id, "who")).isEqualTo("me");
        array.awaitNoUses();
    }

    @Test
    void shouldKeepNoMoreLocalCopiesThanAllowed() throws Exception {
        try (TestTomcat c = tomcat()) {
            c.valve.setMaxLocalSessions("3");
            c.start();
            String first = sessionId(c.get("/set", null));
            for (int i = 0; i < 6; i++) {
                c.get("/set", null);
            }

            c.context.getManager().backgroundProcess();

            assertThat(c.context.getManager().findSessions()).hasSizeLessThanOrEqualTo(3);
            assertThat(c.get("/get", first).body()).isEqualTo("me");
        }
    }

    @Test
    void shouldEndUseOfRequestThatCatalinaRecycledWithoutClosingItsResponse() throws Exception {
        String id = sessionId(a.get("/set", null));
        SessionManager manager = (SessionManager) a.context.getManager();
        Request gone = new Request(a.tomcat().getConnector());
        Response response = new Response();
        response.setCoyoteResponse(new org.apache.coyote.Response());
        gone.setResponse(response);
        RequestScope scope = new RequestScope(gone);
        RequestScope.enter(scope);
        manager.findSession(id);
        RequestScope.enter(null);
        manager.defer(scope);

        manager.backgroundProcess();

        array.awaitNoUses();
        assertThat(manager.deferredScopes()).isZero();
    }

    @Test
    void shouldTakeItsManagerAwayWhenContextStops() throws Exception {
        a.get("/set", null);

        a.context.stop();

        assertThat(a.context.getManager()).isNull();
        assertThat(array.calls).contains("close");
        a.context.start();
        assertThat(a.context.getState()).isEqualTo(LifecycleState.STARTED);
        assertThat(a.context.getManager()).isInstanceOf(SessionManager.class);
    }

    @Test
    void shouldKeepTheSettingsOfAConfiguredManagerWhenTheApplicationIsReloaded() throws Exception {
        StandardManager configured = new StandardManager();
        configured.setSessionAttributeValueClassNameFilter("java\\.lang\\..*");
        configured.setMaxActiveSessions(7);
        configured.setSecureRandomAlgorithm("DRBG");
        StandardSessionIdGenerator generator = new StandardSessionIdGenerator();
        configured.setSessionIdGenerator(generator);
        try (TestTomcat tomcat = new TestTomcat(array.source(), context -> context.setManager(configured))) {
            tomcat.start();

            tomcat.context.reload();

            SessionManager ours = (SessionManager) tomcat.context.getManager();
            assertThat(ours.getSessionAttributeValueClassNameFilter()).isEqualTo("java\\.lang\\..*");
            assertThat(ours.getMaxActiveSessions()).isEqualTo(7);
            assertThat(ours.getSecureRandomAlgorithm()).isEqualTo("DRBG");
            assertThat(ours.getSessionIdGenerator()).isSameAs(generator);
        }
    }

    @Test
    void shouldConnectLaterWhenThereWasNoConnectionAtTheStart() throws Exception {
        AtomicBoolean isPossible = new AtomicBoolean();
        ClientSource real = array.source();
        ClientSource source = new ClientSource() {
            @Override
            public SessionClient acquire(ClientSettings settings, @Nullable Path arrayKey)
                    throws ClientSourceException {
                if (!isPossible.get()) {
                    throw new ClientSourceException("as the test wants");
                }
                return real.acquire(settings, arrayKey);
            }

            @Override
            public void release(SessionClient client) {
                real.release(client);
            }
        };
        try (TestTomcat tomcat = new TestTomcat(source)) {
            tomcat.page("/set", (request, response) -> request.getSession().setAttribute("set", "late"));
            tomcat.start();
            tomcat.valve.backgroundProcess();
            int before = tomcat.get("/set", null).statusCode();

            isPossible.set(true);
            tomcat.valve.backgroundProcess();
            HttpResponse<String> after = tomcat.get("/set", null);

            assertThat(before).isEqualTo(503);
            assertThat(after.statusCode()).isEqualTo(200);
            assertThat(array.attribute(APPLICATION, sessionId(after), "set")).isEqualTo("late");
        }
    }

    @Test
    void shouldNotCountAnAttributeTwiceThatIsWrittenTwice() throws Exception {
        a.page("/same", (request, response) -> request.getSession().setAttribute("same", "x".repeat(1000)));
        String id = sessionId(a.get("/same", null));

        for (int i = 0; i < 5; i++) {
            a.get("/same", id);
        }

        ClusteredSession copy = (ClusteredSession) a.context.getManager().findSessions()[0];
        assertThat(copy.content().approximateBytes()).isBetween(1000L, 1999L);
    }

    @Test
    void shouldEndTheUseOfASessionARequestFindsAfterItsLastByte() throws Exception {
        String id = sessionId(a.get("/set", null));
        CountDownLatch isOver = new CountDownLatch(1);
        a.page("/late", (request, response) -> {
            try {
                request.getSession();
            } catch (RuntimeException e) {
                // An application that goes on without its session.
            }
            response.getWriter().close();
            array.isDown = false;
            request.getSession(false).setAttribute("who", "late");
            isOver.countDown();
        });
        array.isDown = true;

        int status = a.get("/late", id).statusCode();

        assertThat(status).isEqualTo(503);
        assertThat(isOver.await(20, TimeUnit.SECONDS)).isTrue();
        array.awaitNoUses();
        assertThat(array.attribute(APPLICATION, id, "who")).isEqualTo("late");
    }

    @Test
    void shouldHoldASessionThatBeginsAfterTheLastByteAndEndItsUse() throws Exception {
        SessionManager manager = (SessionManager) a.context.getManager();
        RequestScope scope = new RequestScope(new Request(a.tomcat().getConnector()));
        scope.finish();
        RequestScope.enter(scope);

        Session late = manager.createSession(null);
        late.access();
        late.endAccess();
        RequestScope.enter(null);

        array.awaitNoUses();
        assertThat(array.record(APPLICATION, late.getId())).isNotNull();
    }
}
