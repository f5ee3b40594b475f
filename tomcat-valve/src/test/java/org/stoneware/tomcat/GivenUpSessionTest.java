package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.servlet.http.HttpSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The last commit of a request gives a session up that another Tomcat waits for; what comes behind that reaches the array all the same. */
class GivenUpSessionTest {
    private static final long PATIENCE_SEC = 20;

    private final InMemoryArray array = new InMemoryArray();
    private final AtomicReference<HttpSession> kept = new AtomicReference<>();
    private final AtomicBoolean isBehind = new AtomicBoolean();
    private final CountDownLatch isOver = new CountDownLatch(1);
    private TestTomcat tomcat;

    @BeforeEach
    void start() throws Exception {
        tomcat = new TestTomcat(array.source());
        tomcat.page("/begin", (request, response) -> request.getSession());
        tomcat.page("/keep", (request, response) -> {
            kept.set(request.getSession());
            // Only a change that leaves with the last byte is the last.
            response.flushBuffer();
            kept.get().setAttribute("page", 1);
            array.recall(APPLICATION, kept.get().getId());
            response.getWriter().close();
        });
        tomcat.page("/all", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().print(session.getAttribute("late") + " " + session.getAttribute("theirs"));
        });
        tomcat.start();
    }

    @AfterEach
    void stop() throws Exception {
        tomcat.close();
    }

    /** Changes the session on a thread of the application. */
    private Thread changeLate() {
        Thread worker = new Thread(() -> kept.get().setAttribute("late", "yes"));
        worker.start();
        return worker;
    }

    /** Below the gate: what it runs, once, comes behind the last commit, and before the use ends. */
    private void behindTheLastByte(BehindTheLastByte.Task task) {
        tomcat.tomcat().getHost().getPipeline().addValve(new BehindTheLastByte(() -> {
            if (kept.get() != null && isBehind.compareAndSet(false, true)) {
                try {
                    task.run();
                } finally {
                    isOver.countDown();
                }
            }
        }));
    }

    /** The browser has the response before that. */
    private void awaitBehind() throws InterruptedException {
        assertThat(isOver.await(PATIENCE_SEC, TimeUnit.SECONDS)).isTrue();
        array.awaitNoUses();
    }

    private Object late(String id) {
        return array.attribute(APPLICATION, id, "late");
    }

    @Test
    void shouldHoldWhatAThreadChangesBehindTheLastCommit() throws Exception {
        behindTheLastByte(() -> changeLate().join());
        String id = sessionId(tomcat.get("/begin", null));

        tomcat.get("/keep", id);
        awaitBehind();

        assertThat(late(id)).isEqualTo("yes");
    }

    @Test
    void shouldHoldWhatAThreadChangesWhileTheLastCommitIsUnderWay() throws Exception {
        AtomicReference<Thread> worker = new AtomicReference<>();
        array.beforeCommit = () -> {
            if (array.calls.get(array.calls.size() - 1).endsWith(" last") && kept.get() != null) {
                worker.set(changeLate());
                awaitBlocked(worker.get());
            }
        };
        String id = sessionId(tomcat.get("/begin", null));

        tomcat.get("/keep", id);
        array.awaitNoUses();
        worker.get().join();

        assertThat(late(id)).isEqualTo("yes");
    }

    private static void awaitBlocked(Thread thread) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SEC);
        while (thread.getState() != Thread.State.BLOCKED) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("the thread never waited for the commit");
            }
            Thread.onSpinWait();
        }
    }

    /** Changes the session while it is written down. */
    private static final class Changing implements Serializable {
        private static final long serialVersionUID = 1L;

        private final transient GivenUpSessionTest test;
        private transient boolean hasChanged;

        Changing(GivenUpSessionTest test) {
            this.test = test;
        }

        private void writeObject(ObjectOutputStream out) throws java.io.IOException {
            out.defaultWriteObject();
            try {
                if (!hasChanged) {
                    hasChanged = true;
                    test.changeLate().join();
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void shouldHoldWhatAThreadChangesWhileTheLastCommitIsWrittenDown() throws Exception {
        tomcat.page("/writes", (request, response) -> {
            kept.set(request.getSession());
            response.flushBuffer();
            kept.get().setAttribute("changing", new Changing(this));
            array.recall(APPLICATION, kept.get().getId());
            response.getWriter().close();
        });
        String id = sessionId(tomcat.get("/begin", null));

        tomcat.get("/writes", id);
        array.awaitNoUses();

        assertThat(late(id)).isEqualTo("yes");
    }

    @Test
    void shouldHoldWhatTheRequestChangesBehindTheLastCommit() throws Exception {
        behindTheLastByte(() -> kept.get().setAttribute("late", "yes"));
        String id = sessionId(tomcat.get("/begin", null));

        tomcat.get("/keep", id);

        // Its use ends first.
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SEC);
        while (late(id) == null && System.nanoTime() - deadlineNs < 0) {
            Thread.onSpinWait();
        }
        assertThat(late(id)).isEqualTo("yes");
        array.awaitNoUses();
    }

    @Test
    void shouldTakeInWhatAnotherTomcatHasMadeOfTheSessionMeanwhile() throws Exception {
        try (TestTomcat other = new TestTomcat(array.source())) {
            other.page("/change", (request, response) -> request.getSession().setAttribute("theirs", 5));
            other.start();
            String id = sessionId(tomcat.get("/begin", null));
            AtomicReference<Object> seen = new AtomicReference<>();
            behindTheLastByte(() -> {
                other.get("/change", id);
                changeLate().join();
                seen.set(kept.get().getAttribute("theirs"));
            });

            tomcat.get("/keep", id);
            awaitBehind();

            assertThat(seen.get()).isEqualTo(5);
            assertThat(tomcat.get("/all", id).body()).isEqualTo("yes 5");
            array.awaitNoUses();
        }
    }

    @Test
    void shouldGoOnWithTheCopyWhenARequestComesBeforeTheUseThatGaveUpHasEnded() throws Exception {
        try (TestTomcat other = new TestTomcat(array.source())) {
            other.page("/change", (request, response) -> request.getSession().setAttribute("theirs", 5));
            other.start();
            String id = sessionId(tomcat.get("/begin", null));
            AtomicReference<Object> seen = new AtomicReference<>();
            behindTheLastByte(() -> {
                other.get("/change", id);
                // Not on the connection whose thread this is.
                try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/all", id)) {
                    browser.readToEnd();
                }
                seen.set(kept.get().getAttribute("theirs"));
                changeLate().join();
            });

            tomcat.get("/keep", id);
            awaitBehind();

            assertThat(tomcat.get("/all", id).body()).isEqualTo("yes 5");
            assertThat(seen.get()).isEqualTo(5);
            array.awaitNoUses();
        }
    }

    /** A slow browser has most of the page yet to take. */
    @Test
    void shouldLetOtherTomcatsHaveTheSessionAfterAShortRequestBesideTheOneThatGaveItUp() throws Exception {
        try (TestTomcat other = new TestTomcat(array.source())) {
            other.page("/change", (request, response) -> request.getSession().setAttribute("theirs", 5));
            other.start();
            String id = sessionId(tomcat.get("/begin", null));
            AtomicInteger status = new AtomicInteger();
            AtomicReference<String> read = new AtomicReference<>();
            behindTheLastByte(() -> {
                readAll(id);
                status.set(other.get("/change", id).statusCode());
                read.set(readAll(id));
                // Not with a copy that was lost.
                changeLate().join();
            });

            tomcat.get("/keep", id);
            awaitBehind();

            assertThat(status).hasValue(200);
            assertThat(read.get()).endsWith("null 5");
            assertThat(late(id)).isEqualTo("yes");
        }
    }

    @Test
    void shouldNotTakeTheSessionFromARequestWhenOneEndsThatGaveItUpBefore() throws Exception {
        CountDownLatch hasBegun = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        tomcat.page("/slow", (request, response) -> {
            HttpSession session = request.getSession();
            hasBegun.countDown();
            await(mayGoOn);
            session.setAttribute("slow", "done");
        });
        String id = sessionId(tomcat.get("/begin", null));
        AtomicReference<RawBrowser> slow = new AtomicReference<>();
        behindTheLastByte(() -> {
            slow.set(new RawBrowser(tomcat.port()).get("/slow", id));
            await(hasBegun);
        });

        tomcat.get("/keep", id);
        assertThat(isOver.await(PATIENCE_SEC, TimeUnit.SECONDS)).isTrue();
        array.awaitGivenUpUses();
        int usesLeft = array.uses(APPLICATION, id);
        mayGoOn.countDown();

        assertThat(usesLeft).isEqualTo(1);
        try (RawBrowser browser = slow.get()) {
            assertThat(browser.readToEnd()).contains("200");
        }
        array.awaitNoUses();
        assertThat(array.attribute(APPLICATION, id, "slow")).isEqualTo("done");
    }

    /** It relies on the request that has the session, which must not leave that to the slow one. */
    @Test
    void shouldHoldWhatAThreadChangesInTheLastRequestThatCanCommitWhenThatEnds() throws Exception {
        AtomicReference<Object> held = new AtomicReference<>();
        tomcat.page("/relied", (request, response) -> {
            request.getSession();
            response.flushBuffer();
            response.getWriter().close();
        });
        AtomicBoolean isInner = new AtomicBoolean();
        String id = sessionId(tomcat.get("/begin", null));
        tomcat.tomcat().getHost().getPipeline().addValve(new BehindTheLastByte(() -> {
            if (isInner.compareAndSet(true, false)) {
                changeLate().join();
            }
        }));
        behindTheLastByte(() -> {
            isInner.set(true);
            try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/relied", id)) {
                browser.readToEnd();
            }
            array.awaitUses(APPLICATION, id, 0);
            held.set(late(id));
        });

        tomcat.get("/keep", id);
        awaitBehind();

        assertThat(held.get()).isEqualTo("yes");
    }

    private String readAll(String id) throws Exception {
        // Not on the connection whose thread this is.
        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/all", id)) {
            return browser.readToEnd();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE_SEC, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldRemoveASessionAThreadInvalidatesBehindTheLastCommit() throws Exception {
        behindTheLastByte(() -> {
            Thread worker = new Thread(() -> kept.get().invalidate());
            worker.start();
            worker.join();
        });
        String id = sessionId(tomcat.get("/begin", null));

        tomcat.get("/keep", id);
        awaitBehind();

        assertThat(array.record(APPLICATION, id)).isNull();
    }
}
