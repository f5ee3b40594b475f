package org.stoneware.server.role;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.server.replication.SyncState;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.spi.election.Evidence;

/**
 * Finds out, while this server is active, that another one was active too and can be reached again: then it is about to offer what it
 * acknowledged alone, and requests wait for that (ADR 0300).
 *
 * <pre>
 *  another server                                                  its offer is
 *  was not heard at the activation, and is heard: as active or
 *    fenced, or the very process that was active                   awaited
 *  begins to tell                                                  awaited
 *  has told, and all of it is committed                            not awaited any more
 *  asks to be copied and has nothing to tell                       not awaited any more
 *  was heard all the time, or is another process                   not awaited
 * </pre>
 *
 * <b>Threading:</b> the agent thread. Time is a parameter.
 */
final class SplitWatch {
    /** Heartbeats come every 50 ms; whoever hands the role over is heard until it has. */
    private static final long MISSED_NS = TimeUnit.MILLISECONDS.toNanos(250);

    private static final long NO_PROCESS = 0;

    private final Contact[] contacts;

    /** What is known of one other server. */
    private static final class Contact {
        private boolean isMissed = true;
        private long heardNs;
        /** Its process, if it was active when heard last. */
        private long activeIncarnation = NO_PROCESS;
        /** It was not heard when this server became active, nor since. */
        private boolean isUnheard;
    }

    SplitWatch(int members) {
        contacts = new Contact[members];
        for (int i = 0; i < members; i++) {
            contacts[i] = new Contact();
        }
    }

    /** This server has become active, or is so in a higher epoch. */
    void onActivated(long nowNs) {
        for (Contact each : contacts) {
            each.isUnheard = each.isMissed || nowNs - each.heardNs > MISSED_NS;
        }
    }

    /** @param serving null unless this server is active. */
    void onEvidence(Evidence evidence, @Nullable SessionRequestProcessor serving, long nowNs) {
        int memberId = evidence.memberId();
        if (memberId < 0 || memberId >= contacts.length) {
            return;
        }
        Contact contact = contacts[memberId];
        switch (evidence.kind()) {
            case HELLO, HEARTBEAT -> onHeard(contact, evidence, serving, nowNs);
            case CLOSED, SILENT, REFUSED, UNREACHABLE, GOODBYE -> contact.isMissed = true;
            default -> {}
        }
    }

    private static void onHeard(
            Contact contact, Evidence evidence, @Nullable SessionRequestProcessor serving, long nowNs) {
        contact.isMissed = false;
        contact.heardNs = nowNs;
        ServerRole role = evidence.role();
        if (role == ServerRole.START) {
            // It has called, and its first heartbeat tells what it is; or it is really starting.
            return;
        }
        if (serving != null && contact.isUnheard) {
            contact.isUnheard = false;
            boolean isSameProcess =
                    evidence.incarnation() != NO_PROCESS && evidence.incarnation() == contact.activeIncarnation;
            if (role == ServerRole.ACTIVE_COORDINATOR || role == ServerRole.FENCED || isSameProcess) {
                serving.offer().begin(nowNs);
            }
        }
        contact.activeIncarnation = role == ServerRole.ACTIVE_COORDINATOR ? evidence.incarnation() : NO_PROCESS;
    }

    /**
     * Copying to another server goes on.
     *
     * @param serving null when this server is not active any more.
     */
    void onSyncState(SyncState from, SyncState to, @Nullable SessionRequestProcessor serving, long nowNs) {
        if (serving == null) {
            return;
        }
        if (to == SyncState.RECONCILE) {
            serving.offer().begin(nowNs);
        } else if (to != SyncState.FAILED && (from == SyncState.AWAIT_POSITION || from == SyncState.RECONCILE)) {
            serving.offer().end(nowNs);
        }
    }
}
