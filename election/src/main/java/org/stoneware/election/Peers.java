package org.stoneware.election;

import java.util.List;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.voting.RegisterAcceptor;

/** All other servers of the array, as the evidence shows them. */
final class Peers {
    private final int selfId;
    private final long electionTimeNs;
    private final List<String> names;
    private final Peer[] others;
    private boolean isStarted;

    Peers(ElectionContext context) {
        selfId = context.selfId();
        electionTimeNs = context.electionTimeNs();
        names = context.memberNames();
        others = new Peer[names.size() - 1];
        for (int i = 0; i < others.length; i++) {
            int memberId = i < selfId ? i : i + 1;
            others[i] = new Peer(memberId, names.get(memberId));
        }
    }

    /** Begins the wait for a sign of life, once. */
    void start(long nowNs) {
        if (!isStarted) {
            isStarted = true;
            for (Peer peer : others) {
                peer.start(nowNs);
            }
        }
    }

    /** In the order of the configuration file; not to be changed. */
    Peer[] all() {
        return others;
    }

    /** The peer at a position, or null when there is none or it is this server. */
    @Nullable
    Peer at(int memberId) {
        boolean isOther = memberId >= 0 && memberId < names.size() && memberId != selfId;
        return isOther ? others[memberId < selfId ? memberId : memberId - 1] : null;
    }

    /** See {@link Peer#detectionNote}. */
    String detectionNote(int memberId) {
        Peer peer = at(memberId);
        return peer == null || !peer.isTalking() ? "" : peer.detectionNote();
    }

    String name(int memberId) {
        return names.get(memberId);
    }

    /** Notes the epochs of those that can be talked to, so that every own one is higher. */
    void noteEpochs(RegisterAcceptor acceptor) {
        for (Peer peer : others) {
            if (peer.isTalking()) {
                acceptor.note(peer.epoch());
            }
        }
    }

    /** Of the peers that are active and can be talked to the one in the highest epoch, or null. */
    @Nullable
    Peer highestActive() {
        Peer highest = null;
        for (Peer peer : others) {
            if (peer.isActive() && (highest == null || peer.epoch() > highest.epoch())) {
                highest = peer;
            }
        }
        return highest;
    }

    /** A peer that can't be talked to: this one if it is such a one, else any, or null. */
    @Nullable
    Peer unheard(int preferredId) {
        Peer preferred = at(preferredId);
        if (preferred != null && !preferred.isTalking()) {
            return preferred;
        }
        for (Peer peer : others) {
            if (!peer.isTalking()) {
                return peer;
            }
        }
        return null;
    }

    /** As {@link #gatherRunning(IntHashSet, long, long)}; at the first look, when this server has just started, a refusal is an answer at once. */
    @Nullable
    Peer gatherRunning(IntHashSet running, boolean isFirstLook, long nowNs) {
        return gatherRunning(running, isFirstLook ? 0 : electionTimeNs, nowNs);
    }

    /**
     * Gathers the positions of the servers that run, this one included.
     *
     * @param refusedNs time after which a refused connection is taken for the answer that a server does not run.
     * @return a peer of which it is not known yet whether it runs, or null when the gathering is complete.
     */
    @Nullable
    Peer gatherRunning(IntHashSet running, long refusedNs, long nowNs) {
        running.clear();
        running.add(selfId);
        for (Peer peer : others) {
            if (peer.isTalking()) {
                running.add(peer.memberId());
            } else if (!isAbsent(peer, refusedNs, nowNs)) {
                return peer;
            }
        }
        return null;
    }

    /**
     * Whether a server is passed over. At the own start nothing is lost by taking a refused connection for an answer; an active that
     * is gone may be about to return, so it is given the election time. In an array that has served before, a firewall
     * may have refused: then Tomcats get the time to dial, and are asked.
     */
    private boolean isAbsent(Peer peer, long refusedNs, long nowNs) {
        boolean isRefused = peer.contact() == Peer.Contact.REFUSED;
        return peer.lostForNs(nowNs) >= (isRefused ? Math.min(refusedNs, electionTimeNs) : electionTimeNs);
    }

    /** How many of the running servers come before this one. */
    int rank(IntHashSet running) {
        int rank = 0;
        for (int memberId : running) {
            rank += memberId < selfId ? 1 : 0;
        }
        return rank;
    }

    /** The lowest position among the running servers. */
    int first(IntHashSet running) {
        int first = selfId;
        for (int memberId : running) {
            first = Math.min(first, memberId);
        }
        return first;
    }

    void onLocalStall(long stallNs, long nowNs) {
        for (Peer peer : others) {
            peer.onLocalStall(stallNs, nowNs);
        }
    }

    /** A peer that is standby and can be talked to, or null. */
    @Nullable
    Peer standby() {
        for (Peer peer : others) {
            if (peer.isTalking() && peer.role() == ServerRole.PASSIVE_STANDBY) {
                return peer;
            }
        }
        return null;
    }

    /** Gathers the positions of the servers that can answer, this one included, without waiting for any other. */
    void gatherAnswering(IntHashSet answering) {
        answering.clear();
        answering.add(selfId);
        for (Peer peer : others) {
            if (peer.isTalking() && peer.role() != ServerRole.FENCED && !peer.hasLeft()) {
                answering.add(peer.memberId());
            }
        }
    }

    /** A peer that is not active and comes with an epoch above the given one, or null. */
    @Nullable
    Peer withHigherEpoch(long epoch) {
        for (Peer peer : others) {
            boolean isHigher = peer.epoch() > epoch && peer.role() != ServerRole.ACTIVE_COORDINATOR;
            if (peer.isTalking() && isHigher) {
                return peer;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return List.of(others).toString();
    }
}
