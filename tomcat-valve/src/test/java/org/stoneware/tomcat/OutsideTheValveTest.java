package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.servlet.AsyncContext;
import javax.servlet.ServletRequestEvent;
import javax.servlet.ServletRequestListener;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpSession;
import org.apache.catalina.core.StandardContext;
import org.apache.tomcat.util.descriptor.web.ErrorPage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.stoneware.client.Committed;

/** What is changed in a session first touched outside the valve reaches the array: in a listener, an error page, another thread. */
class OutsideTheValveTest {
    private final InMemoryArray array = new InMemoryArray();
    private final CountDownLatch mayHoldEnd = new CountDownLatch(1);
    private final CountDownLatch mayGrow = new CountDownLatch(1);
    private TestTomcat tomcat;

    /** What a request listener does with a request. */
    private interface Touch {
        void touch(HttpServletRequest request);
    }

    private void start(Touch atBegin, Touch atEnd) throws Exception {
        ServletRequestListener listener = new ServletRequestListener() {
            @Override
            public void requestInitialized(ServletRequestEvent event) {
                atBegin.touch((HttpServletRequest) event.getServletRequest());
            }

            @Override
            public void requestDestroyed(ServletRequestEvent event) {
                atEnd.touch((HttpServletRequest) event.getServletRequest());
            }
        };
        tomcat = new TestTomcat(array.source(), c -> ((StandardContext) c).addApplicationEventListener(listener));
        tomcat.page("/begin", (request, response) -> fill(request.getSession())).start();
    }

    private void startWithoutListener() throws Exception {
        tomcat = new TestTomcat(array.source(), context -> {
            ErrorPage errorPage = new ErrorPage();
            errorPage.setErrorCode(418);
            errorPage.setLocation("/error");
            context.addErrorPage(errorPage);
        });
        tomcat.start();
    }

    @AfterEach
    void stop() throws Exception {
        mayHoldEnd.countDown();
        mayGrow.countDown();
        tomcat.close();
    }

    private static void fill(HttpSession session) {
        ArrayList<String> cart = new ArrayList<>();
        session.setAttribute("cart", cart);
        cart.add("x");
    }

