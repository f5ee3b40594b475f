package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.servlet.AsyncContext;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpSession;
import org.apache.catalina.connector.Connector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.client.Committed;

/** No byte leaves to a web server that speaks AJP before the array holds the changes made up to it. */
class AjpCommitPointsTest {
    private static final String BIG = "x".repeat(100_000);

    private final InMemoryArray array = new InMemoryArray();
    private final CountDownLatch mayGoOn = new CountDownLatch(1);
    private final Connector connector = new Connector("AJP/1.3");
    private TestTomcat tomcat;
    private AjpProxy proxy;
    private String id;

    @BeforeEach
    void start() throws Exception {
        tomcat = new TestTomcat(array.source());
        connector.setPort(0);
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("secretRequired", "false");
        // As for HTTP: what one request leaves behind on its processor, the next one finds.
        connector.setProperty("processorCache", "1");
        tomcat.tomcat().getService().addConnector(connector);
        tomcat.page("/begin", (request, response) -> {
            request.getSession().setAttribute("step", 0);
            request.getSession().setAttribute("list", new ArrayList<>());
        });
        tomcat.page("/read", (request, response) -> response.getWriter()
                .print(request.getSession().getAttribute("step")));
        tomcat.start();
        id = sessionId(tomcat.get("/begin", null));
        proxy = new AjpProxy(connector.getLocalPort());
    }

    @AfterEach
    void stop() throws Exception {
        mayGoOn.countDown();
        proxy.close();
        tomcat.close();
    }

    private Object held(String attribute) {
        return array.attribute(APPLICATION, id, attribute);
    }

