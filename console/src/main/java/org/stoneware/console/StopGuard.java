package org.stoneware.console;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may stop this server over HTTP, or have it hand its role over: a program on this machine that can read this start's token.
 * <p>
 * The Host header must name an address, so that a web page whose name was pointed at this machine (DNS rebinding) gets nowhere even if it
 * knew the token.
 */
final class StopGuard {
    private static final Pattern HOST = Pattern.compile("(\\[[0-9a-f:.]+]|[^:\\[\\]]+)(?::\\d{1,5})?");
    private static final Pattern ADDRESS = Pattern.compile("\\[.*]|\\d{1,3}(?:\\.\\d{1,3}){3}");
    private static final String SCHEME = "Bearer ";

    private final @Nullable StopToken token;
    private final String action;
    private final String ownHost;
    private final String todo;

    /**
     * @param token   of this start; null when it could not be written, then nobody may.
     * @param ownHost host of this server in the configuration.
     */
    StopGuard(@Nullable StopToken token, String ownHost) {
        this(token, ownHost, "stop", "stop-server");
    }

    private StopGuard(@Nullable StopToken token, String ownHost, String action, String program) {
        this.token = token;
        this.ownHost = ownHost.toLowerCase(Locale.ROOT);
        this.action = action;
        this.todo = "run bin/" + program + " on the machine of this server, as the user who owns its data";
    }

    /**
     * The same rules for another action.
     *
     * @param nextAction what is asked for, in the answers.
     * @param program    script that does it.
     */
    StopGuard forAction(String nextAction, String program) {
        return new StopGuard(token, ownHost, nextAction, program);
    }

    /** Why the request must be refused; null when it may do what it asks for. */
    @Nullable
    Answer refusal(Request request) {
        if (!request.isFromThisMachine()) {
            return Answer.error(
                    403,
                    action + " refused: it came from another machine",
                    "requests from the server's own machine",
                    todo);
        }
        if (!isOwnHost(request.host())) {
            return Answer.error(
                    403,
                    action + " refused: the Host header is not this server",
                    "localhost, an IP address or " + ownHost,
                    todo);
        }
        if (token == null) {
            return Answer.error(
                    403,
                    action + " refused: this server could not write its token at start",
                    "a data directory with owner-only permissions",
                    "see the server's log, or send the process SIGTERM");
        }
        String authorization = request.authorization();
        if (authorization == null
                || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                || !token.matches(authorization.substring(SCHEME.length()).trim())) {
            return Answer.error(
                            401,
                            action + " refused: the token is missing or wrong",
                            "Authorization: Bearer <content of " + StopToken.FILE_NAME + " in the data directory>",
                            todo)
                    .with("WWW-Authenticate", "Bearer realm=\"stoneware\"");
        }
        return null;
    }

    private boolean isOwnHost(@Nullable String header) {
        if (header == null) {
            return false;
        }
        var matcher = HOST.matcher(header.trim().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return false;
        }
        String host = matcher.group(1);
        return host.equals("localhost")
                || host.equals(ownHost)
                || ADDRESS.matcher(host).matches();
    }
}
