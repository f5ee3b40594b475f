package org.stoneware.server.agent;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.election.SimulatedElections;
import org.stoneware.server.membership.PeerLinks;
import org.stoneware.simulation.StarvedMachine;
import org.stoneware.simulation.StarvedProcess;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.InSyncSet;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.wire.witness.WitnessAdapter;
import org.stoneware.wire.witness.WitnessListener;
import org.stoneware.wire.witness.WitnessProtocol;
import org.stoneware.wire.witness.WitnessPublisher;

/**
 * One server of a pair without sessions: membership, witnesses and election as they ship, on the two threads of a process. Sessions would
 * only be one more sign of life.
 */
public final class StarvedServer extends StarvedProcess {
    private static final long MS = 1_000_000L;
    private static final long IDLE_NS = 20 * MS;
    private static final long STALL_NS = 100 * MS;

    private final int id;
    private final int tomcats;
    private final List<StarvedServer> servers;
    private final LivenessInbox inbox = new LivenessInbox();
    private final PeerLinks peers;
    private final WitnessLinks witnesses;
    private final Election election;
    private final WitnessPublisher messages = new WitnessPublisher();
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[WitnessProtocol.MAX_MESSAGE_LENGTH]);
    private final List<String> story = new ArrayList<>();
    private long lastElectionNs;
    private boolean isTold;
    private boolean isCutOff;
    private boolean hasStandby;
    private int promotions;
    private int drops;

    /**
     * @param tomcats how many are registered in what this server holds; none is when it has just been started.
     * @param servers all servers of the array so far; this one adds itself.
     */
    @SuppressWarnings("this-escape")
    public StarvedServer(StarvedMachine machine, int id, int tomcats, List<StarvedServer> servers) {
        super(machine);
        this.id = id;
        this.tomcats = tomcats;
        this.servers = servers;
        this.lastElectionNs = machine.nowNs();
        inbox.wakeup(this::wakeAgent);
        this.peers = new PeerLinks(settings(id), incarnation(), "test", this::dial, new PeerOutput());
        this.witnesses = new WitnessLinks(new WitnessLinks.Listener() {
            @Override
            public void onWitnesses(Evidence.Kind kind, int count) {
                // Nobody counts here: as many are registered as there are, always.
            }

            @Override
            public void onWitness(Evidence evidence) {
                election().onEvidence(evidence, electionTime());
            }

            @Override
            public boolean isRegistered(long idHigh, long idLow) {
                return tomcats > 0;
            }
        });
        this.election = SimulatedElections.open(
                new ElectionContext(
                        id, List.of("Server1", "Server2"), incarnation(), 5_000 * MS, Path.of("unused"), false),
                new Decisions());
        servers.add(this);
        loop.status(new Heartbeat(incarnation(), 0, ServerRole.START, 0, ""));
    }

    public ElectionView view() {
        return election.view();
    }

    /** It can't connect to the other server; to be said of both before they run. */
    public void cutOff() {
        isCutOff = true;
    }

    /** Whether it is active and the other one counts. */
    public boolean hasStandby() {
        return hasStandby;
    }

    /** How often it has become active. */
    public int promotions() {
        return promotions;
    }

    /** How often its standby has been dropped. */
    public int drops() {
        return drops;
    }

    /** What it has been, one line each. */
    public List<String> story() {
        return story;
    }

    private long incarnation() {
        return 100 + id;
    }

    @Override
    protected long agentCycle(long nowNs) {
        inbox.drain(Integer.MAX_VALUE);
        peers.doWork(nowNs);
        if (!isTold) {
            isTold = true;
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, id, tomcats), electionTime());
        }
        election.doWork(electionTime());
        witnesses.doWork(incarnation());
        PeerLinks.Peer other = peers.peer(1 - id);
        boolean isAlone = view().role() == ServerRole.ACTIVE_COORDINATOR && !hasStandby;
        if (isAlone && other.role() == ServerRole.PASSIVE_UNINITIALIZED) {
            election.requestAddPeer(1 - id, other.incarnation(), electionTime());
        }
        loop.agentCycled(nowNs);
        return IDLE_NS;
    }

    /** As the agent tells it. */
    private long electionTime() {
        long nowNs = machine.nowNs();
        long gapNs = nowNs - lastElectionNs;
        lastElectionNs = nowNs;
        if (gapNs > STALL_NS + IDLE_NS) {
            election.onEvidence(
                    new Evidence(Evidence.Kind.LOCAL_STALL, id, incarnation(), ServerRole.START, 0, gapNs), nowNs);
        }
        return nowNs;
    }

    private Election election() {
        return election;
    }

    private void dial(int memberId, String host, int port, long timeoutNs) {
        LivenessListener caller = inbox.door(new MemberLink(peers, memberId, () -> 0));
        if (isCutOff) {
            InetSocketAddress nowhere = InetSocketAddress.createUnresolved(host, port);
            machine.at(
                    machine.nowNs() + timeoutNs,
                    () -> caller.onConnectFailed(nowhere, LivenessListener.ConnectFailure.UNREACHABLE, "no answer"));
        } else {
            connect(servers.get(memberId), caller);
        }
    }

    @Override
    protected LivenessListener door() {
        LivenessListener agentSide = inbox.door(new Door());
        return new LivenessListener() {
            @Override
            public void onHello(LivenessLink link, Hello hello) {
                agentSide.onHello(link, hello);
            }

            @Override
            public void onHeartbeat(LivenessLink link, Heartbeat heartbeat) {
                agentSide.onHeartbeat(link, heartbeat);
            }

            @Override
            public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
                if (WitnessProtocol.isOther(buffer, offset, length)) {
                    agentSide.onMessage(link, buffer, offset, length);
                } else {
                    onTomcatMessage(link, buffer, offset, length);
                }
            }

            @Override
            public void onSilence(LivenessLink link, long silentNs) {
                agentSide.onSilence(link, silentNs);
            }

            @Override
            public void onClosed(LivenessLink link, CloseCause cause, String reason) {
                agentSide.onClosed(link, cause, reason);
            }
        };
    }

    /** On the liveness thread, where probes are answered. */
    private void onTomcatMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
        new WitnessAdapter().onMessage(buffer, offset, length, new WitnessListener() {
            @Override
            public void onProbe(long number) {
                int ageMs = loop.agentAgeMs(machine.nowNs());
                link.sendMessage(out, 0, messages.probeAnswer(out, number, incarnation(), ageMs));
            }

            @Override
            public void onRole(long questionId, long ofIncarnation, ServerRole role, long epoch) {
                inbox.submit(() -> witnesses.onRole(link, questionId, ofIncarnation, role, epoch));
            }

            @Override
            public void onAnswer(long questionId, boolean isHeard, int ageMs, boolean wasSolo) {
                inbox.submit(() -> witnesses.onAnswer(link, questionId, isHeard, wasSolo));
            }
        });
    }

    private static ArraySettings settings(int self) {
        List<ServerSettings> both = List.of(server(0), server(1));
        return new ArraySettings(
                "test", "", self, both, false, 120, true, false, 3600, 5, "availability", 0, false, "", Map.of());
    }

    private static ServerSettings server(int position) {
        Path unused = Path.of("unused");
        String host = "127.0.0." + (1 + position);
        return new ServerSettings(
                position,
                "Server" + (1 + position),
                host,
                host,
                9510,
                host,
                9520,
                host,
                9530,
                host,
                9540,
                unused,
                unused,
                false,
                unused,
                "temporary-swap-only",
                1 << 20);
    }

    /** What callers say, on the agent thread. */
    private final class Door implements LivenessListener {
        @Override
        public void onHello(LivenessLink link, Hello hello) {
            if (hello.kind() == Hello.Kind.WITNESS) {
                witnesses.onAccepted(link, hello);
                link.sendReply(reply(1_000, 30_000));
            } else if (peers.onHello(link, hello) == null) {
                link.sendReply(reply(GroupDoor.HEARTBEAT_MS, GroupDoor.SILENCE_MS));
            }
        }

        private HelloReply reply(int heartbeatMs, int silenceMs) {
            return new HelloReply(
                    HelloReply.Status.ACCEPTED,
                    "Server" + (1 + id),
                    incarnation(),
                    view().role(),
                    view().epoch(),
                    "",
                    "",
                    0,
                    0,
                    0,
                    null,
                    heartbeatMs,
                    silenceMs,
                    "");
        }

        @Override
        public void onHeartbeat(LivenessLink link, Heartbeat heartbeat) {
            peers.onHeartbeat(link, heartbeat, 0);
        }

        @Override
        public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
            peers.onMessage(link, buffer, offset, length, 0);
        }

        @Override
        public void onSilence(LivenessLink link, long silentNs) {
            peers.onSilence(link, silentNs);
        }

        @Override
        public void onClosed(LivenessLink link, CloseCause cause, String reason) {
            peers.onClosed(link, cause, reason);
            witnesses.onClosed(link);
        }
    }

    private final class PeerOutput implements PeerLinks.Output {
        @Override
        public void onEvidence(Evidence evidence) {
            election.onEvidence(evidence, electionTime());
        }

        @Override
        public void onMessage(int memberId, DirectBuffer buffer, int offset, int length) {
            election.onMessage(memberId, buffer, offset, length, electionTime());
        }
    }

    private final class Decisions implements ElectionOutput {
        @Override
        public void send(int memberId, DirectBuffer buffer, int offset, int length) {
            peers.send(memberId, buffer, offset, length);
        }

        @Override
        public void onView(ElectionView before, ElectionView now) {
            story.add(machine.nowNs() / MS + " ms Server" + (1 + id) + " " + now.role() + ": " + now.reason());
            boolean isActive = now.role() == ServerRole.ACTIVE_COORDINATOR;
            promotions += isActive && before.role() != ServerRole.ACTIVE_COORDINATOR ? 1 : 0;
            hasStandby &= isActive;
            loop.status(new Heartbeat(incarnation(), 0, now.role(), now.epoch(), ""));
        }

        @Override
        public void onInSync(InSyncSet inSync) {
            boolean isPair = inSync.members().size() > 1;
            drops += hasStandby && !isPair ? 1 : 0;
            hasStandby = isPair;
        }

        @Override
        public void askWitnesses(int memberId) {
            PeerLinks.Peer subject = peers.peer(memberId);
            witnesses.ask(memberId, "Server" + (1 + memberId), subject.incarnation());
        }
    }
}
