package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.servlet.http.HttpSession;
import org.apache.catalina.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionRecord;

/** There is one copy of a session in a Tomcat, also while it gets a new id or an old one ends. */
class OneCopyTest {
    private static final long PATIENCE_SEC = 20;

    private final InMemoryArray array = new InMemoryArray();
    private final CountDownLatch isSecondIn = new CountDownLatch(1);
    private final CountDownLatch isFirstDone = new CountDownLatch(1);
    private final AtomicReference<CompletableFuture<HttpResponse<String>>> second = new AtomicReference<>();
    private TestTomcat tomcat;

    @BeforeEach
    void start() throws Exception {
        tomcat = new TestTomcat(array.source())
                .page("/set", (request, response) -> request.getSession().setAttribute("who", "me"))
                .page("/get", (request, response) -> response.getWriter()
                        .print(request.getSession().getAttribute("who")))
                .page("/rename", (request, response) -> {
                    HttpSession session = request.getSession();
                    response.getWriter().print(request.changeSessionId());
                    isFirstDone.countDown();
                    if (second.get() != null) {
                        second.get().join();
                    }
                    session.setAttribute("first", "yes");
                })
                .page("/second", (request, response) -> {
                    HttpSession session = request.getSession();
                    isSecondIn.countDown();
                    await(isFirstDone);
                    session.setAttribute("second", "yes");
                })
                .page("/both", (request, response) -> {
                    HttpSession session = request.getSession();
                    response.getWriter().print(session.getAttribute("first") + " " + session.getAttribute("second"));
                })
                .start();
    }

    @AfterEach
    void stop() throws Exception {
        isFirstDone.countDown();
        tomcat.close();
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

    private SessionManager manager() {
        return (SessionManager) tomcat.context.getManager();
    }

    /** Waits until the second request has a session, or waits for the one that is being renamed. */
    private void awaitSecond(AtomicReference<Thread> opening) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SEC);
        while (isSecondIn.getCount() > 0
                && (opening.get() == null || opening.get().getState() != Thread.State.BLOCKED)) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("the second request never came so far");
            }
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldUseOneCopyWhenARequestFindsTheNewIdBeforeTheRenameIsOver() throws Exception {
        String id = sessionId(tomcat.get("/set", null));
        array.afterRename = to -> {
            AtomicReference<Thread> opening = new AtomicReference<>();
            array.beforeOpen = () -> opening.set(Thread.currentThread());
            second.set(getLater("/second", to.id()));
            awaitSecond(opening);
        };

        HttpResponse<String> renamed = tomcat.get("/rename", id);

        assertThat(renamed.statusCode()).isEqualTo(200);
        assertThat(second.get().get(PATIENCE_SEC, TimeUnit.SECONDS).statusCode())
                .isEqualTo(200);
        assertThat(tomcat.get("/both", renamed.body()).body()).isEqualTo("yes yes");
        assertThat(manager().findSessions()).extracting(Session::getIdInternal).containsExactly(renamed.body());
        array.awaitNoUses();
    }

    @Test
    void shouldKeepOneCopyUnderItsOldIdWhenTheArrayDoesNotRename() throws Exception {
        String id = sessionId(tomcat.get("/set", null));
        tomcat.page("/fails", (request, response) -> {
            request.getSession();
            array.isDown = true;
            request.changeSessionId();
        });

        int status = tomcat.get("/fails", id).statusCode();
        array.isDown = false;

        assertThat(status).isEqualTo(503);
        assertThat(manager().findSessions()).isEmpty();
        assertThat(tomcat.get("/get", id).body()).isEqualTo("me");
        array.awaitNoUses();
    }

    @Test
    void shouldKeepACopyInUseWhenAnOlderSessionOfItsIdHasEnded() throws Exception {
        String id = sessionId(tomcat.get("/set", null));
        SessionRecord old = array.record(APPLICATION, id);
        tomcat.page("/ends", (request, response) -> {
            HttpSession session = request.getSession();
            session.setAttribute("who", "newer");
            response.flushBuffer();
            ClusteredSession before = manager().copy(id);

            manager().endings().expired(old, old.lastAccessedTimeMs());

            response.getWriter().print(manager().copy(id) == before);
        });

        String isKept = tomcat.get("/ends", id).body();

        assertThat(isKept).isEqualTo("true");
        assertThat(tomcat.get("/get", id).body()).isEqualTo("newer");
        assertThat(manager().getExpiredSessions()).isEqualTo(1);
        array.awaitNoUses();
    }
}