    private void await() {
        try {
            if (!mayGoOn.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("test never let the page go on");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldHoldNewSessionBeforeItsCookieLeaves() throws Exception {
        tomcat.page("/new", (request, response) -> {
            request.getSession();
            response.flushBuffer();
            await();
        });

        proxy.get("/new", null).readHead();

        assertThat(array.record(APPLICATION, proxy.sessionId())).isNotNull();
    }

    @Test
    void shouldLetSecondRequestSeeChangeMadeBetweenTwoFlushesWhileFirstStillRuns() throws Exception {
        tomcat.page("/long", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().print("first");
            response.flushBuffer();
            session.setAttribute("step", 1);
            response.getWriter().print("second");
            response.flushBuffer();
            await();
            session.setAttribute("step", 2);
        });

        proxy.get("/long", id).readUntil("second");
        try (AjpProxy other = new AjpProxy(connector.getLocalPort()).get("/read", id)) {
            assertThat(other.readToEnd()).isEqualTo(AjpProxy.End.REUSE);
            assertThat(other.body()).isEqualTo("1");
        }
        assertThat(held("step")).isEqualTo(1);
        mayGoOn.countDown();

        assertThat(proxy.readToEnd()).isEqualTo(AjpProxy.End.REUSE);
        assertThat(held("step")).isEqualTo(2);
        array.awaitNoUses();
    }

    @Test
    void shouldSendNothingOfSmallResponseBeforeTheArrayHoldsItsChange() throws Exception {
        tomcat.page("/small", (request, response) -> {
            request.getSession().setAttribute("step", 3);
            response.getWriter().print("done");
        });
        List<Boolean> isSentBeforeCommit = new CopyOnWriteArrayList<>();
        CountDownLatch isCommitting = new CountDownLatch(1);
        array.beforeCommit = () -> {
            isSentBeforeCommit.add(hasUnread());
            isCommitting.countDown();
        };

        proxy.get("/small", id);
        assertThat(isCommitting.await(20, TimeUnit.SECONDS)).isTrue();
        AjpProxy.End end = proxy.readToEnd();

        assertThat(end).isEqualTo(AjpProxy.End.REUSE);
        assertThat(proxy.body()).isEqualTo("done");
        assertThat(isSentBeforeCommit).containsExactly(false);
        assertThat(held("step")).isEqualTo(3);
        array.awaitNoUses();
    }

    private boolean hasUnread() {
        try {
            return proxy.hasUnread();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void shouldHoldEachChangeBeforeTheBytesAfterItOverflowTheBuffer() throws Exception {
        tomcat.page("/big", (request, response) -> {
            HttpSession session = request.getSession();
            session.setAttribute("step", 4);
            response.getWriter().print("head" + BIG);
            session.setAttribute("step", 5);
            response.getWriter().print("mark" + BIG);
            await();
        });

        proxy.get("/big", id).readUntil("head");
        Object atHead = held("step");
        proxy.readUntil("mark");
        Object atMark = held("step");
        mayGoOn.countDown();

        assertThat(atHead).isIn(4, 5);
        assertThat(atMark).isEqualTo(5);
        assertThat(proxy.readToEnd()).isEqualTo(AjpProxy.End.REUSE);
        assertThat(proxy.body()).hasSize(2 * BIG.length() + 8);
    }

    @Test
    void shouldHoldValueChangedInPlaceBeforeTheHeadLeavesWithTheBody() throws Exception {
        tomcat.page("/list", (request, response) -> {
            @SuppressWarnings("unchecked")
            ArrayList<String> list = (ArrayList<String>) request.getSession().getAttribute("list");
            list.add("item");
            response.getWriter().print("mark" + BIG);
            await();
        });

        proxy.get("/list", id).readUntil("mark");

        assertThat(held("list")).isEqualTo(List.of("item"));
    }

    @Test
    void shouldHoldChangeBeforeEarlyCloseEndsResponse() throws Exception {
        tomcat.page("/close", (request, response) -> {
            request.getSession().setAttribute("step", 6);
            response.getWriter().print("bye");
            response.getWriter().close();
            await();
        });

        AjpProxy.End end = proxy.get("/close", id).readToEnd();

        assertThat(end).isEqualTo(AjpProxy.End.REUSE);
        assertThat(proxy.body()).isEqualTo("bye");
        assertThat(held("step")).isEqualTo(6);
    }

    @Test
    void shouldHoldChangeMadeOnForeignThreadBeforeItsBytesLeave() throws Exception {
        tomcat.page("/async", (request, response) -> {
            HttpSession session = request.getSession();
            AsyncContext async = request.startAsync();
            new Thread(() -> {
                        try {
                            session.setAttribute("step", 7);
                            HttpServletResponse answer = (HttpServletResponse) async.getResponse();
                            answer.getWriter().print("async");
                            answer.flushBuffer();
                            await();
                            session.setAttribute("step", 8);
                            async.complete();
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .start();
        });

        proxy.get("/async", id).readUntil("async");
        Object whenBytesArrived = held("step");
        mayGoOn.countDown();

        assertThat(whenBytesArrived).isEqualTo(7);
        assertThat(proxy.readToEnd()).isEqualTo(AjpProxy.End.REUSE);
        assertThat(held("step")).isEqualTo(8);
    }

    @Test
    void shouldAnswer503WhenCommitFailsBeforeFirstByteAndServeTheNextRequestOnTheSameConnection() throws Exception {
        tomcat.page("/change", (request, response) -> {
            request.getSession().setAttribute("step", 9);
            response.getWriter().print("done");
        });
        array.commitsAnswer = Committed.Status.FENCED;

        AjpProxy.End end = proxy.get("/change", id).readToEnd();

        assertThat(end).isNotEqualTo(AjpProxy.End.TORN);
        assertThat(proxy.status()).isEqualTo(503);
        assertThat(proxy.header("retry-after")).isEqualTo("1");
        assertThat(proxy.body()).doesNotContain("done");
        array.commitsAnswer = null;
        assertThat(end).isEqualTo(AjpProxy.End.REUSE);
        assertThat(proxy.get("/read", id).readToEnd()).isEqualTo(AjpProxy.End.REUSE);
        assertThat(proxy.body()).isEqualTo("0");
        array.awaitNoUses();
    }

    @Test
    void shouldReplaceResponseBy503WhenCommitFailsAtTheFirstBytesOfTheBody() throws Exception {
        tomcat.page("/flush", (request, response) -> {
            request.getSession(true).setAttribute("step", 10);
            response.getWriter().print("done");
            response.flushBuffer();
            response.getWriter().print(BIG);
        });
        tomcat.page("/overflow", (request, response) -> {
            request.getSession(true).setAttribute("step", 10);
            response.getWriter().print("done" + BIG);
        });
        array.commitsAnswer = Committed.Status.UNAVAILABLE;

        for (String path : List.of("/flush", "/overflow")) {
            AjpProxy.End end = proxy.get(path, null).readToEnd();

            assertThat(end).isEqualTo(AjpProxy.End.REUSE);
            assertThat(proxy.heads()).isEqualTo(1);
            assertThat(proxy.status()).isEqualTo(503);
            assertThat(proxy.body()).contains("503").doesNotContain("done").doesNotContain("xxx");
            assertThat(proxy.sessionId()).isNull();
        }
        array.awaitNoUses();
    }

    @Test
    void shouldTearConnectionWhenCommitFailsAfterFirstByte() throws Exception {
        tomcat.page("/torn", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().print("first");
            response.flushBuffer();
            array.commitsAnswer = Committed.Status.FENCED;
            session.setAttribute("step", 11);
            response.getWriter().print("second");
        });

        AjpProxy.End end = proxy.get("/torn", id).readToEnd();

        assertThat(end).isEqualTo(AjpProxy.End.TORN);
        assertThat(proxy.body()).isEqualTo("first");
        array.awaitNoUses();
    }

    @Test
    void shouldTearConnectionOfAnAsynchronousRequestWhenCommitFailsAfterFirstByte() throws Exception {
        tomcat.page("/inside", (request, response) -> {
            request.startAsync();
            tear(request.getSession(), response);
        });
        tomcat.page("/outside", (request, response) -> {
            HttpSession session = request.getSession();
            AsyncContext async = request.startAsync();
            new Thread(() -> {
                        await();
                        tear(session, (HttpServletResponse) async.getResponse());
                    })
                    .start();
        });

        for (String path : List.of("/inside", "/outside")) {
            array.commitsAnswer = null;
            try (AjpProxy torn = new AjpProxy(connector.getLocalPort()).get(path, id)) {
                mayGoOn.countDown();

                assertThat(torn.readToEnd()).isEqualTo(AjpProxy.End.TORN);
                assertThat(torn.body()).isEqualTo("first");
            }
        }
        array.awaitNoUses();
    }

    private void tear(HttpSession session, HttpServletResponse response) {
        try {
            response.getWriter().print("first");
            response.flushBuffer();
            array.commitsAnswer = Committed.Status.FENCED;
            session.setAttribute("step", 13);
            response.getWriter().print("second");
            response.flushBuffer();
        } catch (IOException e) {
            // The response is aborted.
        }
    }

    @Test
    void shouldServeNextConnectionOnTheProcessorOfATornOne() throws Exception {
        tomcat.page("/torn", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().print("first" + BIG);
            array.commitsAnswer = Committed.Status.FENCED;
            session.setAttribute("step", 12);
            response.getWriter().print("second" + BIG);
        });

        AjpProxy.End end = proxy.get("/torn", id).readToEnd();
        array.commitsAnswer = null;

        assertThat(end).isEqualTo(AjpProxy.End.TORN);
        assertThat(proxy.body()).contains("first").doesNotContain("second");
        try (AjpProxy next = new AjpProxy(connector.getLocalPort()).get("/read", id)) {
            assertThat(next.readToEnd()).isEqualTo(AjpProxy.End.REUSE);
            assertThat(next.body()).isEqualTo("0");
        }
        array.awaitNoUses();
    }
}
