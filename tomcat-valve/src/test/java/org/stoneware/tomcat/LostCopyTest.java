package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.servlet.http.HttpSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.client.Committed;

/** A thread of the application has a copy in hands the array refused a change of; the requests that come after have another one. */
class LostCopyTest {
    private final InMemoryArray array = new InMemoryArray();
    private final AtomicReference<HttpSession> kept = new AtomicReference<>();
    private final CountDownLatch mayGoOn = new CountDownLatch(1);
    private TestTomcat tomcat;
    private String id;

    @BeforeEach
    void loseACopy() throws Exception {
        tomcat = new TestTomcat(array.source());
        tomcat.page("/keep", (request, response) -> {
            kept.set(request.getSession());
            kept.get().setAttribute("cart", new StringBuilder("x"));
        });
        tomcat.page("/change", (request, response) -> {
            HttpSession session = request.getSession();
            session.setAttribute("refused", "yes");
            ((StringBuilder) session.getAttribute("cart")).append("refused");
        });
        tomcat.page("/hold", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().print("held");
            response.flushBuffer();
            await(mayGoOn);
            session.setAttribute("held", session.getAttribute("thread"));
            response.getWriter().print("end");
        });
        tomcat.page("/look", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().print(session.getAttribute("thread") + " " + session.getAttribute("refused"));
        });
        tomcat.start();
        id = sessionId(tomcat.get("/keep", null));
        array.commitsAnswer = Committed.Status.UNAVAILABLE;
        assertThat(tomcat.get("/change", id).statusCode()).isEqualTo(503);
        array.commitsAnswer = null;
    }

    @AfterEach
    void stop() throws Exception {
        mayGoOn.countDown();
        tomcat.close();
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

    private Object held(String name) {
        return array.attribute(APPLICATION, id, name);
    }

    @Test
    void shouldLeaveARequestAloneThatUsesAnotherCopy() throws Exception {
        try (RawBrowser hold = new RawBrowser(tomcat.port()).get("/hold", id)) {
            hold.readUntil("held");
            kept.get().setAttribute("thread", 1);
            mayGoOn.countDown();

            assertThat(hold.readToEnd()).contains("200").contains("end").endsWith("0\r\n\r\n");
        }
        array.awaitNoUses();

        assertThat(held("thread")).isEqualTo(1);
        assertThat(held("held")).isEqualTo(1);
        assertThat(held("refused")).isNull();
    }

    @Test
    void shouldBeTheCopyAgainWithoutWhatWasRefused() throws Exception {
        kept.get().setAttribute("thread", 1);

        assertThat(kept.get().getAttribute("refused")).isNull();
        assertThat(kept.get().getAttribute("cart")).hasToString("x");
        assertThat(held("thread")).isEqualTo(1);
        assertThat(tomcat.get("/look", id).body()).isEqualTo("1 null");
        kept.get().setAttribute("thread", 2);
        assertThat(tomcat.get("/look", id).body()).isEqualTo("2 null");
        array.awaitNoUses();
    }

    @Test
    void shouldBeTheCopyAgainWhenAnotherOneIsNotInUse() throws Exception {
        tomcat.get("/look", id);
        array.awaitNoUses();

        kept.get().setAttribute("thread", 1);
        kept.get().setAttribute("thread", 2);

        assertThat(held("thread")).isEqualTo(2);
        assertThat(tomcat.get("/look", id).body()).isEqualTo("2 null");
        array.awaitNoUses();
        assertThat(kept.get().getAttribute("refused")).isNull();
    }

    @Test
    void shouldSayThatAChangeOfACopyARequestHasLostIsNotHeld() throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        tomcat.page("/loses", (request, response) -> {
            kept.set(request.getSession());
            kept.get().setAttribute("refused", "again");
            response.flushBuffer();
            Thread worker =
                    new Thread(() -> thrown.set(catchThrowable(() -> kept.get().setAttribute("thread", 1))));
            worker.start();
            try {
                worker.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        array.commitsAnswer = Committed.Status.UNAVAILABLE;

        int status = tomcat.get("/loses", id).statusCode();
        array.commitsAnswer = null;
        array.awaitNoUses();

        assertThat(status).isEqualTo(503);
        assertThat(thrown.get()).isInstanceOf(SessionUnavailableException.class);
        assertThat(held("thread")).isNull();
    }
}
