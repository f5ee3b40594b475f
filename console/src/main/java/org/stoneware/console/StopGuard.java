package org.stoneware.console;

import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ManagementAccess.Account;

/**
 * Decides who may stop this server over HTTP, or have it hand its role over: a program on this machine that can read this start's token, or
 * a user the access file gives {@code readwrite}, from anywhere.
 * <p>
 * The Host header of the former must name an address, so that a web page whose name was pointed at this machine (DNS rebinding) gets nowhere
 * even if it knew the token. The latter must send {@value #USER_HEADER}: a browser that remembers a password sends that along with what
 * another site's page asks for, and no such page can send a header of its own.
 */
final class StopGuard {
    static final String USER_HEADER = "X-Requested-By";

    private final @Nullable StopToken token;
    private final ReadGuard users;
    private final String action;
    private final OwnHost ownHost;
    private final String todo;

    /**
     * @param token   of this start; null when it could not be written, then nobody may.
     * @param users   knows who has an account.
     * @param ownHost host of this server in the configuration.
     */
    StopGuard(@Nullable StopToken token, ReadGuard users, String ownHost) {
        this(token, users, new OwnHost(ownHost), "stop", "stop-server");
    }

    private StopGuard(@Nullable StopToken token, ReadGuard users, OwnHost ownHost, String action, String program) {
        this.token = token;
        this.users = users;
        this.ownHost = ownHost;
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
        return new StopGuard(token, users, ownHost, nextAction, program);
    }

    /** Why the request must be refused; null when it may do what it asks for. */
    @Nullable
    Answer refusal(Request request) {
        return ReadGuard.isBasic(request.authorization()) ? refusalOfUser(request) : refusalOfProgram(request);
    }

    private @Nullable Answer refusalOfUser(Request request) {
        Account account = users.account(request);
        if (account == null) {
            return users.logIn(request);
        }
        if (!account.mayChange()) {
            return Answer.error(
                    403,
                    action + " refused: this user may only look",
                    "a user with readwrite in the access file",
                    "log in as another user, or change the access file");
        }
        if (request.requestedBy() == null) {
            return Answer.error(
                    403,
                    action + " refused: the header " + USER_HEADER
                            + " is missing, by which it is known not to come from a" + " page of another site",
                    USER_HEADER + " with any value",
                    "add it");
        }
        return null;
    }

    private @Nullable Answer refusalOfProgram(Request request) {
        if (!request.isFromThisMachine()) {
            return Answer.error(
                    403,
                    action + " refused: it came from another machine",
                    "requests from the server's own machine",
                    todo);
        }
        if (!ownHost.matches(request.host())) {
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
        if (!token.isIn(request.authorization())) {
            return Answer.error(
                            401,
                            action + " refused: the token is missing or wrong",
                            "Authorization: Bearer <content of " + StopToken.FILE_NAME + " in the data directory>",
                            todo)
                    .with("WWW-Authenticate", "Bearer realm=\"stoneware\"");
        }
        return null;
    }
}
