package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.catalina.Context;
import org.apache.catalina.DistributedManager;
import org.apache.catalina.Host;
import org.apache.catalina.startup.HostConfig;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.client.Opened;

/** Two versions of an application side by side: Tomcat's parallel deployment. */
class VersionsTest {
    private static final String OLD = "/shop";
    private static final String NEW = "/shop##2";

    private final InMemoryArray array = new InMemoryArray();
    /** Has the old version alone. */
    private TestTomcat a;
    /** Has both. */
    private TestTomcat b;

    /** Answers for the new version. */
    private static final class NewVersion extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws java.io.IOException {
            response.getWriter().print("new");
        }
    }

    /** Undeploys what Tomcat would, and when the test wants. */
    private static final class Deployer extends HostConfig {
        Deployer(Host host) {
            this.host = host;
            for (String name : new String[] {OLD, NEW}) {
                deployed.put(name, new DeployedApplication(name, false));
            }
        }
    }

    @BeforeEach
    void start() throws Exception {
        a = tomcat();
        b = tomcat();
        addNewer(b, NEW, "2");
        a.start();
        b.start();
    }

    /** Adds a newer version to a Tomcat that is not started yet. */
    private void addNewer(TestTomcat to, String name, String version) {
        Tomcat tomcat = to.tomcat();
        Context newer = tomcat.addContext(tomcat.getHost(), "/shop", name, System.getProperty("java.io.tmpdir"));
        newer.setWebappVersion(version);
        SessionValve valve = new SessionValve(array.source());
        valve.setTcConfigUrl("127.0.0.1:9510");
        newer.getPipeline().addValve(valve);
        Tomcat.addServlet(newer, "new", new NewVersion());
        newer.addServletMappingDecoded("/*", "new");
    }

    private TestTomcat tomcat() throws Exception {
        return new TestTomcat(array.source())
                .page("/set", (request, response) -> request.getSession().setAttribute("who", "me"))
                .page("/get", (request, response) -> response.getWriter()
                        .print(request.getSession().getAttribute("who")))
                .page("/plain", (request, response) -> response.getWriter().print("old"));
    }

    @AfterEach
    void stop() throws Exception {
        a.close();
        b.close();
    }

    @Test
    void shouldKeepTheOldVersionWhoseSessionsWereMadeAtAnotherTomcat() throws Exception {
        String id = sessionId(a.get("/set", null));

        new Deployer(b.tomcat().getHost()).checkUndeploy();

        assertThat(b.tomcat().getHost().findChild(OLD)).isNotNull();
        assertThat(b.get("/get", id).body()).isEqualTo("me");
        assertThat(b.get("/get", null).body()).isEqualTo("new");
    }

    @Test
    void shouldCountTheCopiesItHasWhenItHasSome() throws Exception {
        for (int i = 0; i < 3; i++) {
            a.get("/set", null);
        }

        DistributedManager manager = (DistributedManager) a.context.getManager();

        assertThat(manager.getActiveSessionsFull()).isEqualTo(3);
        assertThat(manager.getSessionIdsFull()).hasSize(3);
    }

    @Test
    void shouldAnswer503AsLongAsTheArrayCanNotSayWhichVersionASessionBelongsTo() throws Exception {
        String id = sessionId(a.get("/set", null));
        array.isDown = true;

        HttpResponse<String> answer = b.get("/plain", id);
        HttpResponse<String> withoutSession = b.get("/plain", null);
        array.isDown = false;

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).contains("1");
        assertThat(withoutSession.body()).isEqualTo("new");
        assertThat(b.get("/get", id).body()).isEqualTo("me");
        array.awaitNoUses();
    }

    @Test
    void shouldFindTheVersionOfASessionThatAnotherTomcatUses() throws Exception {
        String id = sessionId(a.get("/set", null));
        AtomicReference<HttpResponse<String>> plain = new AtomicReference<>();
        a.page("/long", (request, response) -> {
            request.getSession();
            try {
                plain.set(b.get("/plain", id));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });

        int status = a.get("/long", id).statusCode();

        assertThat(status).isEqualTo(200);
        assertThat(plain.get().body()).isEqualTo("old");
        array.awaitNoUses();
    }

    @Test
    void shouldGoToTheNewVersionWhenNoVersionHasTheSession() throws Exception {
        assertThat(b.get("/plain", "UNKNOWN").body()).isEqualTo("new");
        array.opensAnswer = Opened.Status.ABSENT;
        assertThat(b.get("/plain", "GONE").body()).isEqualTo("new");
    }

    private TestTomcat threeVersions() throws Exception {
        TestTomcat three = tomcat();
        addNewer(three, NEW, "2");
        addNewer(three, "/shop##3", "3");
        return three.start();
    }

    private void failSecondOpen() {
        AtomicInteger opens = new AtomicInteger();
        array.beforeOpen = () -> array.opensAnswer = opens.incrementAndGet() == 2 ? Opened.Status.UNAVAILABLE : null;
    }

    @Test
    void shouldAnswer503WhenTheArrayDoesNotAnswerForOneOfSeveralVersions() throws Exception {
        try (TestTomcat three = threeVersions()) {
            failSecondOpen();

            int status = three.get("/plain", "UNKNOWN").statusCode();
            HttpResponse<String> next = three.get("/plain", "UNKNOWN");

            assertThat(status).isEqualTo(503);
            assertThat(next.body()).isEqualTo("new");
        }
    }

    @Test
    void shouldServeTheVersionThatHasTheSessionWhateverTheArrayDidNotAnswerForANewerOne() throws Exception {
        String id = sessionId(a.get("/set", null));
        try (TestTomcat three = threeVersions()) {
            failSecondOpen();

            String body = three.get("/get", id).body();

            assertThat(body).isEqualTo("me");
            array.awaitNoUses();
        }
    }
}
