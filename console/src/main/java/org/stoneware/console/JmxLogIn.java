package org.stoneware.console;

import java.rmi.server.RemoteServer;
import java.rmi.server.ServerNotActiveException;
import java.util.Set;
import javax.management.remote.JMXAuthenticator;
import javax.management.remote.JMXPrincipal;
import javax.security.auth.Subject;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.api.config.ManagementAccess;
import org.stoneware.api.config.ManagementAccess.Account;

/**
 * Asks clients of the jmx-port who they are, where there are accounts.
 * <p>
 * <b>Threading:</b> any thread.
 */
final class JmxLogIn implements JMXAuthenticator {
    private static final String DOOR = "jmx-port";

    private final ManagementAccess access;
    private final ManagementService management;

    JmxLogIn(ManagementAccess access, ManagementService management) {
        this.access = access;
        this.management = management;
    }

    boolean isRequired() {
        return access.isRequired();
    }

    /** @throws SecurityException for anything but an array of the name and password of a user. */
    @Override
    public Subject authenticate(@Nullable Object credentials) {
        if (credentials instanceof String[] pair && pair.length == 2 && pair[0] != null && pair[1] != null) {
            Account account = access.logIn(pair[0], pair[1]);
            if (account != null) {
                return new Subject(
                        true,
                        Set.of(new JMXPrincipal(account.user())),
                        Set.of(),
                        account.mayChange() ? Set.of(account) : Set.of());
            }
        }
        management.logInRefused(DOOR, from());
        throw new SecurityException(
                "log-in refused: a user of this server's password file and the password are needed");
    }

    private static String from() {
        try {
            return String.valueOf(RemoteServer.getClientHost());
        } catch (ServerNotActiveException e) {
            return "";
        }
    }
}
