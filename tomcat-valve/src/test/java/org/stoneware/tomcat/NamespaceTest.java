package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.apache.catalina.authenticator.SingleSignOn;
import org.apache.catalina.core.StandardHost;
import org.junit.jupiter.api.Test;

/** What Tomcats of one array share, and what not. */
class NamespaceTest {
    private final InMemoryArray array = new InMemoryArray();

    private TestTomcat tomcat(String namespace) throws Exception {
        TestTomcat tomcat = new TestTomcat(array.source());
        if (namespace != null) {
            tomcat.valve.setNamespace(namespace);
        }
        return tomcat.page("/set", (request, response) -> request.getSession().setAttribute("who", "me"))
                .page("/get", (request, response) -> response.getWriter()
                        .print(request.getSession().getAttribute("who")))
                .start();
    }

    @Test
    void shouldNotShowTheSessionsOfAnotherApplicationOfTheSameNameInAnotherNamespace() throws Exception {
        try (TestTomcat a = tomcat(null);
                TestTomcat b = tomcat("second-shop");
                TestTomcat c = tomcat("second-shop")) {
            String ofA = sessionId(a.get("/set", null));
            String ofB = sessionId(b.get("/set", null));

            assertThat(b.get("/get", ofA).body()).isEqualTo("null");
            assertThat(a.get("/get", ofB).body()).isEqualTo("null");
            assertThat(c.get("/get", ofB).body()).isEqualTo("me");
            assertThat(array.attribute(APPLICATION, ofA, "who")).isEqualTo("me");
            assertThat(array.attribute("second-shop:" + APPLICATION, ofB, "who"))
                    .isEqualTo("me");
        }
    }

    @Test
    void shouldWarnWhenASingleSignOnValveWouldKnowTheLoginsOfOneTomcatOnly() throws Exception {
        List<String> warnings = new ArrayList<>();
        Logger logger = Logger.getLogger(SessionValve.class.getName());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                if (entry.getLevel() == Level.WARNING) {
                    warnings.add(entry.getMessage());
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try (TestTomcat tomcat = new TestTomcat(
                array.source(),
                context -> ((StandardHost) context.getParent()).getPipeline().addValve(new SingleSignOn()))) {
            tomcat.start();

            assertThat(warnings).anySatisfy(line -> assertThat(line).contains("SingleSignOn"));
        } finally {
            logger.removeHandler(handler);
        }
    }
}
