package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.tomcat.TestTomcat.APPLICATION;
import static org.stoneware.tomcat.TestTomcat.sessionId;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.servlet.AsyncContext;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpSession;
import org.agrona.ExpandableArrayBuffer;
import org.apache.tomcat.util.descriptor.web.ErrorPage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.client.Committed;

/** No byte leaves before the array holds the changes made up to it. */
class CommitPointsTest {
    private static final String BIG = "x".repeat(100_000);

    private final InMemoryArray array = new InMemoryArray();
    private final CountDownLatch mayGoOn = new CountDownLatch(1);
    private TestTomcat tomcat;
    private String id;

    @BeforeEach
    void start() throws Exception {
        tomcat = new TestTomcat(array.source(), context -> {
            ErrorPage errorPage = new ErrorPage();
            errorPage.setErrorCode(418);
            errorPage.setLocation("/error");
            context.addErrorPage(errorPage);
        });
        tomcat.page("/begin", (request, response) -> request.getSession().setAttribute("step", 0));
        tomcat.start();
        id = sessionId(tomcat.get("/begin", null));
    }

    @AfterEach
    void stop() throws Exception {
        mayGoOn.countDown();
        tomcat.close();
    }

    private Object held(String attribute) {
        return array.attribute(APPLICATION, id, attribute);
    }

    private void await() {
        try {
            if (!mayGoOn.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("test never let the page go on");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldHoldNewSessionBeforeItsCookieLeaves() throws Exception {
        tomcat.page("/new", (request, response) -> {
            request.getSession();
            response.flushBuffer();
            await();
        });

        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/new", null)) {
            browser.readUntil("\r\n\r\n");

            assertThat(array.record(APPLICATION, browser.sessionId())).isNotNull();
        }
    }

    @Test
    void shouldHoldChangeMadeAfterFlushBeforeNextBytesLeave() throws Exception {
        tomcat.page("/flush", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().print("first");
            response.flushBuffer();
            session.setAttribute("step", 1);
            response.getWriter().print("second");
            response.flushBuffer();
            await();
        });

        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/flush", id)) {
            browser.readUntil("second");

            assertThat(held("step")).isEqualTo(1);
        }
    }

