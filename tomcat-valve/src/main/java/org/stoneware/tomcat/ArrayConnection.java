package org.stoneware.tomcat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.api.config.ArrayKeyException;
import org.stoneware.client.ClientSettings;
import org.stoneware.client.SessionClient;
import org.stoneware.client.SessionClients;
import org.stoneware.liveness.LivenessSettings;
import org.stoneware.liveness.TcpLivenessNetwork;
import org.stoneware.spi.transport.TransportException;
import org.stoneware.transport.aeron.AeronTransportProvider;

/**
 * The one place that puts transport, liveness and client together: one client per JVM and array, however many web applications and
 * valves use it.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
final class ArrayConnection implements ClientSource {
    private static final ArrayConnection SHARED = new ArrayConnection();

    /** A client and how many hold it. */
    private static final class Shared {
        private final SessionClient client;
        private int holders;

        Shared(SessionClient client) {
            this.client = client;
        }
    }

    private final Map<Set<String>, Shared> clients = new HashMap<>();

    private ArrayConnection() {}

    /** The connections of this JVM; this class is loaded once, by Tomcat's common class loader. */
    static ClientSource shared() {
        return SHARED;
    }

    @Override
    public synchronized SessionClient acquire(ClientSettings settings, @Nullable Path arrayKey)
            throws ClientSourceException {
        // The same servers in another order are the same array.
        Set<String> array = new HashSet<>(settings.servers());
        Shared shared = clients.get(array);
        if (shared == null) {
            shared = new Shared(open(settings, arrayKey));
            clients.put(array, shared);
        }
        shared.holders++;
        return shared.client;
    }

    @Override
    public synchronized void release(SessionClient client) {
        for (Iterator<Shared> all = clients.values().iterator(); all.hasNext(); ) {
            Shared shared = all.next();
            if (shared.client == client && --shared.holders == 0) {
                all.remove();
                client.close();
                return;
            }
        }
    }

    private static SessionClient open(ClientSettings settings, @Nullable Path keyFile) throws ClientSourceException {
        if (JdkInternals.open() == JdkInternals.Way.CLOSED) {
            throw new ClientSourceException("the package jdk.internal.misc is closed; " + JdkInternals.ADVICE);
        }
        ArrayKey key = key(keyFile);
        TcpLivenessNetwork liveness = null;
        try {
            liveness = new TcpLivenessNetwork(LivenessSettings.defaults(), "stoneware-liveness", key);
            return SessionClients.open(settings, new AeronTransportProvider(), liveness, ClientLog::openAsConfigured);
        } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
            // No thread (which Java calls out of memory), no socket, no native memory, a damaged installation: the
            // valve tries again.
            if (liveness != null) {
                liveness.close();
            }
            throw new ClientSourceException(
                    e instanceof TransportException ? String.valueOf(e.getMessage()) : e.toString());
        }
    }

    private static @Nullable ArrayKey key(@Nullable Path file) throws ClientSourceException {
        try {
            return file == null ? null : ArrayKey.read(file);
        } catch (ArrayKeyException e) {
            throw new ClientSourceException(e.text());
        }
    }
}
