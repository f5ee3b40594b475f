package org.stoneware.itests;

import java.io.IOException;
import java.net.URI;
import org.stoneware.demo.Counter;
import org.stoneware.testkit.history.History;
import org.stoneware.testkit.history.HistoryChecker;

/** Counts on counter pages, writes down what each request saw, and says whether one copy of each session explains it. */
final class RecordedCounters {
    private final History.Recorder recorder = new History.Recorder();

    /**
     * Counts once. A request without an answer may count any time later, or never.
     *
     * @param user    whose session it is; names it, since its id is known only after the first answer.
     * @param cookie  of the session, or null for a new one.
     */
    Counter next(String user, URI page, String cookie) throws IOException {
        return next(user, page, cookie, false);
    }

    /**
     * Counts once, through a proxy that may give the request to a second Tomcat when the first one breaks off.
     *
     * @param isRepeatable whether it may have counted twice.
     */
    Counter next(String user, URI page, String cookie, boolean isRepeatable) throws IOException {
        History.Call call = recorder.increment(user, page.getAuthority(), System.nanoTime());
        if (isRepeatable) {
            // Never ended: nobody can say whether there was a second one.
            recorder.increment(user, page.getAuthority(), System.nanoTime());
        }
        Counter counter = Counter.next(page, cookie);
        call.answeredBy(counter.tomcat()).ok(counter.value(), System.nanoTime());
        return counter;
    }

    String verdict() {
        return HistoryChecker.check(recorder.history()).toString();
    }

    /** Throws with the operations that cannot be ordered. */
    void requireOneCopyOfEachSession() {
        HistoryChecker.check(recorder.history()).requireOk();
    }
}
