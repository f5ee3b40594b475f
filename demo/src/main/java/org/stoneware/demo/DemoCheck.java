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
    private final @Nullable String[] cookies = new String[SESSIONS];
    private final @Nullable String[] ids = new String[SESSIONS];
    private final int[] counted = new int[SESSIONS];

    DemoCheck(DemoArray array, PrintStream out) {
        this.array = array;
        this.out = out;
    }

    /** @throws IllegalStateException when what a Tomcat answered is not what the story promises. */
    void run() throws IOException {
        Set<String> tomcats = count(REQUESTS_EACH);
        if (tomcats.size() != 2) {
            throw new IllegalStateException("round robin should reach both Tomcats, but only reached " + tomcats);
        }
        out.println("  " + SESSIONS + " sessions, " + REQUESTS_EACH
                + " requests each, served in turn by both Tomcats: every counter exact");
        expectActiveOnPage("Server1");
        killActive();
        killOneTomcat();
    }

    private void killActive() throws IOException {
        ServerProcess first = array.servers().get(0);
        ServerProcess second = array.servers().get(1);
        first.process().killHard();
        count(REQUESTS_EACH);
        second.awaitRole(Cluster.ACTIVE);
        out.println("  Server1 killed with kill -9: Server2 has taken over, every counter goes on exactly");
        expectActiveOnPage("Server2");
        array.restartEnded();
        array.servers().get(0).awaitRole(Cluster.STANDBY);
        count(REQUESTS_EACH);
        out.println("  Server1 started again: it is standby, every counter exact");
    }

    private void killOneTomcat() throws IOException {
        array.tomcats().get(0).process().killHard();
        count(REQUESTS_EACH);
        out.println("  Tomcat A killed with kill -9: Tomcat B goes on with every session, every counter exact");
    }

    /** @return who answered. */
    private Set<String> count(int requestsEach) throws IOException {
        Set<String> tomcats = new HashSet<>();
        for (int round = 0; round < requestsEach; round++) {
            for (int i = 0; i < SESSIONS; i++) {
                Counter counter = Counter.next(array.frontDoor().uri("/counter.jsp"), cookies[i]);
                expect(counter, ++counted[i], ids[i]);
                cookies[i] = counter.cookie();
                ids[i] = counter.sessionId();
                tomcats.add(counter.tomcat());
            }
        }
        return tomcats;
    }

    /** The page counts, too. */
    private void expectActiveOnPage(String server) throws IOException {
        Page page = Page.get(array.frontDoor().uri("/index.jsp"), cookies[0]);
        counted[0]++;
        if (page.status() != 200 || !page.body().contains("id=\"active\">" + server + "<")) {
            throw new IllegalStateException("the test page should say that " + server + " is active: " + page);
        }
        out.println("  the test page says that " + server + " is active");
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
