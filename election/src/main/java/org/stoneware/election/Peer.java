package org.stoneware.election;

import java.util.concurrent.TimeUnit;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Evidence;
import org.stoneware.voting.Epoch;

/** What one server knows about another from the evidence; the latest counts. */
final class Peer {
    /** How the peer was met last. */
    enum Contact {
        /** Not yet. */
        NONE("no answer yet"),
        /** It can be talked to. */
        TALKING("in contact"),
        /** Its kernel refused a connection: nothing listens. */
        REFUSED("not running"),
        /** No answer, or no way. */
        UNREACHABLE("not reachable"),
        /** Its kernel closed the connection. */
        CLOSED("connection closed"),
        /** It said it leaves. */
        GOODBYE("it has left"),
        /** The connection is open and nothing comes. */
        SILENT("silent");

        private final String inWords;

        Contact(String inWords) {
            this.inWords = inWords;
        }

        String inWords() {
            return inWords;
        }
    }

    private final int memberId;
    private final String name;
    private Contact contact = Contact.NONE;
    private long incarnation;
    private ServerRole role = ServerRole.START;
    private long epoch = Epoch.NONE;
    private boolean isRoleTold;
    private long lostNs;
    private long heardNs;
    private long stalledSinceHeardNs;
    /** Silence as whoever listens has told it last; 0 when it has not. */
    private long toldSilenceNs;

    private final HeartbeatGaps gaps = new HeartbeatGaps();
    private boolean isClosed;
    private boolean isRefusedAfterClose;
    private boolean hasSaidGoodbye;
    private long leftIncarnation;

    Peer(int memberId, String name) {
        this.memberId = memberId;
        this.name = name;
    }

    /** Begins the wait for a sign of life. */
    void start(long nowNs) {
        lostNs = nowNs;
        heardNs = nowNs;
    }

    int memberId() {
        return memberId;
    }

    String name() {
        return name;
    }

    Contact contact() {
        return contact;
    }

    ServerRole role() {
        return role;
    }

    long epoch() {
        return epoch;
    }

    /** Whether its present process has said what it is: a hello alone may come before it can. */
    boolean isRoleTold() {
        return isRoleTold;
    }

    boolean isTalking() {
        return contact == Contact.TALKING;
    }

    boolean isActive() {
        return isTalking() && role == ServerRole.ACTIVE_COORDINATOR;
    }

    /** Whether it can't be heard although nothing says that it has ended. */
    boolean isOutOfSight() {
        return contact == Contact.SILENT || contact == Contact.UNREACHABLE || contact == Contact.CLOSED;
    }

    /** Whether any process of it was ever heard by this one. */
    boolean wasMet() {
        return incarnation != 0;
    }

    /** Whether the peer is known as this very process. */
    boolean isProcess(long otherIncarnation) {
        return incarnation != 0 && incarnation == otherIncarnation;
    }

    /** Time since it was heard last; 0 while it is. */
    long lostForNs(long nowNs) {
        return isTalking() ? 0 : nowNs - lostNs;
    }

    /**
     * Time since its last sign of life, without the stalls of this server. Of an open connection it is no longer than whoever listens has
     * told: time in which nobody listened is no silence.
     */
    long silentForNs(long nowNs) {
        long sinceNs = Math.max(0, nowNs - heardNs - stalledSinceHeardNs);
        return contact == Contact.SILENT && toldSilenceNs > 0 ? Math.min(sinceNs, toldSilenceNs) : sinceNs;
    }

    /** Silence from which on it is missed. */
    long detectionNs() {
        return gaps.detectionNs();
    }

    /** What makes its death noticed late, for people; empty when nothing does. */
    String detectionNote() {
        return gaps.isDegraded()
                ? "detection degraded: its heartbeats come so irregularly that it is missed after "
                        + TimeUnit.NANOSECONDS.toMillis(detectionNs()) + " ms only; see the load of both machines"
                : "";
    }

    /** Whether a sign of life came after a time. */
    boolean isHeardSince(long timeNs) {
        return heardNs > timeNs;
    }

    /** Whether this process of it has ended or given up its role for good. */
    boolean hasEnded(long otherIncarnation) {
        return incarnation != 0 && incarnation != otherIncarnation || leftIncarnation == otherIncarnation;
    }

    /** Whether the process heard last has given up its role for good and answers nothing any more. */
    boolean hasLeft() {
        return incarnation != 0 && leftIncarnation == incarnation;
    }

    /** Whether it runs and says that it is active no longer. */
    boolean hasGivenUpActiveRole() {
        return isTalking() && role != ServerRole.ACTIVE_COORDINATOR && role != ServerRole.START;
    }

    /** Whether its kernel closed the connection and has refused the next one, without a goodbye before. */
    boolean isRefusedAfterClose() {
        return isRefusedAfterClose && !hasSaidGoodbye;
    }

    /** Whether a goodbye was the last that was heard. */
    boolean hasSaidGoodbye() {
        return hasSaidGoodbye;
    }

