package org.stoneware.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Clicks through the story as a person would, and counts along. */
final class DemoCheck {
    private static final int SESSIONS = 5;
    private static final int REQUESTS_EACH = 12;

    private final DemoArray array;
    private final PrintStream out;

    DemoCheck(DemoArray array, PrintStream out) {
        this.array = array;
        this.out = out;
    }

    /** @throws IllegalStateException when what a Tomcat answered is not what the story promises. */
    void run() throws IOException {
        @Nullable String[] cookies = new String[SESSIONS];
        @Nullable String[] ids = new String[SESSIONS];
        Set<String> tomcats = new HashSet<>();
        for (int round = 1; round <= REQUESTS_EACH; round++) {
            for (int i = 0; i < SESSIONS; i++) {
                Counter counter = Counter.next(array.frontDoor().uri("/counter.jsp"), cookies[i]);
                expect(counter, round, ids[i]);
                cookies[i] = counter.cookie();
                ids[i] = counter.sessionId();
                tomcats.add(counter.tomcat());
            }
        }
        if (tomcats.size() != 2) {
            throw new IllegalStateException("round robin should reach both Tomcats, but only reached " + tomcats);
        }
        out.println("  " + SESSIONS + " sessions, " + REQUESTS_EACH
                + " requests each, served in turn by both Tomcats: every counter exact");
        Page page = Page.get(array.frontDoor().uri("/index.jsp"), cookies[0]);
        if (page.status() != 200 || !page.body().contains(">Server1<")) {
            throw new IllegalStateException("the test page should name the active server: " + page);
        }
        out.println("  the test page names the active server");
        killOneTomcat(cookies, ids);
    }

    private void killOneTomcat(@Nullable String[] cookies, @Nullable String[] ids) throws IOException {
        array.tomcats().get(0).process().killHard();
        // The page above counted once more in the first session.
        for (int round = 1; round <= 4; round++) {
            for (int i = 0; i < SESSIONS; i++) {
                Counter counter = Counter.next(array.frontDoor().uri("/counter.jsp"), cookies[i]);
                expect(counter, REQUESTS_EACH + round + (i == 0 ? 1 : 0), ids[i]);
            }
        }
        out.println("  Tomcat A killed with kill -9: Tomcat B goes on with every session, every counter exact");
    }

    private static void expect(Counter counter, int value, @Nullable String id) {
        if (counter.value() != value) {
            throw new IllegalStateException("counter should be " + value + " but is " + counter);
        }
        if (id != null && !id.equals(counter.sessionId())) {
            throw new IllegalStateException("session should be " + id + " but is " + counter);
        }
    }
}
