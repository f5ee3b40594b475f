package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.net.http.HttpResponse;
import java.security.Principal;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.servlet.http.HttpServletRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.client.Opened;

/** Catalina looks for a session whatever the page needs; a page that needs none does not fail of it. */
class CourtesyLookupTest {
    private final InMemoryArray array = new InMemoryArray();
    private final CountDownLatch isLongIn = new CountDownLatch(1);
    private final CountDownLatch isLongOver = new CountDownLatch(1);
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
}