    @Test
    void shouldLetSecondRequestSeeChangeWhileFirstStillRuns() throws Exception {
        tomcat.page("/long", (request, response) -> {
            request.getSession().setAttribute("step", 2);
            response.getWriter().print("sent");
            response.flushBuffer();
            await();
        });
        tomcat.page("/read", (request, response) -> response.getWriter()
                .print(request.getSession().getAttribute("step")));

        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/long", id)) {
            browser.readUntil("sent");

            assertThat(tomcat.get("/read", id).body()).isEqualTo("2");
            assertThat(held("step")).isEqualTo(2);
        }
    }

    @Test
    void shouldHoldChangeBeforeBodyOverflowsTheBuffer() throws Exception {
        tomcat.page("/big", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().print(BIG);
            session.setAttribute("step", 3);
            response.getWriter().print("mark" + BIG);
            await();
        });

        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/big", id)) {
            browser.readUntil("mark");

            assertThat(held("step")).isEqualTo(3);
        }
    }

    @Test
    void shouldHoldChangeBeforeRestOfBodyOfKnownLengthLeaves() throws Exception {
        tomcat.page("/length", (request, response) -> {
            HttpSession session = request.getSession();
            response.setContentLength(2 * BIG.length() + 4);
            response.getOutputStream().write(BIG.getBytes(StandardCharsets.US_ASCII));
            session.setAttribute("step", 4);
            response.getOutputStream().write(("last" + BIG).getBytes(StandardCharsets.US_ASCII));
            await();
        });

        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/length", id)) {
            browser.readUntil("last");

            assertThat(held("step")).isEqualTo(4);
        }
    }

    @Test
    void shouldHoldChangeBeforeEarlyCloseEndsResponse() throws Exception {
        tomcat.page("/close", (request, response) -> {
            request.getSession().setAttribute("step", 5);
            response.getWriter().print("bye");
            response.getWriter().close();
            await();
        });

        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/close", id)) {
            browser.readUntil("bye");

            assertThat(held("step")).isEqualTo(5);
        }
    }

    @Test
    void shouldHoldChangeMadeAfterLastByteWasClosed() throws Exception {
        tomcat.page("/after", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().close();
            session.setAttribute("step", 6);
        });

        tomcat.get("/after", id);
        tomcat.get("/begin", null);

        assertThat(held("step")).isEqualTo(6);
    }

    @Test
    void shouldHoldChangeMadeByErrorPage() throws Exception {
        tomcat.page("/teapot", (request, response) -> {
            request.getSession().setAttribute("step", 7);
            response.sendError(418);
        });
        tomcat.page("/error", (request, response) -> {
            request.getSession().setAttribute("error", "seen");
            response.getWriter().print("error page");
        });

        HttpResponse<String> response = tomcat.get("/teapot", id);

        assertThat(response.statusCode()).isEqualTo(418);
        assertThat(response.body()).isEqualTo("error page");
        assertThat(held("step")).isEqualTo(7);
        assertThat(held("error")).isEqualTo("seen");
    }

    @Test
    void shouldHoldChangeMadeOnForeignThreadBeforeItsBytesLeave() throws Exception {
        tomcat.page("/async", (request, response) -> {
            HttpSession session = request.getSession();
            AsyncContext async = request.startAsync();
            new Thread(() -> {
                        try {
                            session.setAttribute("step", 8);
                            HttpServletResponse answer = (HttpServletResponse) async.getResponse();
                            answer.getWriter().print("async");
                            answer.flushBuffer();
                            await();
                            session.setAttribute("step", 9);
                            async.complete();
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .start();
        });

        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/async", id)) {
            browser.readUntil("async");
            Object whenBytesArrived = held("step");
            int usesMeanwhile = array.uses(APPLICATION, id);
            mayGoOn.countDown();
            browser.readToEnd();

            assertThat(whenBytesArrived).isEqualTo(8);
            assertThat(usesMeanwhile).isEqualTo(1);
            assertThat(held("step")).isEqualTo(9);
        }
    }

    @Test
    void shouldHoldChangeBeforeFileIsSent(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("sent");
        Files.writeString(file, BIG);
        tomcat.page("/file", (request, response) -> {
            request.getSession().setAttribute("step", 10);
            response.setContentLength(BIG.length());
            request.setAttribute("org.apache.tomcat.sendfile.filename", file.toString());
            request.setAttribute("org.apache.tomcat.sendfile.start", 0L);
            request.setAttribute("org.apache.tomcat.sendfile.end", (long) BIG.length());
        });

        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/file", id)) {
            browser.readUntil("xxx");

            assertThat(held("step")).isEqualTo(10);
        }
    }

    @Test
    void shouldNoticeValueChangedInPlace() throws Exception {
        tomcat.page("/cart", (request, response) -> {
            HttpSession session = request.getSession();
            @SuppressWarnings("unchecked")
            ArrayList<String> cart = (ArrayList<String>) session.getAttribute("cart");
            if (cart == null) {
                cart = new ArrayList<>();
                session.setAttribute("cart", cart);
            }
            cart.add("item" + cart.size());
        });

        tomcat.get("/cart", id);
        tomcat.get("/cart", id);

        assertThat(held("cart")).isEqualTo(List.of("item0", "item1"));
    }

    @Test
    void shouldWriteNothingWhenRequestChangedNothing() throws Exception {
        tomcat.page("/look", (request, response) -> response.getWriter()
                .print(request.getSession().getAttribute("step")));
        array.calls.clear();

        tomcat.get("/look", id);

        // Catalina's authenticator looks who is there, then the page.
        assertThat(array.calls).containsExactly("open " + id, "rest " + id, "open " + id, "end " + id);
    }

    @Test
    void shouldAnswer503WhenCommitFailsBeforeFirstByte() throws Exception {
        tomcat.page("/change", (request, response) -> {
            request.getSession().setAttribute("step", 11);
            response.getWriter().print("done");
        });
        array.commitsAnswer = Committed.Status.FENCED;

        HttpResponse<String> response = tomcat.get("/change", id);

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.body()).doesNotContain("done");
        assertThat(held("step")).isEqualTo(0);
        array.awaitNoUses();
    }

    @Test
    void shouldReplaceResponseBy503WhenCommitFailsAtFirstFlush() throws Exception {
        tomcat.page("/change", (request, response) -> {
            request.getSession(true).setAttribute("step", 11);
            response.getWriter().print("done");
            response.flushBuffer();
            response.getWriter().print(BIG);
        });
        array.commitsAnswer = Committed.Status.UNAVAILABLE;

        HttpResponse<String> response = tomcat.get("/change", null);

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.body()).doesNotContain("done").doesNotContain("xxx");
        assertThat(sessionId(response)).isNull();
        array.awaitNoUses();
    }

    @Test
    void shouldAbortConnectionWhenCommitFailsAfterFirstByte() throws Exception {
        tomcat.page("/torn", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().print("first");
            response.flushBuffer();
            array.commitsAnswer = Committed.Status.FENCED;
            session.setAttribute("step", 12);
            response.getWriter().print("second");
        });

        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/torn", id)) {
            String text = browser.readToEnd();

            // Without the last chunk no browser takes it for a whole response.
            assertThat(text).contains("first").doesNotContain("second").doesNotContain("\r\n0\r\n");
        }
        array.awaitNoUses();
    }

    @Test
    void shouldForgetChangeTheArrayDidNotTake() throws Exception {
        tomcat.page("/change", (request, response) -> request.getSession().setAttribute("step", 13));
        tomcat.page("/read", (request, response) -> response.getWriter()
                .print(request.getSession().getAttribute("step")));
        array.commitsAnswer = Committed.Status.UNAVAILABLE;
        tomcat.get("/change", id);
        array.commitsAnswer = null;

        String seen = tomcat.get("/read", id).body();

        assertThat(seen).isEqualTo("0");
    }

    @Test
    void shouldFailParallelRequestWhoseChangeWentDownWithTheCommitOfAnother() throws Exception {
        CountDownLatch isChanged = new CountDownLatch(1);
        tomcat.page("/two", (request, response) -> {
            request.getSession().setAttribute("x", "of the second");
            isChanged.countDown();
            await();
            response.getWriter().print("done");
        });
        tomcat.page("/one", (request, response) -> request.getSession().setAttribute("y", 1));

        try (RawBrowser second = new RawBrowser(tomcat.port()).get("/two", id)) {
            assertThat(isChanged.await(20, TimeUnit.SECONDS)).isTrue();
            array.commitsAnswer = Committed.Status.UNAVAILABLE;
            HttpResponse<String> first = tomcat.get("/one", id);
            array.commitsAnswer = null;
            mayGoOn.countDown();

            assertThat(first.statusCode()).isEqualTo(503);
            assertThat(second.readToEnd()).contains(" 503 ").doesNotContain("done");
        }
        array.awaitNoUses();
    }

    @Test
    void shouldCountSessionAsDirtyWhileItsChangesAreOnTheirWay() throws Exception {
        tomcat.page("/change", (request, response) -> request.getSession().setAttribute("step", 1));
        List<Boolean> isDirty = new ArrayList<>();
        array.beforeCommit = () -> isDirty.add(copy().isDirty());

        tomcat.get("/change", id);

        assertThat(isDirty).containsExactly(true);
        assertThat(copy().isDirty()).isFalse();
    }

    private ClusteredSession copy() {
        return (ClusteredSession) tomcat.context.getManager().findSessions()[0];
    }

    @Test
    void shouldFailRequestThatChangedAValueInPlaceInACopyAnotherTomcatHasOvertaken() throws Exception {
        CountDownLatch isRead = new CountDownLatch(1);
        tomcat.page("/list", (request, response) -> request.getSession().setAttribute("list", new ArrayList<>()));
        tomcat.page("/grow", (request, response) -> {
            @SuppressWarnings("unchecked")
            ArrayList<String> list = (ArrayList<String>) request.getSession().getAttribute("list");
            isRead.countDown();
            await();
            list.add("lost");
        });
        tomcat.page("/look", (request, response) -> response.getWriter()
                .print(request.getSession().getAttribute("list")));
        tomcat.get("/list", id);

        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/grow", id)) {
            assertThat(isRead.await(20, TimeUnit.SECONDS)).isTrue();
            SessionDelta.Builder none = new SessionDelta.Builder(new ExpandableArrayBuffer());
            none.finish();
            array.change(APPLICATION, id, new SessionDelta().wrap(none.buffer(), 0));
            tomcat.get("/look", id);
            mayGoOn.countDown();

            assertThat(browser.readToEnd()).contains(" 503 ");
        }
        array.awaitNoUses();
    }

    @Test
    void shouldServeRequestsWithoutSessionOnTheProcessorOfAnAbortedOne() throws Exception {
        tomcat.page("/torn", (request, response) -> {
            HttpSession session = request.getSession();
            response.getWriter().print("first");
            response.flushBuffer();
            array.commitsAnswer = Committed.Status.FENCED;
            session.setAttribute("step", 12);
            response.getWriter().print("second");
        });
        tomcat.page("/plain", (request, response) -> response.getWriter().print("plain"));

        for (String path : List.of("/shop/plain", "/elsewhere")) {
            try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/torn", id)) {
                browser.readToEnd();
            }
            array.commitsAnswer = null;
            try (RawBrowser browser = new RawBrowser(tomcat.port()).getPath(path, null)) {
                assertThat(browser.readToEnd()).contains(path.equals("/elsewhere") ? " 404 " : "plain");
            }
        }
        array.awaitNoUses();
    }

    @Test
    void shouldEndUseAtOnceWhenBrowserGoesAwayInTheMiddleOfTheBody() throws Exception {
        tomcat.page("/endless", (request, response) -> {
            request.getSession().setAttribute("step", 14);
            response.getOutputStream().print("first");
            response.flushBuffer();
            await();
            for (int i = 0; i < 10_000; i++) {
                response.getOutputStream().print(BIG);
            }
        });

        try (RawBrowser browser = new RawBrowser(tomcat.port()).get("/endless", id)) {
            browser.readUntil("first");
        }
        mayGoOn.countDown();

        array.awaitNoUses();
        assertThat(held("step")).isEqualTo(14);
    }

    /** Fails to be serialized in the way the test wants. */
    static final class Moody implements Serializable {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("serial")
        static volatile Throwable mood;

        int value;

        private void writeObject(ObjectOutputStream out) throws IOException {
            if (mood instanceof Error error) {
                throw error;
            } else if (mood instanceof RuntimeException exception) {
                throw exception;
            }
            out.defaultWriteObject();
        }
    }

    @Test
    void shouldKeepWhatOthersSeeOfAnAttributeThatCanNotBeWrittenNow() throws Exception {
        tomcat.page("/moody", (request, response) -> {
            HttpSession session = request.getSession();
            if (session.getAttribute("moody") == null) {
                session.setAttribute("moody", new Moody());
            }
            ((Moody) session.getAttribute("moody")).value++;
        });
        tomcat.get("/moody", id);
        List<Integer> statuses = new ArrayList<>();

        for (Throwable mood : List.of(
                new ConcurrentModificationException(), new IllegalStateException(), new NoClassDefFoundError("x"))) {
            Moody.mood = mood;
            statuses.add(tomcat.get("/moody", id).statusCode());
        }
        Moody.mood = null;
        int healed = tomcat.get("/moody", id).statusCode();

        assertThat(statuses).containsExactly(503, 503, 503);
        assertThat(healed).isEqualTo(200);
        assertThat(((Moody) held("moody")).value).isEqualTo(2);
        array.awaitNoUses();
    }

    @Test
    void shouldFailRequestWhenAnErrorStopsItsCommit() throws Exception {
        tomcat.page("/change", (request, response) -> request.getSession().setAttribute("step", 15));
        array.beforeCommit = () -> {
            throw new OutOfMemoryError("as the test wants");
        };

        HttpResponse<String> response = tomcat.get("/change", id);

        assertThat(response.statusCode()).isEqualTo(503);
        array.awaitNoUses();
    }

    @Test
    void shouldRefuseNamesTheArrayCanNotHold() throws Exception {
        tomcat.page("/names", (request, response) -> {
            HttpSession session = request.getSession();
            for (String name : List.of("x".repeat(65_536), "\u20ac".repeat(21_846), "half \ud83d")) {
                try {
                    session.setAttribute(name, "hostile");
                    response.getWriter().print("accepted ");
                } catch (IllegalArgumentException e) {
                    response.getWriter().print("refused ");
                }
            }
            session.setAttribute("whole \ud83d\ude00", "fine");
        });

        HttpResponse<String> response = tomcat.get("/names", id);

        assertThat(response.body()).isEqualTo("refused refused refused ");
        assertThat(held("whole \ud83d\ude00")).isEqualTo("fine");
    }
}