    private static void grow(HttpSession session) {
        @SuppressWarnings("unchecked")
        List<String> cart = (List<String>) session.getAttribute("cart");
        cart.add("y");
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("the test never came that far");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Object held(String id) {
        return array.attribute(APPLICATION, id, "cart");
    }

    @Test
    void shouldHoldAChangeInPlaceOfANewSessionAListenerHasCreated() throws Exception {
        start(HttpServletRequest::getSession, request -> {});

        String id = sessionId(tomcat.get("/begin", null));

        assertThat(held(id)).isEqualTo(List.of("x"));
        array.awaitNoUses();
    }

    @Test
    void shouldHoldAChangeInPlaceWhileAnotherRequestWhoseListenerTouchedTheSessionRuns() throws Exception {
        start(HttpServletRequest::getSession, request -> {});
        CountDownLatch isGrowing = new CountDownLatch(1);
        tomcat.page("/hold", (request, response) -> {
            response.getWriter().print("held");
            response.flushBuffer();
            await(mayHoldEnd);
        });
        tomcat.page("/grow", (request, response) -> {
            isGrowing.countDown();
            await(mayGrow);
            grow(request.getSession());
        });
        String id = sessionId(tomcat.get("/begin", null));

        try (RawBrowser hold = new RawBrowser(tomcat.port()).get("/hold", id)) {
            hold.readUntil("held");
            try (RawBrowser grow = new RawBrowser(tomcat.port()).get("/grow", id)) {
                await(isGrowing);
                mayHoldEnd.countDown();
                hold.readToEnd();
                mayGrow.countDown();
                grow.readUntil("\r\n\r\n");

                assertThat(held(id)).isEqualTo(List.of("x", "y"));
            }
        }
        array.awaitNoUses();
    }

    @Test
    void shouldHoldAChangeInPlaceOfASessionFirstTouchedWhenTheRequestIsDestroyed() throws Exception {
        AtomicReference<String> id = new AtomicReference<>();
        start(request -> {}, request -> {
            HttpSession session = request.getSession();
            id.set(session.getId());
            fill(session);
        });
        tomcat.page("/plain", (request, response) -> response.getWriter().print("plain"));

        tomcat.get("/plain", null);
        array.awaitNoUses();

        assertThat(held(id.get())).isEqualTo(List.of("x"));
    }

    @Test
    void shouldHoldAChangeInPlaceOfASessionFirstTouchedByAnErrorPage() throws Exception {
        startWithoutListener();
        tomcat.page("/teapot", (request, response) -> response.sendError(418));
        tomcat.page("/error", (request, response) -> fill(request.getSession()));

        String id = sessionId(tomcat.get("/teapot", null));
        array.awaitNoUses();

        assertThat(held(id)).isEqualTo(List.of("x"));
    }

    @Test
    void shouldHoldAChangeInPlaceOfASessionFirstTouchedOnAnAsynchronousThread() throws Exception {
        startWithoutListener();
        tomcat.page("/async", (request, response) -> {
            AsyncContext async = request.startAsync();
            new Thread(() -> {
                        fill(((HttpServletRequest) async.getRequest()).getSession());
                        async.complete();
                    })
                    .start();
        });

        String id = sessionId(tomcat.get("/async", null));
        array.awaitNoUses();

        assertThat(held(id)).isEqualTo(List.of("x"));
    }

    @Test
    void shouldHoldWhatAThreadOfTheApplicationChangesBehindTheLastCommitOfARequest() throws Exception {
        startWithoutListener();
        AtomicReference<HttpSession> kept = new AtomicReference<>();
        CountDownLatch isOver = new CountDownLatch(1);
        tomcat.page("/keep", (request, response) -> {
            kept.set(request.getSession());
            response.getWriter().close();
            isOver.countDown();
        });
        // Below the gate: what it runs comes after the last commit, and before the use ends.
        tomcat.tomcat().getHost().getPipeline().addValve(new BehindTheLastByte(() -> {
            Thread worker = new Thread(() -> kept.get().setAttribute("late", "yes"));
            worker.start();
            worker.join();
        }));

        String id = sessionId(tomcat.get("/keep", null));
        await(isOver);
        array.awaitNoUses();

        assertThat(array.attribute(APPLICATION, id, "late")).isEqualTo("yes");
    }

    @Test
    void shouldTakeInWhatAnotherTomcatChangedWhenAThreadOfTheApplicationChangesTheSession() throws Exception {
        startWithoutListener();
        AtomicReference<HttpSession> kept = new AtomicReference<>();
        tomcat.page("/keep", (request, response) -> kept.set(request.getSession()));
        tomcat.page("/hold", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().print("held");
            response.flushBuffer();
            await(mayHoldEnd);
            session.setAttribute("held", session.getAttribute("ours"));
        });
        String id = sessionId(tomcat.get("/keep", null));
        try (TestTomcat other = new TestTomcat(array.source())) {
            other.page("/change", (request, response) -> request.getSession().setAttribute("theirs", 5))
                    .start();
            other.get("/change", id);
        }

        kept.get().setAttribute("ours", 1);
        Object theirs = kept.get().getAttribute("theirs");
        try (RawBrowser hold = new RawBrowser(tomcat.port()).get("/hold", id)) {
            hold.readUntil("held");
            kept.get().setAttribute("ours", 2);
            mayHoldEnd.countDown();
            hold.readToEnd();
        }
        array.awaitNoUses();

        assertThat(theirs).isEqualTo(5);
        assertThat(array.attribute(APPLICATION, id, "theirs")).isEqualTo(5);
        assertThat(array.attribute(APPLICATION, id, "held")).isEqualTo(2);
    }

    @Test
    void shouldAnswer503WhenTheArrayDoesNotTakeWhatAPageChangesInTheSessionOfAnother() throws Exception {
        startWithoutListener();
        AtomicReference<HttpSession> another = new AtomicReference<>();
        tomcat.page("/keep", (request, response) -> another.set(request.getSession()));
        tomcat.page("/change", (request, response) -> another.get().setAttribute("told", "yes"));
        tomcat.get("/keep", null);
        array.commitsAnswer = Committed.Status.UNAVAILABLE;

        HttpResponse<String> response = tomcat.get("/change", null);

        assertThat(response.statusCode()).isEqualTo(503);
        array.awaitNoUses();
    }
}
