package org.stoneware.client;

import java.security.SecureRandom;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.stoneware.spi.liveness.LivenessNetwork;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportProvider;

/** Makes session clients. */
public final class SessionClients {
    private static final System.Logger LOG = System.getLogger("org.stoneware.client");

    private SessionClients() {}

    /**
     * Opens a client and begins to look for the active server; never waits for one.
     * <p>
     * <b>Failure:</b> whatever is thrown, an error that no thread can be started among it, the transport is closed again and
     * {@code liveness} stays the caller's.
     *
     * @param liveness belongs to the client once this returns and is closed with it.
     * @throws org.stoneware.spi.transport.TransportException when the transport can't be opened.
     */
    public static SessionClient open(ClientSettings settings, TransportProvider transport, LivenessNetwork liveness) {
        return open(settings, transport, liveness, path -> {});
    }

    /**
     * Like the other, and tells where the array's configuration wants the client's log.
     *
     * @param clientLogs called on a thread of the client whenever a server has taken this Tomcat in; placeholders are not replaced.
     */
    public static SessionClient open(
            ClientSettings settings,
            TransportProvider transport,
            LivenessNetwork liveness,
            Consumer<String> clientLogs) {
        SecureRandom random = new SecureRandom();
        ClientAgent.Identity identity =
                new ClientAgent.Identity(random.nextLong(), random.nextLong(), random.nextLong() | 1);
        return start(settings, identity, transport, liveness, clientLogs, AgentSessionClient::daemon);
    }

    /** @param threads makes the threads of the client. */
    static SessionClient start(
            ClientSettings settings,
            ClientAgent.Identity identity,
            TransportProvider provider,
            LivenessNetwork liveness,
            Consumer<String> clientLogs,
            BiFunction<Runnable, String, Thread> threads) {
        Transport transport =
                provider.open(new TransportContext("tomcat", 0, 16, line -> LOG.log(System.Logger.Level.INFO, line)));
        boolean isStarted = false;
        try {
            AgentSessionClient client = new AgentSessionClient(
                    settings, identity, transport, provider.name(), liveness, clientLogs, threads);
            client.start();
            isStarted = true;
            return client;
        } finally {
            // No thread or no memory left; whoever opens tries again, and each try has a directory and sockets of its
            // own.
            if (!isStarted) {
                CloseHelper.quietClose(transport);
            }
        }
    }
}
