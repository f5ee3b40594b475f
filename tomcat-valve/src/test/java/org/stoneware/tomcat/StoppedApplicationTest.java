package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.io.IOException;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.servlet.AsyncContext;
import javax.servlet.ServletException;
import javax.servlet.http.HttpSession;
import org.apache.catalina.Lifecycle;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.junit.jupiter.api.Test;
import org.stoneware.client.Committed;

/** What outlives an application that was stopped does not keep it in memory. */
class StoppedApplicationTest {
    private static final int COLLECTIONS = 50;
    private static final long WAIT_MS = 100;

    /** Keeps what Tomcat keeps: the pooled responses of its connections. */
    private static final class PooledResponses extends ValveBase {
        final List<org.apache.coyote.Response> kept = new CopyOnWriteArrayList<>();

        PooledResponses() {
            super(true);
        }

        @Override
        public void invoke(Request request, Response response) throws IOException, ServletException {
            kept.add(response.getCoyoteResponse());
            getNext().invoke(request, response);
        }
    }

    @Test
    void shouldNotBeKeptByTheResponseOfAnAbortedRequest() throws Exception {
        InMemoryArray array = new InMemoryArray();
        PooledResponses responses = new PooledResponses();
        try (TestTomcat tomcat =
                new TestTomcat(array.source(), context -> context.getPipeline().addValve(responses))) {
            tomcat.page("/torn", (request, response) -> {
                HttpSession session = request.getSession();
                response.getWriter().print("first");
                response.flushBuffer();
                array.commitsAnswer = Committed.Status.FENCED;
                session.setAttribute("step", 1);
                response.getWriter().print("second");
            });
            tomcat.start();
            try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/torn", null)) {
                browser.readToEnd();
            }
            ReferenceQueue<Object> collected = new ReferenceQueue<>();
            WeakReference<Object> manager = new WeakReference<>(tomcat.context.getManager(), collected);

            tomcat.context.stop();

            for (int i = 0; i < COLLECTIONS && !manager.refersTo(null); i++) {
                System.gc();
                collected.remove(WAIT_MS);
            }
            assertThat(manager.refersTo(null)).isTrue();
            assertThat(responses.kept).hasSize(1);
        }
    }

    /** Tells when a request has left the container's thread. */
    private static final class LeftThread extends ValveBase {
        private final CountDownLatch isLeft;

        LeftThread(CountDownLatch isLeft) {
            super(true);
            this.isLeft = isLeft;
        }

        @Override
        public void invoke(Request request, Response response) throws IOException, ServletException {
            getNext().invoke(request, response);
            if (request.isAsync()) {
                isLeft.countDown();
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static List<String> cart(HttpSession session) {
        return (List<String>) session.getAttribute("cart");
    }

    @Test
    void shouldHoldWhatAnAsynchronousRequestChangedInPlaceBeforeItsApplicationStopped() throws Exception {
        InMemoryArray array = new InMemoryArray();
        CountDownLatch isLeft = new CountDownLatch(1);
        AtomicReference<AsyncContext> async = new AtomicReference<>();
        AtomicReference<HttpSession> session = new AtomicReference<>();
        try (TestTomcat tomcat = new TestTomcat(array.source())) {
            tomcat.tomcat().getHost().getPipeline().addValve(new LeftThread(isLeft));
            tomcat.page("/cart", (request, response) -> request.getSession().setAttribute("cart", new ArrayList<>()));
            tomcat.page("/async", (request, response) -> {
                session.set(request.getSession());
                async.set(request.startAsync());
            });
            tomcat.start();
            String id = sessionId(tomcat.get("/cart", null));
            try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/async", id)) {
                assertThat(isLeft.await(20, TimeUnit.SECONDS)).isTrue();
                List<String> cart = cart(session.get());
                cart.add("before");

                ((Lifecycle) tomcat.context.getManager()).stop();
                // Nobody looks for that any more, so nobody may be told that it was done.
                cart.add("after");
                async.get().complete();

                assertThat(browser.readToEnd()).contains(" 503 ");
                assertThat(array.attribute(APPLICATION, id, "cart")).isEqualTo(List.of("before"));
            }
            array.awaitNoUses();
        }
    }

    @Test
    void shouldNotAnswer200WhenTheArrayDidNotTakeWhatARequestChangedBeforeItsApplicationStopped() throws Exception {
        InMemoryArray array = new InMemoryArray();
        CountDownLatch isLeft = new CountDownLatch(1);
        AtomicReference<AsyncContext> async = new AtomicReference<>();
        try (TestTomcat tomcat = new TestTomcat(array.source())) {
            tomcat.tomcat().getHost().getPipeline().addValve(new LeftThread(isLeft));
            tomcat.page("/cart", (request, response) -> request.getSession().setAttribute("cart", new ArrayList<>()));
            tomcat.page("/async", (request, response) -> {
                array.commitsAnswer = Committed.Status.UNAVAILABLE;
                async.set(request.startAsync());
                HttpSession session = request.getSession();
                new Thread(() -> {
                            try {
                                isLeft.await();
                                cart(session).add("lost");
                                ((Lifecycle) tomcat.context.getManager()).stop();
                                async.get().complete();
                            } catch (InterruptedException | LifecycleException e) {
                                throw new AssertionError(e);
                            }
                        })
                        .start();
            });
            tomcat.start();
            String id = sessionId(tomcat.get("/cart", null));

            int status = tomcat.get("/async", id).statusCode();

            assertThat(status).isEqualTo(503);
            assertThat(array.attribute(APPLICATION, id, "cart")).isEqualTo(List.of());
        }
    }
}
