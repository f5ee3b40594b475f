package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.net.http.HttpResponse;
import java.security.Principal;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.servlet.AsyncContext;
import javax.servlet.http.HttpServletRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.client.Opened;

/** Catalina looks for a session whatever the page needs; a page that needs none does not fail of it. */
class CourtesyLookupTest {
    private final InMemoryArray array = new InMemoryArray();
    private final CountDownLatch isLongIn = new CountDownLatch(1);
    private final CountDownLatch isLongOver = new CountDownLatch(1);
    private final Queue<AsyncContext> streams = new ConcurrentLinkedQueue<>();
    private TestTomcat a;
    private TestTomcat b;

    @BeforeEach
    void start() throws Exception {
        a = tomcat();
        b = tomcat();
    }

    private TestTomcat tomcat() throws Exception {
        TestTomcat tomcat = new TestTomcat(array.source());
        tomcat.tomcat().addUser("me", "secret");
        return tomcat.page("/set", (request, response) -> request.getSession().setAttribute("who", "me"))
                .page("/get", (request, response) -> response.getWriter()
                        .print(request.getSession().getAttribute("who")))
                .page("/plain", (request, response) -> response.getWriter().print("plain"))
                .page("/login", (request, response) -> {
                    request.getSession();
                    request.login("me", "secret");
                    response.getWriter().print(request.getSession().getId());
                })
                .page("/user", (request, response) -> {
                    request.getSession();
                    response.getWriter().print(user(request) + " " + request.getAuthType());
                })
                .page("/logout", (request, response) -> request.logout())
                .page("/relogin", (request, response) -> {
                    request.login("me", "secret");
                    response.getWriter().print(request.getSession().getId());
                })
                .page("/logout-first", (request, response) -> {
                    request.logout();
                    request.getSession();
                    response.getWriter().print(user(request));
                })
                .page("/unasked", (request, response) -> response.getWriter().print(user(request)))
                .page("/stream", (request, response) -> {
                    AsyncContext async = request.startAsync();
                    async.setTimeout(0);
                    streams.add(async);
                    response.getWriter().print("streaming");
                    response.flushBuffer();
                })
                .page("/download", (request, response) -> {
                    response.getWriter().print("streaming");
                    response.flushBuffer();
                    await(isLongOver);
                })
                .page("/long", (request, response) -> {
                    request.getSession();
                    isLongIn.countDown();
                    await(isLongOver);
                })
                .start();
    }

    @AfterEach
    void stop() throws Exception {
        isLongOver.countDown();
        streams.forEach(AsyncContext::complete);
        a.close();
        b.close();
    }

