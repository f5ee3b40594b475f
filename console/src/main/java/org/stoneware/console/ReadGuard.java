package org.stoneware.console;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.config.ManagementAccess;
import org.stoneware.api.config.ManagementAccess.Account;

/**
 * Decides who may look at what over HTTP (ADR 0150). Whoever may change something is for {@link StopGuard} to say.
 * <p>
 * <b>Threading:</b> any thread.
 */
final class ReadGuard {
    private static final String BASIC = "Basic ";
    private static final int MAX_CREDENTIALS_LENGTH = 1_024;
    private static final String TODO =
            "log in as a user of the password file that <authentication> of this server names in tc-config";

    private final ManagementAccess access;
    private final OwnHost ownHost;
    private final @Nullable StopToken token;
    private final ManagementService management;

    /** How much an address tells. */
    enum Secrecy {
        /** What probes, Tomcats and other servers need: anybody. */
        OPEN,
        /** Names, addresses and numbers: with accounts, users and programs on this machine. */
        FACTS,
        /** Whoever knows an id of a session can use it: users, and programs on this machine while there are no accounts. */
        SESSIONS
    }

    ReadGuard(ManagementAccess access, String ownHost, @Nullable StopToken token, ManagementService management) {
        this.access = access;
        this.ownHost = new OwnHost(ownHost);
        this.token = token;
        this.management = management;
    }

    /** Why the request must be refused; null when it may be answered. */
    @Nullable
    Answer refusal(Request request, Secrecy secrecy) {
        if (secrecy == Secrecy.OPEN || (secrecy == Secrecy.FACTS && !access.isRequired())) {
            return null;
        }
        if (access.isRequired()) {
            if (account(request) != null || isOwner(request)) {
                return null;
            }
            boolean isLocal = request.isFromThisMachine() && ownHost.matches(request.host());
            return secrecy == Secrecy.FACTS && isLocal && request.authorization() == null ? null : logIn(request);
        }
        if (!request.isFromThisMachine()) {
            return Answer.error(
                    403,
                    "sessions are not shown to another machine: this server has no accounts",
                    "requests from the server's own machine, or a log-in",
                    "configure <authentication> in tc-config, or ask on the server's machine");
        }
        return ownHost.matches(request.host())
                ? null
                : Answer.error(
                        403,
                        "sessions are not shown: the Host header is not this server",
                        "localhost, an IP address or the host in tc-config",
                        "ask with the server's address");
    }

    /** Who asks, by name and password; null when nobody did, or wrongly. */
    @Nullable
    Account account(Request request) {
        String[] credentials = credentials(request.authorization());
        return access.isRequired() && credentials != null ? access.logIn(credentials[0], credentials[1]) : null;
    }

    static boolean isBasic(@Nullable String authorization) {
        return authorization != null && authorization.regionMatches(true, 0, BASIC, 0, BASIC.length());
    }

    private boolean isOwner(Request request) {
        return token != null
                && request.isFromThisMachine()
                && ownHost.matches(request.host())
                && token.isIn(request.authorization());
    }

    /** A password is asked for; one that was wrong is told. */
    Answer logIn(Request request) {
        if (request.authorization() != null) {
            management.logInRefused(
                    "management port", request.remote().getAddress().getHostAddress());
        }
        return Answer.error(401, "this server wants a log-in", "user and password (HTTP Basic)", TODO)
                .with("WWW-Authenticate", "Basic realm=\"Stoneware\", charset=\"UTF-8\"");
    }

    private static String @Nullable [] credentials(@Nullable String authorization) {
        if (authorization == null || !isBasic(authorization) || authorization.length() > MAX_CREDENTIALS_LENGTH) {
            return null;
        }
        try {
            byte[] decoded = Base64.getDecoder()
                    .decode(authorization.substring(BASIC.length()).trim());
            String[] parts = new String(decoded, StandardCharsets.UTF_8).split(":", 2);
            return parts.length == 2 ? parts : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
