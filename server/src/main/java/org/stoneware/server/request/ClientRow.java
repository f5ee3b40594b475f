package org.stoneware.server.request;

import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.session.ClientId;

/** What the active knows of one Tomcat, kept while it is away for as long as the reconnect window says. Agent thread only. */
final class ClientRow {
    /** Refusals remembered: more than requests of one Tomcat that are on their way twice. */
    private static final int REFUSALS = 256;

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
    /** It was told changes that are not in the log of this active: nothing it owned before is owned here. */
    boolean isOfOtherSide;
    /** When its last renewal arrived; ownership is safe from others until {@code LEASE_GRACE_MS} later. */
    long renewedNs;

    long ownedSessions;
    final OpenNotices notices = new OpenNotices();

    private final long[] refused = new long[REFUSALS];
    private int refusals;

    ClientRow(ClientId id) {
        this.id = id;
    }

    /** Notes that a change was refused because of who owns the session; a late copy of it must not be taken when that has changed. */
    void onRefused(long requestId) {
        refused[refusals++ & (REFUSALS - 1)] = requestId;
    }

    boolean wasRefused(long requestId) {
        for (long each : refused) {
            if (each == requestId) {
                return true;
            }
        }
        return false;
    }
}
