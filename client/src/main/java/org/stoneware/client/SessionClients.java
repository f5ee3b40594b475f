package org.stoneware.client;

import java.security.SecureRandom;
import java.util.function.Consumer;
import org.stoneware.spi.liveness.LivenessNetwork;
import org.stoneware.spi.transport.TransportProvider;

/** Makes session clients. */
public final class SessionClients {
    private SessionClients() {}

    /**
     * Opens a client and begins to look for the active server; never waits for one.
     *
     * @param liveness belongs to the client from now on and is closed with it.
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
        AgentSessionClient client = new AgentSessionClient(settings, identity, transport, liveness, clientLogs);
        client.start();
        return client;
    }
}
