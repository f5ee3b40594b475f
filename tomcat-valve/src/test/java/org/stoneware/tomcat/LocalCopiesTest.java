package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.servlet.http.HttpSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.client.SessionClient;

/** There is one copy of a session in a Tomcat, whenever copies are dropped, and they stay within their bounds. */
class LocalCopiesTest {
    private final InMemoryArray array = new InMemoryArray();
    private final CountDownLatch isFirstIn = new CountDownLatch(1);
    private final CountDownLatch isSecondIn = new CountDownLatch(1);
    private final CountDownLatch isFirstDone = new CountDownLatch(1);
    private TestTomcat tomcat;

    @BeforeEach
    void start() throws Exception {
        tomcat = new TestTomcat(array.source());
        tomcat.valve.setMaxLocalSessions("0");
        tomcat.page("/begin", (request, response) -> request.getSession().setAttribute("begun", "yes"))
                .page("/first", (request, response) -> {
                    HttpSession session = request.getSession();
                    isFirstIn.countDown();
                    await(isSecondIn);
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
        isFirstIn.countDown();
        isSecondIn.countDown();
        isFirstDone.countDown();
        tomcat.close();
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

    private CompletableFuture<HttpResponse<String>> getLater(String path, String id) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return tomcat.get(path, id);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    private void tidyUp() {
        tomcat.context.getManager().backgroundProcess();
    }

    @Test
    void shouldUseOneCopyWhenItIsDroppedWhileARequestOpensItsSession() throws Exception {
        String id = sessionId(tomcat.get("/begin", null));
        AtomicBoolean isFirstOpen = new AtomicBoolean(true);
        array.beforeOpen = () -> {
            if (isFirstOpen.getAndSet(false)) {
                tidyUp();
            }
        };

        CompletableFuture<HttpResponse<String>> first = getLater("/first", id);
        await(isFirstIn);
        CompletableFuture<HttpResponse<String>> second = getLater("/second", id);
        int firstStatus = first.get(20, TimeUnit.SECONDS).statusCode();
        isFirstDone.countDown();
        int secondStatus = second.get(20, TimeUnit.SECONDS).statusCode();

        assertThat(firstStatus).isEqualTo(200);
        assertThat(secondStatus).isEqualTo(200);
        assertThat(tomcat.get("/both", id).body()).isEqualTo("yes yes");
        array.awaitNoUses();
    }

    @Test
    void shouldUseADroppedCopyAgainThatAThreadOfTheApplicationHasKept() throws Exception {
        HttpSession kept = keptAndDropped();

        kept.setAttribute("first", "yes");
        HttpResponse<String> second = answered("/second", kept.getId());
        kept.setAttribute("first", "again");

        assertThat(second.statusCode()).isEqualTo(200);
        assertThat(tomcat.get("/both", kept.getId()).body()).isEqualTo("again yes");
        array.awaitNoUses();
    }

    @Test
    void shouldNotHideAChangeMadeThroughADroppedCopyWhileAnotherOneIsInUse() throws Exception {
        HttpSession kept = keptAndDropped();
        CompletableFuture<HttpResponse<String>> second = getLater("/second", kept.getId());
        await(isSecondIn);

        kept.setAttribute("first", "yes");
        isFirstDone.countDown();
        int status = second.get(20, TimeUnit.SECONDS).statusCode();

        assertThat(status).isEqualTo(200);
        assertThat(array.attribute(APPLICATION, kept.getId(), "second")).isEqualTo("yes");
        assertThat(tomcat.get("/both", kept.getId()).body()).isEqualTo("yes yes");
        array.awaitNoUses();
    }

    @Test
    void shouldNotLetACopyLoadedMeanwhileHideAChangeMadeThroughADroppedOne() throws Exception {
        HttpSession kept = keptAndDropped();
        tomcat.get("/both", kept.getId());
        AtomicReference<CompletableFuture<HttpResponse<String>>> second = new AtomicReference<>();
        array.beforeOpen = () -> {
            array.beforeOpen = () -> {};
            second.set(getLater("/second", kept.getId()));
            await(isSecondIn);
        };

        kept.setAttribute("first", "yes");
        isFirstDone.countDown();
        int status = second.get().get(20, TimeUnit.SECONDS).statusCode();

        assertThat(tomcat.get("/both", kept.getId()).body()).isEqualTo("yes null");
        assertThat(status).isEqualTo(503);
        array.awaitNoUses();
    }

    @Test
    void shouldNeverTakeBackADroppedCopyThatLacksWhatOthersChanged() throws Exception {
        HttpSession kept = keptAndDropped();
        try (TestTomcat other = new TestTomcat(array.source())) {
            other.page("/other", (request, response) -> request.getSession().setAttribute("second", "theirs"))
                    .start();
            other.get("/other", kept.getId());
        }

        kept.setAttribute("first", "yes");
        kept.setAttribute("first", "again");

        assertThat(tomcat.get("/both", kept.getId()).body()).isEqualTo("again theirs");
        array.awaitNoUses();
    }

    private HttpResponse<String> answered(String path, String id) throws Exception {
        isFirstDone.countDown();
        return tomcat.get(path, id);
    }

    private HttpSession keptAndDropped() throws Exception {
        AtomicReference<HttpSession> kept = new AtomicReference<>();
        tomcat.page("/keep", (request, response) -> kept.set(request.getSession()));
        tomcat.get("/keep", null);
        tidyUp();
        assertThat(tomcat.context.getManager().findSessions()).isEmpty();
        return kept.get();
    }

    @Test
    void shouldOwnOnlySessionsItHasCopiesOf() throws Exception {
        try (TestTomcat three = new TestTomcat(array.source())) {
            three.valve.setMaxLocalSessions("3");
            three.page("/begin", (request, response) -> request.getSession().setAttribute("begun", "yes"))
                    .start();
            InMemoryArray.Client client = array.clients.get(1);

            String last = "";
            for (int i = 0; i < 10; i++) {
                last = sessionId(three.get("/begin", null));
            }
            three.context.getManager().backgroundProcess();
            int ownedAtWork = client.owned.size();
            array.expire(APPLICATION, last, client);
            int ownedAfterAnExpiry = client.owned.size();
            three.context.stop();

            assertThat(ownedAtWork).isEqualTo(3);
            assertThat(ownedAfterAnExpiry).isEqualTo(2);
            assertThat(client.owned).isEmpty();
        }
    }

    @Test
    void shouldDropCopiesWithAttributesOfThisTomcatAloneAfterAllOthers() throws Exception {
        try (TestTomcat two = new TestTomcat(array.source())) {
            two.valve.setMaxLocalSessions("2");
            two.page("/local", (request, response) -> request.getSession().setAttribute("local", new Object()))
                    .page("/begin", (request, response) -> request.getSession().setAttribute("begun", "yes"))
                    .page("/look", (request, response) -> response.getWriter()
                            .print(request.getSession().getAttribute("local") != null))
                    .start();
            String id = sessionId(two.get("/local", null));
            two.get("/begin", null);
            two.get("/begin", null);
            array.awaitNoUses();

            two.context.getManager().backgroundProcess();

            assertThat(two.context.getManager().findSessions()).hasSize(2);
            assertThat(two.get("/look", id).body()).isEqualTo("true");
        }
    }

    @Test
    void shouldSayThatAnAttributeOfThisTomcatAloneWentWithItsCopy() throws Exception {
        tomcat.page("/local", (request, response) -> request.getSession().setAttribute("local", new Object()));
        tomcat.get("/local", null);
        array.awaitNoUses();
        List<String> said = new CopyOnWriteArrayList<>();
        Logger logger = Logger.getLogger(LoggedReports.class.getName());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                said.add(record.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);

        tidyUp();
        logger.removeHandler(handler);

        assertThat(said).anySatisfy(line -> assertThat(line).contains("dropped", "attribute=local"));
        assertThat(tomcat.context.getManager().findSessions()).isEmpty();
    }

    @Test
    void shouldKeepTheCopyOfASessionARequestHasJustBeenGranted() throws Exception {
        String id = sessionId(tomcat.get("/begin", null));
        InMemoryArray.Client client = array.clients.get(0);
        SessionKey key = SessionKey.of(APPLICATION, id);
        client.open(key, SessionClient.NO_VERSION);

        tidyUp();
        int copies = tomcat.context.getManager().findSessions().length;
        client.end(key, 0);
        tidyUp();

        assertThat(copies).isEqualTo(1);
        assertThat(tomcat.context.getManager().findSessions()).isEmpty();
    }
}
