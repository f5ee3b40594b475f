package org.stoneware.election;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.InSyncSet;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/**
 * Keeps the in-sync set of an active: itself, and at most one standby.
 * <p>
 * Every change is forced here first. One that adds counts when the standby has forced it too; one that drops counts when the standby
 * has forced it, is gone, or has not answered for {@link #MAX_WAIT_NS}. See docs/adr/0042. Not final: the tests plant faults in a
 * subclass.
 */
class InSyncKeeper {
    /** Longest wait for a standby's answer. */
    static final long MAX_WAIT_NS = TimeUnit.MILLISECONDS.toNanos(500);

    /** A server in sync that says it is no standby for longer is dropped. */
    static final long MAX_DOUBT_NS = TimeUnit.SECONDS.toNanos(1);

    /** Progress of a change. */
    private enum Change {
        NONE,
        /** The server to be added is asked who it is. */
        ADD_ASKED,
        /** The larger set is on the own disk; the server is new in it, or stays after all. */
        ADD_FORCED,
        /** The smaller set is on the own disk. */
        DROP_FORCED
    }

    private final RegisterAcceptor acceptor;
    private final RegisterSender sender;
    private final ElectionOutput output;
    private final Peers peers;
    private final Suspicion suspicion;
    private final Supplier<Ballot> nextBallot;
    private Change change = Change.NONE;
    private int partnerId = ElectionView.NO_ACTIVE;
    private long partnerIncarnation;
    private RegisterValue.@Nullable InSync partnerEntry;
    private boolean isStopping;
    private boolean isKeeping;
    private long sinceNs;
    private long sentNs;
    private long doubtSinceNs = Long.MIN_VALUE;
    private boolean isActive;
    private String dropReason = "";

    InSyncKeeper(
            RegisterAcceptor acceptor,
            RegisterSender sender,
            ElectionOutput output,
            Peers peers,
            Suspicion suspicion,
            Supplier<Ballot> nextBallot) {
        this.acceptor = acceptor;
        this.sender = sender;
        this.output = output;
        this.peers = peers;
        this.suspicion = suspicion;
        this.nextBallot = nextBallot;
    }

    /** This server has become active, alone. */
    void begin() {
        isActive = true;
        partnerId = ElectionView.NO_ACTIVE;
        change = Change.NONE;
        tell();
    }

    /** This server is active no longer. */
    void end() {
        isActive = false;
        partnerId = ElectionView.NO_ACTIVE;
        change = Change.NONE;
    }

    /** Position of the standby, also while it is being added or dropped, or {@link ElectionView#NO_ACTIVE}. */
    int partnerId() {
        return partnerId;
    }

    /** Process of {@link #partnerId}. */
    long partnerIncarnation() {
        return partnerIncarnation;
    }

    /** The standby, when it is in sync and could take over now; else null. */
    @Nullable
    Peer readyStandby() {
        Peer partner = peers.at(partnerId);
        boolean isReady = isActive
                && change == Change.NONE
                && partner != null
                && partner.isTalking()
                && partner.isProcess(partnerIncarnation)
                && partner.role() == ServerRole.PASSIVE_STANDBY;
        return isReady ? partner : null;
    }

    /** Why the last standby was dropped; empty while there is one. */
    String dropReason() {
        return dropReason;
    }

    boolean requestAdd(@Nullable Peer peer, long incarnation, long nowNs) {
        if (!isActive || partnerId != ElectionView.NO_ACTIVE || peer == null) {
            return false;
        }
        if (!peer.isTalking() || !peer.isProcess(incarnation)) {
            return false;
        }
        partnerId = peer.memberId();
        partnerIncarnation = incarnation;
        move(Change.ADD_ASKED, nowNs);
        ask(nowNs);
        return true;
    }

    boolean requestDrop(int memberId, String reason, long nowNs) {
        boolean isKept = isStopping && isKeeping;
        if (!isActive || memberId != partnerId || change == Change.DROP_FORCED || isKept) {
            return false;
        }
        drop(reason, nowNs);
        return true;
    }

    /** See {@link org.stoneware.spi.election.Election#prepareStop}. */
    boolean prepareStop(boolean isStandbyWhole, long nowNs) {
        isStopping = true;
        isKeeping = isStandbyWhole;
        Peer peer = peers.at(partnerId);
        if (!isActive || peer == null) {
            // Nobody is here to whom anything could be left.
            return true;
        }
        RegisterValue.InSync entry = partnerEntry;
        boolean isHere = peer.isTalking() && peer.isProcess(partnerIncarnation);
        if (change == Change.DROP_FORCED && isStandbyWhole && isHere && entry != null) {
            // Nothing has been acknowledged without it yet.
            force(inSyncWith(entry));
            move(Change.ADD_FORCED, nowNs);
            ask(nowNs);
        } else if (change == Change.NONE && !isStandbyWhole) {
            drop(peer.name() + " lacks what it had acknowledged", nowNs);
        }
        return change == Change.NONE;
    }

    /** The partner has answered who it is. */
    void onAlive(Peer peer, VoterId identity, long nowNs) {
        if (change == Change.ADD_ASKED && peer.memberId() == partnerId && peer.isProcess(partnerIncarnation)) {
            RegisterValue.InSync added = new RegisterValue.InSync(partnerId, identity, partnerIncarnation);
            partnerEntry = added;
            force(inSyncWith(added));
            move(Change.ADD_FORCED, nowNs);
            ask(nowNs);
            if (isAddCompleteEarly()) {
                complete();
            }
        }
    }

