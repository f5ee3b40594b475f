package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.servlet.http.HttpSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TwoTomcatsTest {
    private static final TestTomcat.Page COUNT = (request, response) -> {
        HttpSession session = request.getSession();
        Integer count = (Integer) session.getAttribute("count");
        count = count == null ? 1 : count + 1;
        session.setAttribute("count", count);
        response.getWriter().print(count + " " + session.isNew());
    };

    private final InMemoryArray array = new InMemoryArray();
    private TestTomcat a;
    private TestTomcat b;

    @BeforeEach
    void start() throws Exception {
        a = new TestTomcat(array.source()).page("/count", COUNT).start();
        b = new TestTomcat(array.source()).page("/count", COUNT).start();
    }

    @AfterEach
    void stop() throws Exception {
        a.close();
        b.close();
    }

    @Test
    void shouldCountWithoutGapWhenTomcatsAlternate() throws Exception {
        HttpResponse<String> first = a.get("/count", null);
        String id = sessionId(first);
        List<String> bodies = new ArrayList<>(List.of(first.body()));

        for (int i = 0; i < 5; i++) {
            bodies.add((i % 2 == 0 ? b : a).get("/count", id).body());
        }

        assertThat(bodies).containsExactly("1 true", "2 false", "3 false", "4 false", "5 false", "6 false");
        array.awaitNoUses();
    }

    @Test
    void shouldCountTheIdleTimeOfASessionFromTheEndOfItsLastRequest() throws Exception {
        TestTomcat.Page takesLong = (request, response) -> {
            HttpSession session = request.getSession();
            // By the clock of the machine too: an age counted from the beginning of the request is not 0.
            long beginNs = System.nanoTime();
            while (System.nanoTime() - beginNs < TimeUnit.MILLISECONDS.toNanos(20)) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
            array.advance(50_000);
            if (request.getParameter("write") != null) {
                session.setAttribute("written", "at the end");
            }
        };
        a.page("/pay", takesLong);
        String id = sessionId(a.get("/count", null));

        a.get("/pay", id);
        array.awaitNoUses();
        long afterReading = array.record(APPLICATION, id).lastAccessedTimeMs();
        long endOfReading = array.logTimeMs();
        a.get("/pay?write=yes", id);
        array.awaitNoUses();

        assertThat(afterReading).isEqualTo(endOfReading);
        assertThat(array.record(APPLICATION, id).lastAccessedTimeMs()).isEqualTo(array.logTimeMs());
    }

    @Test
    void shouldTellTheLastAccessWhenAnotherTomcatHasOnlyReadTheSession() throws Exception {
        TestTomcat.Page last = (request, response) ->
                response.getWriter().print(request.getSession().getLastAccessedTime());
        a.page("/last", last);
        b.page("/last", last);
        String id = sessionId(a.get("/count", null));
        // On the same connection: Catalina takes the time when the request before is over.
        a.get("/none", null);
        array.awaitNoUses();
        long readMs = nextMs();
        b.get("/last", id);
        array.awaitNoUses();

        long toldMs = Long.parseLong(a.get("/last", id).body());

        assertThat(toldMs).isGreaterThanOrEqualTo(readMs);
    }

    /** A time of the clock of the machine that is later than everything before. */
    private static long nextMs() {
        long beforeMs = System.currentTimeMillis();
        while (System.currentTimeMillis() <= beforeMs) {
            Thread.onSpinWait();
        }
        return System.currentTimeMillis();
    }

    @Test
    void shouldLoseNoUpdateWhenBothTomcatsServeOneSessionAtOnce() throws Exception {
        String id = sessionId(a.get("/count", null));
        ExecutorService browsers = Executors.newFixedThreadPool(8);

        List<Future<Boolean>> results = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            TestTomcat tomcat = i % 2 == 0 ? a : b;
            // Inside one Tomcat the application's own read-modify-write races as in plain Catalina, so it takes turns.
            results.add(browsers.submit(() -> {
                synchronized (tomcat) {
                    return tomcat.get("/count", id).statusCode() == 200;
                }
            }));
        }
        for (Future<Boolean> result : results) {
            assertThat(result.get()).isTrue();
        }
        browsers.shutdown();

        assertThat(array.attribute(APPLICATION, id, "count")).isEqualTo(101);
        array.awaitNoUses();
    }
}
