package org.stoneware.server.request;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.session.ClientId;
import org.stoneware.wire.session.OwnedSession;

/** What the active knows of one Tomcat, kept while it is away for as long as the reconnect window says. Agent thread only. */
final class ClientRow {
    final ClientId id;
    final Set<String> applications = new TreeSet<>();
    String name = "";
    String productVersion = "";
    String address = "";
    /** Its connection now; null while it is away. */
    @Nullable
    ClientPort port;

    /** Number of the newest registration. */
    long registration;
    /** The newest registration is held by every in-sync server and was answered. */
    boolean isAnswered;
    /** What the newest registration named and this Tomcat was told it owns. */
    List<OwnedSession> keptSessions = List.of();
    /** When its last renewal arrived; ownership is safe from others until {@code LEASE_GRACE_MS} later. */
    long renewedNs;

    long ownedSessions;

    ClientRow(ClientId id) {
        this.id = id;
    }
}
