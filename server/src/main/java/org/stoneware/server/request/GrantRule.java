package org.stoneware.server.request;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.session.ClientId;
import org.stoneware.spi.storage.SessionStore;

/**
 * When a new active may give a session to a Tomcat. Grants are not logged, so it does not know what the active before it had given
 * away; leases of that time may still hold.
 * <p>
 * A session is free for giving once it is <em>resolved</em> (named by its owner in this epoch, created in it, or known to be nobody's), or once
 * every Tomcat known from the log has registered in this epoch and named all it owns, or once every lease of the time before has certainly lapsed.
 * <p>
 * Tomcats name what was changed last first, and say from which version on they have named everything (ADR 0315). An owner's copy has the version
 * that is stored, or its session is in use and is named with the registration; so a session of a version that all of them have come below, and that none of
 * them has named, is nobody's.
 * <p>
 * <b>Threading:</b> the agent thread. See ADR 0092. Not final: the simulation plants faults by overriding one rule.
 */
class GrantRule {
    /** Everything is named. */
    static final long ALL = 0;

    private static final long UNKNOWN = -1;

    final Set<ClientId> missing;
    /** Tomcats that have registered and have more to name, with the version from which on they have named everything. */
    private final Map<ClientId, Long> naming = new HashMap<>();

    private final Set<SessionKey> resolved = new HashSet<>();
    /** Versions of sessions that are wanted and not resolved: nobody changes one before it is resolved. */
    private final Map<SessionKey, Long> wanted = new HashMap<>();

    private final SessionRecord view = new SessionRecord();
    private final SessionStore store;
    private final long aloneNs;
    /** The greatest of what Tomcats have named everything from. */
    private long namedFrom;

    private int steps;
    private boolean isOpen;

    /**
     * @param known   Tomcats in the replicated client table at the activation.
     * @param aloneNs since when no other server can have granted or renewed anything.
     * @param store   what is looked at for the version of a session.
     */
    GrantRule(Collection<ClientId> known, long aloneNs, SessionStore store) {
        this.missing = new HashSet<>(known);
        this.aloneNs = aloneNs;
        this.store = store;
        openIfNobodyMissing();
    }

    /**
     * A Tomcat's registration is held by every in-sync server, and it has named everything it owns from a version on.
     *
     * @param from that version; {@link #ALL} when nothing is left to be named.
     */
    void onRegistered(ClientId client, long from) {
        boolean isAwaited = missing.remove(client) || naming.containsKey(client);
        if (!isAwaited) {
            return;
        }
        if (from == ALL) {
            naming.remove(client);
        } else {
            naming.put(client, from);
        }
        step();
    }

    /** A Tomcat's identity was given up. */
    void onForgotten(ClientId client) {
        missing.remove(client);
        naming.remove(client);
        step();
    }

    private void step() {
        namedFrom = naming.values().stream().mapToLong(each -> each).max().orElse(ALL);
        steps++;
        openIfNobodyMissing();
    }

    /** Changes whenever more sessions may be free for giving because of what Tomcats have said. */
    int steps() {
        return steps;
    }

    /** The owner of a session is known in this epoch, so nobody else can own it from an earlier one. */
    void onResolved(SessionKey key) {
        if (!isOpen) {
            resolved.add(key);
        }
    }

    boolean isResolved(SessionKey key) {
        return isOpen || resolved.contains(key);
    }

    /** True once every session may be given away; it stays so. */
    boolean isOpen(long nowNs) {
        if (!isOpen && nowNs - aloneNs > SessionOwnership.LEASE_GRACE_NS) {
            open();
        }
        return isOpen;
    }

    boolean mayGrant(SessionKey key, long nowNs) {
        return isOpen(nowNs) || resolved.contains(key) || isNobodys(key);
    }

    private boolean isNobodys(SessionKey key) {
        if (!missing.isEmpty() || versionOf(key) < namedFrom) {
            return false;
        }
        // Whatever is said of it from here on comes too late.
        resolved.add(key);
        return true;
    }

    private long versionOf(SessionKey key) {
        @Nullable Long known = wanted.get(key);
        if (known != null) {
            return known;
        }
        long version = store.read(key, view) ? view.version() : UNKNOWN;
        if (version != UNKNOWN) {
            wanted.put(key, version);
        }
        return version;
    }

    private void openIfNobodyMissing() {
        if (missing.isEmpty() && naming.isEmpty()) {
            open();
        }
    }

    private void open() {
        isOpen = true;
        missing.clear();
        naming.clear();
        resolved.clear();
        wanted.clear();
    }

    /** Tomcats that are not back yet, or not done with their names, while the rule waits for them. */
    int missing() {
        return missing.size() + naming.size();
    }
}
