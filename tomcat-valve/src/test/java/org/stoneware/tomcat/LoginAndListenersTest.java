package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.servlet.ServletRequestEvent;
import javax.servlet.ServletRequestListener;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpSession;
import org.apache.catalina.Context;
import org.apache.catalina.authenticator.FormAuthenticator;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;
import org.apache.tomcat.util.descriptor.web.LoginConfig;
import org.apache.tomcat.util.descriptor.web.SecurityCollection;
import org.apache.tomcat.util.descriptor.web.SecurityConstraint;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionRecord;

/** Sessions touched by others than a servlet: authenticators, listeners, HTTP/2. */
class LoginAndListenersTest {
    private final InMemoryArray array = new InMemoryArray();

    private TestTomcat formLogin() throws Exception {
        TestTomcat tomcat = new TestTomcat(array.source(), LoginAndListenersTest::protect);
        tomcat.tomcat().addUser("me", "secret");
        tomcat.tomcat().addRole("me", "customer");
        return tomcat.page("/login", (request, response) -> response.getWriter().print("please log in"))
                .page("/mine", (request, response) -> response.getWriter().print("hello " + request.getRemoteUser()))
                .start();
    }

    private static void protect(Context context) {
        context.setLoginConfig(new LoginConfig("FORM", null, "/login", "/login"));
        SecurityCollection collection = new SecurityCollection();
        collection.addPatternDecoded("/mine");
        SecurityConstraint constraint = new SecurityConstraint();
        constraint.addCollection(collection);
        constraint.addAuthRole("customer");
        context.addSecurityRole("customer");
        context.addConstraint(constraint);
        FormAuthenticator authenticator = new FormAuthenticator();
        authenticator.setLandingPage("/mine");
        context.getPipeline().addValve(authenticator);
    }

    @Test
    void shouldLogInAtOneTomcatWhatBeganAtAnother() throws Exception {
        try (TestTomcat a = formLogin();
                TestTomcat b = formLogin();
                TestTomcat c = formLogin()) {
            HttpResponse<String> challenge = a.get("/mine", null);
            String before = sessionId(challenge);
            HttpResponse<String> submitted = b.get("/j_security_check?j_username=me&j_password=secret", before);
            String after = sessionId(submitted) == null ? before : sessionId(submitted);
            HttpResponse<String> answered = c.get("/mine", after);
            String later = sessionId(answered) == null ? after : sessionId(answered);

            assertThat(challenge.body()).isEqualTo("please log in");
            assertThat(submitted.statusCode()).isBetween(302, 303);
            assertThat(answered.body()).isEqualTo("hello me");
            assertThat(later).isNotEqualTo(before);
            assertThat(a.get("/mine", later).body()).isEqualTo("hello me");
            array.awaitNoUses();
        }
    }

    @Test
    void shouldKeepThePasswordOutOfTheArray() throws Exception {
        try (TestTomcat a = formLogin();
                TestTomcat b = formLogin()) {
            String before = sessionId(a.get("/mine", null));
            HttpResponse<String> submitted = a.get("/j_security_check?j_username=me&j_password=secret", before);
            String after = sessionId(submitted) == null ? before : sessionId(submitted);
            HttpResponse<String> answered = b.get("/mine", after);
            String id = sessionId(answered) == null ? after : sessionId(answered);

            SessionRecord record = array.record(APPLICATION, id);
            byte[] bytes = new byte[record.length()];
            record.buffer().getBytes(record.offset(), bytes);

            assertThat(answered.body()).isEqualTo("hello me");
            assertThat(new String(bytes, StandardCharsets.ISO_8859_1))
                    .contains("customer")
                    .doesNotContain("secret");
        }
    }

    @Test
    void shouldHoldWhatRequestListenersChangeBeforeAndAfterTheServlet() throws Exception {
        ServletRequestListener listener = new ServletRequestListener() {
            @Override
            public void requestInitialized(ServletRequestEvent event) {
                ((HttpServletRequest) event.getServletRequest()).getSession().setAttribute("before", "set");
            }

            @Override
            public void requestDestroyed(ServletRequestEvent event) {
                ((HttpServletRequest) event.getServletRequest()).getSession().setAttribute("after", "set");
            }
        };
        try (TestTomcat tomcat =
                new TestTomcat(array.source(), c -> ((StandardContext) c).addApplicationEventListener(listener))) {
            tomcat.page("/page", (request, response) -> {
                request.getSession().setAttribute("during", "set");
                response.getWriter().print("done");
            });
            tomcat.start();

            String id = sessionId(tomcat.get("/page", null));
            tomcat.get("/page", id);

            assertThat(List.of("before", "during", "after"))
                    .allSatisfy(name ->
                            assertThat(array.attribute(APPLICATION, id, name)).isEqualTo("set"));
            array.awaitNoUses();
        }
    }

