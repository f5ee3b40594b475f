package org.stoneware.server.request;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.session.ClientId;

/**
 * When a new active may give a session to a Tomcat. Grants are not logged, so it does not know what the active before it had given
 * away; leases of that time may still hold.
 * <p>
 * A session is free for giving once it is <em>resolved</em> (named by its owner in a registration of this epoch, or created in it), or once
 * every Tomcat known from the log has registered in this epoch, or once every lease of the time before has certainly lapsed.
 * <p>
 * <b>Threading:</b> the agent thread. See ADR 0092. Not final: the simulation plants faults by overriding one rule.
 */
class GrantRule {
    final Set<ClientId> missing;
    private final Set<SessionKey> resolved = new HashSet<>();
    private final long aloneNs;
    private boolean isOpen;

    /**
     * @param known   Tomcats in the replicated client table at the activation.
     * @param aloneNs since when no other server can have granted or renewed anything.
     */
    GrantRule(Collection<ClientId> known, long aloneNs) {
        this.missing = new HashSet<>(known);
        this.aloneNs = aloneNs;
        openIfNobodyMissing();
    }

    /** A Tomcat's registration is held by every in-sync server; it has named all it owns. */
    void onRegistered(ClientId client) {
        missing.remove(client);
        openIfNobodyMissing();
    }

    /** A Tomcat's identity was given up. */
    void onForgotten(ClientId client) {
        missing.remove(client);
        openIfNobodyMissing();
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
        return isOpen(nowNs) || resolved.contains(key);
    }

    private void openIfNobodyMissing() {
        if (missing.isEmpty()) {
            open();
        }
    }

    private void open() {
        isOpen = true;
        missing.clear();
        resolved.clear();
    }

    /** Tomcats not back yet while the rule waits for them. */
    int missing() {
        return missing.size();
    }
}
