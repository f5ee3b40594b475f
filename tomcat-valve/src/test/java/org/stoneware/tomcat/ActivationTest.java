package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.servlet.http.HttpSession;
import javax.servlet.http.HttpSessionActivationListener;
import javax.servlet.http.HttpSessionEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A value that comes from another Tomcat is told so before the application has it in hands. */
class ActivationTest {
    private static final AtomicInteger ACTIVATIONS = new AtomicInteger();
    private static volatile Runnable duringActivation = () -> {};

    /** Has something no other Tomcat has, which it makes anew. */
    static final class Basket implements HttpSessionActivationListener, Serializable {
        private static final long serialVersionUID = 1L;

        transient String connection = "made at the beginning";

        @Override
        public void sessionDidActivate(HttpSessionEvent event) {
            ACTIVATIONS.incrementAndGet();
            duringActivation.run();
            connection = "made again for " + event.getSession().getAttribute("who")
                    + (event.getSession().getAttribute("basket") == this);
        }
    }

    /** Gets at itself by way of another value of its kind. */
    static final class Partner implements HttpSessionActivationListener, Serializable {
        private static final long serialVersionUID = 1L;
        private final String other;
        transient boolean isComplete;

        Partner(String other) {
            this.other = other;
        }

        @Override
        public void sessionDidActivate(HttpSessionEvent event) {
            isComplete = event.getSession().getAttribute(other) instanceof Partner;
        }
    }

    static final class Failing implements HttpSessionActivationListener, Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public void sessionDidActivate(HttpSessionEvent event) {
            throw new IllegalStateException("as the test wants");
        }
    }

    private final InMemoryArray array = new InMemoryArray();
    private TestTomcat a;
    private TestTomcat b;
    private String id;

    @BeforeEach
    void start() throws Exception {
        ACTIVATIONS.set(0);
        duringActivation = () -> {};
        a = tomcat();
        b = tomcat();
        id = sessionId(a.get("/begin", null));
    }

    private TestTomcat tomcat() throws Exception {
        return new TestTomcat(array.source())
                .page("/begin", (request, response) -> {
                    HttpSession session = request.getSession();
                    session.setAttribute("who", "me ");
                    session.setAttribute("basket", new Basket());
                    session.setAttribute("left", new Partner("right"));
                    session.setAttribute("right", new Partner("left"));
                    session.setAttribute("failing", new Failing());
                })
                .page("/basket", (request, response) -> response.getWriter()
                        .print(((Basket) request.getSession().getAttribute("basket")).connection))
                .page("/partners", (request, response) -> {
                    HttpSession session = request.getSession();
                    Partner left = (Partner) session.getAttribute("left");
                    Partner right = (Partner) session.getAttribute("right");
                    response.getWriter().print(left.isComplete + " " + right.isComplete);
                })
                .page("/failing", (request, response) -> response.getWriter()
                        .print(request.getSession().getAttribute("failing") != null))
                .start();
    }

    @AfterEach
    void stop() throws Exception {
        a.close();
        b.close();
    }

    @Test
    void shouldActivateAValueOnceBeforeTheApplicationHasIt() throws Exception {
        String atFirst = a.get("/basket", id).body();
        List<String> later = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            later.add(b.get("/basket", id).body());
        }

        assertThat(atFirst).isEqualTo("made at the beginning");
        assertThat(later).containsOnly("made again for me true");
        assertThat(ACTIVATIONS).hasValue(1);
    }

    @Test
    void shouldActivateValuesThatLeadToEachOther() throws Exception {
        assertThat(b.get("/partners", id).body()).isEqualTo("true true");
    }

    @Test
    void shouldShowAValueWhoseActivationFails() throws Exception {
        assertThat(b.get("/failing", id).body()).isEqualTo("true");
        assertThat(array.record(APPLICATION, id)).isNotNull();
    }

    @Test
    void shouldNotShowAnotherRequestAValueThatIsBeingActivated() throws Exception {
        CountDownLatch isActivating = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        CountDownLatch isSecondIn = new CountDownLatch(1);
        duringActivation = () -> {
            isActivating.countDown();
            await(mayGoOn);
        };
        b.page("/second", (request, response) -> {
            HttpSession session = request.getSession();
            isSecondIn.countDown();
            response.getWriter().print(((Basket) session.getAttribute("basket")).connection);
        });

        CompletableFuture<String> first = getLater("/basket");
        await(isActivating);
        CompletableFuture<String> second = getLater("/second");
        await(isSecondIn);
        mayGoOn.countDown();

        assertThat(first.get(20, TimeUnit.SECONDS)).isEqualTo("made again for me true");
        assertThat(second.get(20, TimeUnit.SECONDS)).isEqualTo("made again for me true");
        assertThat(ACTIVATIONS).hasValue(1);
    }

    private CompletableFuture<String> getLater(String path) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return b.get(path, id).body();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("the other request never came");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
