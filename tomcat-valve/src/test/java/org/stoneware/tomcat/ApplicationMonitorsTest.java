package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Vector;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javax.servlet.http.HttpSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests of one session, where writing an attribute needs a monitor another request of the application holds. */
class ApplicationMonitorsTest {
    private static final long PATIENCE_SEC = 20;
    private static final String PAGE = "x".repeat(20_000);

    private final InMemoryArray array = new InMemoryArray();
    private final CountDownLatch hasMonitor = new CountDownLatch(1);
    private final CountDownLatch isOtherBlocked = new CountDownLatch(1);
    private final AtomicReference<Thread> adding = new AtomicReference<>();
    private volatile Consumer<HttpSession> insideMonitor = session -> {};
    private TestTomcat tomcat;

    @BeforeEach
    void start() throws Exception {
        tomcat = new TestTomcat(array.source())
                .page("/begin", (request, response) -> request.getSession().setAttribute("cart", new Vector<String>()))
                .page("/add", (request, response) -> {
                    HttpSession session = request.getSession();
                    session.getAttribute("cart");
                    session.setAttribute("count", 1);
                    adding.set(Thread.currentThread());
                })
                .page("/render", (request, response) -> {
                    HttpSession session = request.getSession();
                    Object cart = session.getAttribute("cart");
                    synchronized (cart) {
                        hasMonitor.countDown();
                        await(isOtherBlocked);
                        insideMonitor.accept(session);
                        response.getWriter().print(PAGE);
                    }
                })
                .page("/put-in", (request, response) -> cart(request.getSession())
                        .add("x"))
                .page("/take-out", (request, response) -> {
                    List<String> cart = cart(request.getSession());
                    hasMonitor.countDown();
                    await(isOtherBlocked);
                    cart.remove("x");
                    adding.set(Thread.currentThread());
                })
                .start();
    }

    @AfterEach
    void stop() throws Exception {
        isOtherBlocked.countDown();
        tomcat.close();
    }

    @SuppressWarnings("unchecked")
    private static List<String> cart(HttpSession session) {
        return (List<String>) session.getAttribute("cart");
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(PATIENCE_SEC, TimeUnit.SECONDS)) {
                throw new AssertionError("the other request never came so far");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private CompletableFuture<HttpResponse<String>> getLater(String path, String id) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return tomcat.get(path, id);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    /** Lets /render write its page when /add waits for the monitor of the cart; returns the answers of both. */
    private List<HttpResponse<String>> answersOfBoth(String id) throws Exception {
        CompletableFuture<HttpResponse<String>> render = getLater("/render", id);
        await(hasMonitor);
        CompletableFuture<HttpResponse<String>> add = getLater("/add", id);
        awaitBlocked();
        isOtherBlocked.countDown();
        return List.of(render.get(PATIENCE_SEC, TimeUnit.SECONDS), add.get(PATIENCE_SEC, TimeUnit.SECONDS));
    }

    private void awaitBlocked() {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SEC);
        while (adding.get() == null || adding.get().getState() != Thread.State.BLOCKED) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("the other request never waits for the monitor");
            }
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldAnswerARequestThatWritesWhileItHoldsAMonitorAnotherCommitWaitsFor() throws Exception {
        String id = sessionId(tomcat.get("/begin", null));

        List<HttpResponse<String>> answers = answersOfBoth(id);

        assertThat(answers).extracting(HttpResponse::statusCode).containsExactly(200, 200);
        assertThat(answers.get(0).body()).isEqualTo(PAGE);
        assertThat(array.attribute(APPLICATION, id, "count")).isEqualTo(1);
        array.awaitNoUses();
    }

    @Test
    void shouldNotWriteAnOlderValueOverTheOneOfARequestThatOvertookItsCommit() throws Exception {
        String id = sessionId(tomcat.get("/begin", null));
        insideMonitor = session -> {
            cart(session).add("in place");
            session.setAttribute("count", 2);
        };

        List<HttpResponse<String>> answers = answersOfBoth(id);

        assertThat(answers).extracting(HttpResponse::statusCode).containsExactly(200, 200);
        assertThat(array.attribute(APPLICATION, id, "count")).isEqualTo(2);
        assertThat(array.attribute(APPLICATION, id, "cart")).isEqualTo(List.of("in place"));
        array.awaitNoUses();
    }

    @Test
    void shouldHoldAValueChangedBackWhileTheArrayWasGivenTheChange() throws Exception {
        String id = sessionId(tomcat.get("/begin", null));
        CompletableFuture<HttpResponse<String>> takeOut = getLater("/take-out", id);
        await(hasMonitor);
        AtomicBoolean isFirst = new AtomicBoolean(true);
        array.beforeCommit = () -> {
            if (isFirst.compareAndSet(true, false)) {
                isOtherBlocked.countDown();
                // Behind its look at the value: it waits for the lock of the session then.
                awaitBlocked();
            }
        };

        int putInStatus = tomcat.get("/put-in", id).statusCode();
        int takeOutStatus = takeOut.get(PATIENCE_SEC, TimeUnit.SECONDS).statusCode();

        assertThat(List.of(putInStatus, takeOutStatus)).containsExactly(200, 200);
        assertThat(array.attribute(APPLICATION, id, "cart")).isEqualTo(List.of());
        array.awaitNoUses();
    }
}
