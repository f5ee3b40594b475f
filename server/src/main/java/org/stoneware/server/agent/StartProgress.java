package org.stoneware.server.agent;

/**
 * What a server that is starting is doing, for people who wonder.
 * <p>
 * <b>Threading:</b> any thread.
 */
final class StartProgress {
    private volatile String what = "its parts are put together";

    /** @param next what is done from now on. */
    void is(String next) {
        what = next;
    }

    String what() {
        return what;
    }
}
