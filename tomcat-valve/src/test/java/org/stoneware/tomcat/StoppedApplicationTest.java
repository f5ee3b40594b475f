package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.servlet.ServletException;
import javax.servlet.http.HttpSession;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.junit.jupiter.api.Test;
import org.stoneware.client.Committed;

/** What outlives an application that was stopped does not keep it in memory. */
class StoppedApplicationTest {
    private static final int COLLECTIONS = 50;
    private static final long WAIT_MS = 100;

    /** Keeps what Tomcat keeps: the pooled responses of its connections. */
    private static final class PooledResponses extends ValveBase {
        final List<org.apache.coyote.Response> kept = new CopyOnWriteArrayList<>();

        PooledResponses() {
            super(true);
        }

        @Override
        public void invoke(Request request, Response response) throws IOException, ServletException {
            kept.add(response.getCoyoteResponse());
            getNext().invoke(request, response);
        }
    }

    @Test
    void shouldNotBeKeptByTheResponseOfAnAbortedRequest() throws Exception {
        InMemoryArray array = new InMemoryArray();
        PooledResponses responses = new PooledResponses();
        try (TestTomcat tomcat =
                new TestTomcat(array.source(), context -> context.getPipeline().addValve(responses))) {
            tomcat.page("/torn", (request, response) -> {
                HttpSession session = request.getSession();
                response.getWriter().print("first");
                response.flushBuffer();
                array.commitsAnswer = Committed.Status.FENCED;
                session.setAttribute("step", 1);
                response.getWriter().print("second");
            });
            tomcat.start();
            try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/torn", null)) {
                browser.readToEnd();
            }
            ReferenceQueue<Object> collected = new ReferenceQueue<>();
            WeakReference<Object> manager = new WeakReference<>(tomcat.context.getManager(), collected);

            tomcat.context.stop();

            for (int i = 0; i < COLLECTIONS && !manager.refersTo(null); i++) {
                System.gc();
                collected.remove(WAIT_MS);
            }
            assertThat(manager.refersTo(null)).isTrue();
            assertThat(responses.kept).hasSize(1);
        }
    }
}