    /** It has given up its role for good. */
    void onLeft(long nowNs) {
        leftIncarnation = incarnation;
        lost(Contact.GOODBYE, nowNs);
    }

    /** Something came from its present process that tells nothing else. */
    void onSignOfLife(long nowNs) {
        heardNs = nowNs;
        stalledSinceHeardNs = 0;
        toldSilenceNs = 0;
    }

    /** Takes a stall of this server out of the time the peer has been silent. */
    void onLocalStall(long stallNs, long nowNs) {
        stalledSinceHeardNs += stallNs;
        lostNs = Math.min(nowNs, lostNs + stallNs);
    }

    void onEvidence(Evidence evidence, long nowNs) {
        switch (evidence.kind()) {
            case HELLO -> onHeard(evidence, nowNs);
            case HEARTBEAT -> {
                // What an ended process said last may arrive behind the hello of the next one.
                if (!isTalking() || incarnation == evidence.incarnation() || evidence.incarnation() == 0) {
                    onHeard(evidence, nowNs);
                }
            }
            case REFUSED -> {
                isRefusedAfterClose |= isClosed;
                attemptFailed(Contact.REFUSED, nowNs);
            }
            case UNREACHABLE -> {
                // While a connection is open, a second one that got no answer says no more than its silence does.
                if (!isTalking()) {
                    lost(Contact.UNREACHABLE, nowNs);
                }
            }
            case CLOSED, GOODBYE, SILENT -> onEnded(evidence, nowNs);
            case LOCAL_STALL, WITNESSES, WITNESS_ALIVE, WITNESS_DEAD, WITNESS_SOLO, WITNESS_ROLE, WITNESSES_LINKED ->
                throw new IllegalArgumentException("not about a peer: " + evidence);
        }
    }

    /** Takes over what the peer said of itself in a message of the register. */
    void onAnnouncedActive(long activeEpoch) {
        if (activeEpoch >= epoch) {
            epoch = activeEpoch;
            role = ServerRole.ACTIVE_COORDINATOR;
        }
    }

    private void onHeard(Evidence evidence, long nowNs) {
        if (isTalking() && evidence.kind() == Evidence.Kind.HEARTBEAT) {
            gaps.onGap(silentForNs(nowNs));
        }
        boolean isNewProcess = evidence.incarnation() != 0 && evidence.incarnation() != incarnation;
        if (isNewProcess) {
            incarnation = evidence.incarnation();
            epoch = Epoch.NONE;
            role = ServerRole.START;
            isRoleTold = false;
        }
        isRoleTold |= evidence.kind() == Evidence.Kind.HEARTBEAT;
        contact = Contact.TALKING;
        onSignOfLife(nowNs);
        isClosed = false;
        isRefusedAfterClose = false;
        hasSaidGoodbye = false;
        if (isNewProcess || isNewer(evidence)) {
            role = evidence.role();
            epoch = evidence.epoch();
        }
        if (role == ServerRole.STOPPED || leftIncarnation == incarnation) {
            onLeft(nowNs);
        }
    }

    /** Heartbeats and messages overtake each other; a process does not go back, and leaves the active role only upwards. */
    private boolean isNewer(Evidence evidence) {
        if (evidence.epoch() != epoch) {
            return evidence.epoch() > epoch;
        }
        return role != ServerRole.ACTIVE_COORDINATOR
                || evidence.role() == ServerRole.FENCED
                || evidence.role() == ServerRole.STOPPED;
    }

    private void onEnded(Evidence evidence, long nowNs) {
        boolean isOtherProcess = evidence.incarnation() != 0 && evidence.incarnation() != incarnation;
        if (isOtherProcess) {
            return;
        }
        if (evidence.kind() == Evidence.Kind.SILENT) {
            toldSilenceNs = evidence.valueNs();
        }
        isClosed |= evidence.kind() == Evidence.Kind.CLOSED;
        hasSaidGoodbye |= evidence.kind() == Evidence.Kind.GOODBYE;
        // What is known more exactly stays: a refused connection, a goodbye, no answer at all.
        if (isTalking() || contact == Contact.SILENT || contact == Contact.NONE) {
            lost(
                    switch (evidence.kind()) {
                        case CLOSED -> Contact.CLOSED;
                        case GOODBYE -> Contact.GOODBYE;
                        default -> Contact.SILENT;
                    },
                    nowNs);
        }
    }

    /** While another connection speaks, one that could not be made says nothing, or comes from before the peer was started. */
    private void attemptFailed(Contact next, long nowNs) {
        if (!isTalking() || silentForNs(nowNs) >= detectionNs()) {
            lost(next, nowNs);
        }
    }

    private void lost(Contact next, long nowNs) {
        if (isTalking()) {
            lostNs = nowNs;
        }
        contact = next;
    }

    /** Without what matters in a pair only, where times of last signs of life are part of the state. */
    @Override
    public String toString() {
        return name + ":" + contact + " incarnation=" + incarnation + " role=" + role + " epoch=" + epoch + " lostNs="
                + (isTalking() ? 0 : lostNs) + " heardNs=" + (isTalking() ? heardNs : 0);
    }
}