    @Test
    void shouldNotWaitForItselfWhenAnotherTomcatWantsTheSessionOfARequestListener() throws Exception {
        AtomicBoolean isRecalled = new AtomicBoolean();
        ServletRequestListener listener = new ServletRequestListener() {
            @Override
            public void requestInitialized(ServletRequestEvent event) {
                HttpSession session = ((HttpServletRequest) event.getServletRequest()).getSession();
                if (isRecalled.get()) {
                    array.recall(APPLICATION, session.getId());
                }
            }
        };
        try (TestTomcat tomcat =
                new TestTomcat(array.source(), c -> ((StandardContext) c).addApplicationEventListener(listener))) {
            tomcat.page("/page", (request, response) -> response.getWriter()
                    .print(request.getSession().getId()));
            tomcat.start();
            String id = sessionId(tomcat.get("/page", null));
            isRecalled.set(true);

            HttpResponse<String> response = tomcat.get("/page", id);

            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo(id);
            array.awaitNoUses();
        }
    }

    @Test
    void shouldKeepNothingOfRequestsWithoutSessionInAnApplicationWithRequestListeners() throws Exception {
        ServletRequestListener listener = new ServletRequestListener() {};
        try (TestTomcat tomcat =
                new TestTomcat(array.source(), c -> ((StandardContext) c).addApplicationEventListener(listener))) {
            tomcat.page("/plain", (request, response) -> response.getWriter().print("plain"));
            tomcat.start();

            for (int i = 0; i < 20; i++) {
                tomcat.get("/plain", null);
            }

            assertThat(((SessionManager) tomcat.context.getManager()).deferredScopes())
                    .isZero();
        }
    }

    @Test
    void shouldHoldChangeBeforeHttp2ResponseEnds() throws Exception {
        try (TestTomcat tomcat = new TestTomcat(array.source())) {
            Tomcat real = tomcat.tomcat();
            real.getConnector().addUpgradeProtocol(new Http2Protocol());
            tomcat.page("/h2", (request, response) -> {
                request.getSession().setAttribute("protocol", request.getProtocol());
                response.getWriter().print("x".repeat(50_000));
            });
            tomcat.start();
            HttpClient browser =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + tomcat.port() + "/shop/h2"))
                    .build();

            browser.send(request, HttpResponse.BodyHandlers.ofString());
            HttpResponse<String> response = browser.send(request, HttpResponse.BodyHandlers.ofString());

            assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(array.attribute(APPLICATION, sessionId(response), "protocol"))
                    .isEqualTo("HTTP/2.0");
            array.awaitNoUses();
        }
    }

    @Test
    void shouldSendNothingBehindThe503WhenHttp2AsksForTheHeadInTheMiddleOfAWrite() throws Exception {
        try (TestTomcat tomcat = new TestTomcat(array.source())) {
            tomcat.tomcat().getConnector().addUpgradeProtocol(new Http2Protocol());
            tomcat.page("/warm", (request, response) -> {
                request.getSession().setAttribute("list", new ArrayList<>());
                response.getWriter().print("warm");
            });
            tomcat.page("/grow", (request, response) -> {
                @SuppressWarnings("unchecked")
                List<String> list = (List<String>) request.getSession().getAttribute("list");
                list.add("in place");
                response.getWriter().print("x".repeat(50_000));
            });
            tomcat.start();
            HttpClient browser =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
            URI base = URI.create("http://127.0.0.1:" + tomcat.port() + "/shop/");
            String id = sessionId(browser.send(
                    HttpRequest.newBuilder(base.resolve("warm")).build(), HttpResponse.BodyHandlers.ofString()));
            array.commitsAnswer = org.stoneware.client.Committed.Status.FENCED;

            HttpResponse<String> response = browser.send(
                    HttpRequest.newBuilder(base.resolve("grow"))
                            .header("Cookie", "JSESSIONID=" + id)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(response.statusCode()).isEqualTo(503);
            assertThat(response.body()).doesNotContain("xxx");
            array.awaitNoUses();
        }
    }

    @Test
    void shouldNotEndHttp2ResponseWhoseChangesTheArrayDidNotTake() throws Exception {
        try (TestTomcat tomcat = new TestTomcat(array.source())) {
            tomcat.tomcat().getConnector().addUpgradeProtocol(new Http2Protocol());
            tomcat.page("/warm", (request, response) -> response.getWriter().print("warm"));
            tomcat.page("/torn", (request, response) -> {
                request.getSession();
                response.getWriter().print("first");
                response.flushBuffer();
                array.commitsAnswer = org.stoneware.client.Committed.Status.FENCED;
                request.getSession().setAttribute("late", "yes");
            });
            tomcat.start();
            HttpClient browser =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
            URI base = URI.create("http://127.0.0.1:" + tomcat.port() + "/shop/");
            browser.send(HttpRequest.newBuilder(base.resolve("warm")).build(), HttpResponse.BodyHandlers.ofString());

            org.assertj.core.api.Assertions.assertThatThrownBy(() -> browser.send(
                            HttpRequest.newBuilder(base.resolve("torn")).build(), HttpResponse.BodyHandlers.ofString()))
                    .isInstanceOf(java.io.IOException.class);
            array.awaitNoUses();
        }
    }
}
