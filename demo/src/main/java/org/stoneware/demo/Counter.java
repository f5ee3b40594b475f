package org.stoneware.demo;

import java.io.IOException;
import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One answer of the counter page {@code counter.jsp}.
 *
 * @param sessionId session the application saw.
 * @param value     count after this request.
 * @param tomcat    name of the Tomcat that answered.
 * @param cookie    cookie to send with the next request.
 */
public record Counter(String sessionId, int value, String tomcat, String cookie) {
    private static final Pattern LINES = Pattern.compile("session=(\\S+)\\s+counter=(\\d+)\\s+tomcat=(\\S+)\\s*");

    /**
     * Counts once.
     *
     * @param cookie of the session, or null for a new one.
     * @throws IOException when there is no answer or it is not the counter's; the message holds what came.
     */
    public static Counter next(URI page, @Nullable String cookie) throws IOException {
        Page answer = Page.get(page, cookie);
        Matcher lines = LINES.matcher(answer.body());
        if (answer.status() != 200 || !lines.matches()) {
            throw new IOException("no counter: uri=" + page + " status=" + answer.status() + " body=" + answer.body());
        }
        String sent = answer.cookie() == null ? cookie : answer.cookie();
        if (sent == null) {
            throw new IOException("no session cookie: uri=" + page + " body=" + answer.body());
        }
        return new Counter(lines.group(1), Integer.parseInt(lines.group(2)), lines.group(3), sent);
    }
}