    private static String user(HttpServletRequest request) {
        Principal user = request.getUserPrincipal();
        return user == null ? "nobody" : user.getName();
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("the other request never came so far");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BUSY", "UNAVAILABLE"})
    void shouldServePageWithoutSessionWhenTheArrayCanNotGiveIt(Opened.Status status) throws Exception {
        String id = sessionId(a.get("/set", null));
        array.opensAnswer = status;

        HttpResponse<String> withoutSession = b.get("/plain", id);
        HttpResponse<String> withSession = b.get("/get", id);

        assertThat(withoutSession.statusCode()).isEqualTo(200);
        assertThat(withoutSession.body()).isEqualTo("plain");
        assertThat(withSession.statusCode()).isEqualTo(503);
    }

    @Test
    void shouldServePageWithoutSessionWhileALongRequestUsesItAtAnotherTomcat() throws Exception {
        String id = sessionId(a.get("/set", null));
        CompletableFuture<HttpResponse<String>> longOne = CompletableFuture.supplyAsync(() -> {
            try {
                return a.get("/long", id);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        await(isLongIn);

        HttpResponse<String> plain = b.get("/plain", id);
        isLongOver.countDown();

        assertThat(plain.statusCode()).isEqualTo(200);
        assertThat(longOne.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(b.get("/get", id).body()).isEqualTo("me");
        array.awaitNoUses();
    }

    @Test
    void shouldKnowWhoIsThereOnceThePageHasTheSessionCatalinaMissed() throws Exception {
        String id = a.get("/login", sessionId(a.get("/set", null))).body();
        AtomicBoolean isFirst = new AtomicBoolean(true);
        array.beforeOpen = () -> array.opensAnswer = isFirst.getAndSet(false) ? Opened.Status.BUSY : null;

        String missed = b.get("/user", id).body();
        String found = b.get("/user", id).body();

        assertThat(found).startsWith("me ");
        assertThat(missed).isEqualTo(found);
        array.awaitNoUses();
    }

    @ParameterizedTest
    @EnumSource(names = {"BUSY", "UNAVAILABLE"})
    void shouldNotSayLoggedOutOfASessionTheArrayCanNotGive(Opened.Status status) throws Exception {
        String id = a.get("/login", sessionId(a.get("/set", null))).body();
        array.opensAnswer = status;

        int whileUnavailable = b.get("/logout", id).statusCode();
        array.opensAnswer = null;

        assertThat(whileUnavailable).isEqualTo(503);
        assertThat(b.get("/logout", id).statusCode()).isEqualTo(200);
        assertThat(a.get("/user", id).body()).isEqualTo("nobody null");
        array.awaitNoUses();
    }

    @Test
    void shouldNotSayLoggedInToASessionTheArrayCanNotGive() throws Exception {
        String id = sessionId(a.get("/set", null));
        array.opensAnswer = Opened.Status.BUSY;

        int whileBusy = b.get("/relogin", id).statusCode();
        array.opensAnswer = null;

        assertThat(whileBusy).isEqualTo(503);
        String newId = b.get("/relogin", id).body();
        assertThat(newId).isNotEqualTo(id);
        assertThat(a.get("/user", newId).body()).startsWith("me ");
        array.awaitNoUses();
    }

    @Test
    void shouldNotLogInAgainWhomThePageLogsOutOfTheSessionCatalinaMissed() throws Exception {
        String id = a.get("/login", sessionId(a.get("/set", null))).body();
        AtomicBoolean isFirst = new AtomicBoolean(true);
        array.beforeOpen = () -> array.opensAnswer = isFirst.getAndSet(false) ? Opened.Status.BUSY : null;

        String missed = b.get("/logout-first", id).body();

        assertThat(missed).isEqualTo("nobody");
        assertThat(a.get("/user", id).body()).isEqualTo("nobody null");
        array.awaitNoUses();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/stream", "/download"})
    void shouldNotKeepASessionFromOtherTomcatsWhosePageNeverAsksForIt(String path) throws Exception {
        String id = sessionId(a.get("/set", null));

        try (RawBrowser browser = new RawBrowser(a.port()).get(path, id)) {
            browser.readUntil("streaming");

            assertThat(array.uses(TestTomcat.APPLICATION, id)).isZero();
            assertThat(b.get("/get", id).body()).isEqualTo("me");
        }
        array.awaitNoUses();
    }

    @Test
    void shouldKnowWhoIsThereWithoutAskingForTheSession() throws Exception {
        String id = a.get("/login", sessionId(a.get("/set", null))).body();

        String user = b.get("/unasked", id).body();

        assertThat(user).isEqualTo("me");
        array.awaitNoUses();
    }

    @Test
    void shouldServePageWithoutSessionWhenABrowserSendsTwoIdsAndTheArrayIsAway() throws Exception {
        String id = sessionId(a.get("/set", null));
        array.isDown = true;

        HttpResponse<String> withoutSession = b.get("/plain", id + "; JSESSIONID=other");
        HttpResponse<String> withSession = b.get("/get", id + "; JSESSIONID=other");
        array.isDown = false;

        assertThat(withoutSession.statusCode()).isEqualTo(200);
        assertThat(withSession.statusCode()).isEqualTo(503);
        assertThat(b.get("/get", id + "; JSESSIONID=other").body()).isEqualTo("me");
        assertThat(b.get("/get", "other; JSESSIONID=" + id).body()).isEqualTo("me");
        array.awaitNoUses();
    }

    @Test
    void shouldServePageWithoutSessionWhenABrowserSendsTwoIdsAndAnotherTomcatUsesTheFirst() throws Exception {
        String id = sessionId(a.get("/set", null));
        array.opensAnswer = Opened.Status.BUSY;

        HttpResponse<String> withoutSession = b.get("/plain", id + "; JSESSIONID=other");
        array.opensAnswer = null;

        assertThat(withoutSession.statusCode()).isEqualTo(200);
        assertThat(b.get("/get", id + "; JSESSIONID=other").body()).isEqualTo("me");
        array.awaitNoUses();
    }

    @Test
    void shouldFindTheSessionOfTheFirstIdWhenTheArrayDidNotSayAtOnceThatItIsValid() throws Exception {
        String id = sessionId(a.get("/set", null));
        failFirstOpen();

        String body = b.get("/get", id + "; JSESSIONID=other").body();

        assertThat(body).isEqualTo("me");
        array.awaitNoUses();
    }

    @Test
    void shouldMakeNoNewSessionWhileTheIdsOfARequestAreInDoubt() throws Exception {
        String id = sessionId(a.get("/set", null));
        failFirstOpen();

        HttpResponse<String> inDoubt = b.get("/get", "other; JSESSIONID=" + id);

        assertThat(inDoubt.statusCode()).isEqualTo(503);
        assertThat(sessionId(inDoubt)).isNull();
        assertThat(b.get("/get", "other; JSESSIONID=" + id).body()).isEqualTo("me");
        array.awaitNoUses();
    }

    private void failFirstOpen() {
        AtomicBoolean isFirst = new AtomicBoolean(true);
        array.beforeOpen = () -> array.opensAnswer = isFirst.getAndSet(false) ? Opened.Status.UNAVAILABLE : null;
    }
}
