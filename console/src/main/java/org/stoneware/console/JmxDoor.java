package org.stoneware.console;

import java.io.IOException;
import java.io.ObjectInputFilter;
import java.rmi.MarshalledObject;
import java.rmi.server.RMIServerSocketFactory;
import java.rmi.server.UnicastRemoteObject;
import java.util.Map;
import java.util.Set;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanException;
import javax.management.ObjectName;
import javax.management.ReflectionException;
import javax.management.remote.rmi.RMIConnection;
import javax.management.remote.rmi.RMIConnectionImpl;
import javax.management.remote.rmi.RMIJRMPServerImpl;
import javax.security.auth.Subject;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ManagementAccess.Account;

/** Makes connections that know who is at their other end, so that an operation does. */
final class JmxDoor extends RMIJRMPServerImpl {
    private static final ThreadLocal<@Nullable Account> CALLER = new ThreadLocal<>();

    private final int port;
    private final RMIServerSocketFactory sockets;
    private final Map<String, ?> environment;
    private final ObjectInputFilter filter;

    /** @param filter of what a client may send. */
    JmxDoor(int port, RMIServerSocketFactory sockets, Map<String, ?> environment, ObjectInputFilter filter)
            throws IOException {
        super(port, null, sockets, environment);
        this.port = port;
        this.sockets = sockets;
        this.environment = environment;
        this.filter = filter;
    }

    /** Who has called the operation that runs on this thread and may change something; null when nobody like that has. */
    static @Nullable Account caller() {
        return CALLER.get();
    }

    @Override
    protected RMIConnection makeClient(String connectionId, @Nullable Subject subject) throws IOException {
        if (connectionId == null) {
            throw new IllegalArgumentException("connection without a name");
        }
        Caller client = new Caller(this, connectionId, getDefaultClassLoader(), subject, environment);
        // As the JDK's own does, filter included; it takes it back when the client is closed.
        UnicastRemoteObject.exportObject(client, port, null, sockets, filter);
        return client;
    }

    /** One connection. */
    private static final class Caller extends RMIConnectionImpl {
        private final @Nullable Account account;

        Caller(
                JmxDoor door,
                String connectionId,
                ClassLoader loader,
                @Nullable Subject subject,
                Map<String, ?> environment) {
            super(door, connectionId, loader, subject, environment);
            Set<Account> accounts = subject == null ? Set.of() : subject.getPrivateCredentials(Account.class);
            this.account = accounts.stream().findFirst().orElse(null);
        }

        @Override
        @SuppressWarnings("rawtypes") // as the interface has it
        public Object invoke(
                ObjectName name,
                String operationName,
                MarshalledObject params,
                String[] signature,
                Subject delegationSubject)
                throws InstanceNotFoundException, MBeanException, ReflectionException, IOException {
            CALLER.set(account);
            try {
                return super.invoke(name, operationName, params, signature, delegationSubject);
            } finally {
                CALLER.remove();
            }
        }
    }
}
