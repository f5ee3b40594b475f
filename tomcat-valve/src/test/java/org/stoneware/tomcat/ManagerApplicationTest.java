package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import org.apache.catalina.manager.ManagerServlet;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an operator does to sessions with Tomcat's manager application. */
class ManagerApplicationTest {
    private static final String EXPIRE_ALL = "/manager/expire?path=/shop&idle=0";

    private final InMemoryArray array = new InMemoryArray();
    private TestTomcat a;
    private TestTomcat b;

    @BeforeEach
    void start() throws Exception {
        a = tomcat();
        b = tomcat();
    }

    private TestTomcat tomcat() throws Exception {
        TestTomcat tomcat = new TestTomcat(array.source(), context -> {
            context.setPrivileged(true);
            ManagerServlet manager = new ManagerServlet();
            // An embedded Tomcat does not tell a servlet it has not made itself.
            manager.setWrapper(Tomcat.addServlet(context, "manager", manager));
            context.addServletMappingDecoded("/manager/*", "manager");
        });
        return tomcat.page("/set", (request, response) -> request.getSession().setAttribute("who", "me"))
                .page("/get", (request, response) -> response.getWriter()
                        .print(request.getSession().getAttribute("who")))
                .page("/plain", (request, response) -> response.getWriter().print("plain"))
                .start();
    }

    @AfterEach
    void stop() throws Exception {
        a.close();
        b.close();
    }

    @Test
    void shouldEndSessionsIdleForLong() throws Exception {
        sessionId(a.get("/set", null));

        String answer = a.get(EXPIRE_ALL, null).body();

        assertThat(answer).startsWith("OK");
        assertThat(array.size()).isZero();
        array.awaitNoUses();
    }

    @Test
    void shouldNotEndAsIdleASessionChangedAtAnotherTomcatSince() throws Exception {
        String id = sessionId(a.get("/set", null));
        b.get("/set", id);

        String answer = a.get(EXPIRE_ALL, null).body();

        assertThat(answer).startsWith("OK");
        assertThat(array.record(APPLICATION, id)).isNotNull();
        assertThat(a.get("/get", id).body()).isEqualTo("me");
        array.awaitNoUses();
    }

    @Test
    void shouldNotEndAsIdleASessionReadAtAnotherTomcatSince() throws Exception {
        String id = sessionId(a.get("/set", null));
        // On the same connection: behind it the first request has ended its access, which notes the time.
        a.get("/plain", null);
        array.advance(3_600_000);
        array.touch(APPLICATION, id);
        ClusteredSession copy = ((SessionManager) a.context.getManager()).copy(id);
        copy.setCreationTime(System.currentTimeMillis() - 3_600_000);

        String answer = a.get(EXPIRE_ALL, null).body();

        assertThat(answer).startsWith("OK");
        assertThat(array.record(APPLICATION, id)).isNotNull();
        assertThat(System.currentTimeMillis() - copy.getLastAccessedTimeInternal())
                .isLessThan(3_000_000);
        array.awaitNoUses();
    }

    @Test
    void shouldEndTheSessionAnOperatorNamesWhoeverUsedItSince() throws Exception {
        String id = sessionId(a.get("/set", null));
        b.get("/set", id);

        ((SessionManager) a.context.getManager()).expireSession(id);

        assertThat(array.size()).isZero();
        array.awaitNoUses();
    }
}