    /** Whether a server counts as in sync before it has answered; never. */
    boolean isAddCompleteEarly() {
        return false;
    }

    void onAccepted(Peer peer, Ballot ballot) {
        boolean isAnswer = change == Change.ADD_FORCED || change == Change.DROP_FORCED;
        if (isAnswer && peer.memberId() == partnerId && ballot.equals(acceptor.acceptedBallot())) {
            complete();
        }
    }

    /** The partner has promised a higher ballot once; the change is made again above it. */
    void onRefused(Peer peer, Ballot ballot, long nowNs) {
        boolean isAnswer = change == Change.ADD_FORCED || change == Change.DROP_FORCED;
        RegisterValue value = acceptor.acceptedValue();
        if (isAnswer && value != null && peer.memberId() == partnerId && ballot.equals(acceptor.acceptedBallot())) {
            force(value.inSync());
            ask(nowNs);
        }
    }

    void doWork(long nowNs) {
        Peer partner = peers.at(partnerId);
        if (!isActive || partner == null) {
            return;
        }
        boolean isGone = suspicion.judge(partner, partnerIncarnation, false, nowNs) == Suspicion.Verdict.GONE;
        switch (change) {
            case NONE -> {
                if (isStopping && suspicion.isMereSilence(partner, partnerIncarnation)) {
                    // Whoever may still live when this server has gone may lead.
                    return;
                }
                if (isGone) {
                    drop(partner.name() + " is gone: " + partner.contact().inWords(), nowNs);
                } else if (isDoubtful(partner, nowNs)) {
                    drop(partner.name() + " is no standby any more", nowNs);
                }
            }
            case ADD_ASKED, ADD_FORCED -> {
                boolean isGivenUp = isGone || nowNs - sinceNs >= MAX_WAIT_NS;
                if (isGivenUp && (change == Change.ADD_ASKED || !isStopping)) {
                    drop(partner.name() + " did not answer when it was to become standby", nowNs);
                } else if (nowNs - sentNs >= RegisterElection.RESEND_NS) {
                    ask(nowNs);
                }
            }
            case DROP_FORCED -> {
                if (isGone || nowNs - sinceNs >= MAX_WAIT_NS) {
                    complete();
                } else if (nowNs - sentNs >= RegisterElection.RESEND_NS) {
                    ask(nowNs);
                }
            }
        }
    }

    private boolean isDoubtful(Peer partner, long nowNs) {
        if (!partner.isTalking() || partner.role() == ServerRole.PASSIVE_STANDBY) {
            doubtSinceNs = Long.MIN_VALUE;
            return false;
        }
        doubtSinceNs = doubtSinceNs == Long.MIN_VALUE ? nowNs : doubtSinceNs;
        return nowNs - doubtSinceNs >= MAX_DOUBT_NS;
    }

    private void drop(String reason, long nowNs) {
        dropReason = reason;
        if (change == Change.ADD_ASKED) {
            // Nothing has been written that could make it a standby.
            complete();
            return;
        }
        force(inSyncWith(null));
        move(Change.DROP_FORCED, nowNs);
        Peer partner = peers.at(partnerId);
        boolean isGone =
                partner == null || suspicion.judge(partner, partnerIncarnation, false, nowNs) == Suspicion.Verdict.GONE;
        if (isGone) {
            complete();
        } else {
            ask(nowNs);
        }
    }

    private void complete() {
        if (change == Change.ADD_FORCED) {
            dropReason = "";
        } else {
            partnerId = ElectionView.NO_ACTIVE;
        }
        change = Change.NONE;
        doubtSinceNs = Long.MIN_VALUE;
        tell();
    }

    private void move(Change next, long nowNs) {
        change = next;
        sinceNs = nowNs;
    }

    private void ask(long nowNs) {
        sentNs = nowNs;
        if (change == Change.ADD_ASKED) {
            sender.sendBare(partnerId, RegisterMessage.Type.PROBE);
        } else {
            sender.send(
                    partnerId,
                    sender.message(
                            RegisterMessage.Type.ACCEPT,
                            acceptor.acceptedBallot(),
                            Ballot.NONE,
                            acceptor.acceptedValue()));
        }
    }

    /** The active's own entry, alone or with one more. */
    private List<RegisterValue.InSync> inSyncWith(RegisterValue.@Nullable InSync standby) {
        List<RegisterValue.InSync> inSync = new ArrayList<>(present().inSync().subList(0, 1));
        if (standby != null) {
            inSync.add(standby);
        }
        return inSync;
    }

    /** Changes who is in sync and nothing else; the epoch stays. */
    void force(List<RegisterValue.InSync> inSync) {
        RegisterValue present = present();
        Ballot ballot = nextBallot.get();
        boolean isForced = acceptor.prepareAndAccept(
                ballot,
                new RegisterValue(present.epoch(), present.activeId(), inSync, present.voters(), present.mapEpoch()));
        assert isForced : "own ballot refused: " + ballot;
    }

    private RegisterValue present() {
        RegisterValue present = acceptor.acceptedValue();
        if (present == null) {
            throw new IllegalStateException("active without a configuration");
        }
        return present;
    }

    private void tell() {
        RegisterValue present = present();
        List<InSyncSet.Member> members = new ArrayList<>();
        for (RegisterValue.InSync member : present.inSync()) {
            members.add(new InSyncSet.Member(member.memberId(), member.incarnation()));
        }
        output.onInSync(new InSyncSet(present.epoch(), members));
    }

    @Override
    public String toString() {
        return change + " partner=" + partnerId + "/" + partnerIncarnation + " since=" + sinceNs + " sent=" + sentNs;
    }
}
