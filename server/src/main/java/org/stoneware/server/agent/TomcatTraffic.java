package org.stoneware.server.agent;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.wire.session.WireException;
import org.stoneware.wire.witness.WitnessAdapter;
import org.stoneware.wire.witness.WitnessListener;
import org.stoneware.wire.witness.WitnessProtocol;
import org.stoneware.wire.witness.WitnessPublisher;

/**
 * What Tomcats send on the dso-port's TCP links: a probe is answered here and now, an answer that is awaited goes to the agent, other
 * messages are dropped, and connections are the door's.
 * <p>
 * A probe is answered on the liveness thread with the age of the agent's last cycle, so that a busy agent is told from a dead process.
 * The network passes on messages only of links that were taken in.
 * <p>
 * <b>Threading:</b> the liveness thread.
 * <p>
 * <b>Limits:</b> {@link #MAX_WAITING} answers wait for the agent; one more is dropped, and its Tomcat is asked again in the next round.
 */
final class TomcatTraffic implements LivenessListener {
    private static final int MAX_WAITING = 4 * WitnessLinks.MAX_TOMCATS;

    private final LivenessListener door;
    private final LivenessInbox inbox;
    private final ClientDoor clients;
    private final IntSupplier agentAgeMs;
    private final AtomicInteger waiting = new AtomicInteger();
    private final WitnessAdapter adapter = new WitnessAdapter();
    private final WitnessPublisher messages = new WitnessPublisher();
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[WitnessProtocol.MAX_MESSAGE_LENGTH]);

    TomcatTraffic(LivenessListener door, LivenessInbox inbox, ClientDoor clients, IntSupplier agentAgeMs) {
        this.door = door;
        this.inbox = inbox;
        this.clients = clients;
        this.agentAgeMs = agentAgeMs;
    }

    @Override
    public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
        if (WitnessProtocol.isOther(buffer, offset, length)) {
            vote(link, buffer, offset, length);
            return;
        }
        try {
            adapter.onMessage(buffer, offset, length, new WitnessListener() {
                @Override
                public void onProbe(long number) {
                    int ageMs = agentAgeMs.getAsInt();
                    link.sendMessage(out, 0, messages.probeAnswer(out, number, clients.toldIncarnation(), ageMs));
                }

                @Override
                public void onAnswer(long questionId, boolean isHeard, int ageMs, boolean wasSolo) {
                    handOver(questionId, () -> clients.witnesses().onAnswer(link, questionId, isHeard, wasSolo));
                }

                @Override
                public void onRole(long questionId, long incarnation, ServerRole role, long epoch) {
                    handOver(questionId, () -> clients.witnesses().onRole(link, questionId, incarnation, role, epoch));
                }
            });
        } catch (WireException e) {
            // Not one of ours: anybody taken in may send anything, and nothing here depends on it. It is shown.
            clients.onBrokenWitness();
        }
    }

    private void vote(LivenessLink link, DirectBuffer buffer, int offset, int length) {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return;
        }
        byte[] copy = new byte[length];
        buffer.getBytes(offset, copy);
        inbox.submit(() -> {
            waiting.decrementAndGet();
            clients.onVote(link, new UnsafeBuffer(copy));
        });
    }

    private void handOver(long questionId, Runnable told) {
        if (!clients.witnesses().isAwaited(questionId)) {
            return;
        }
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return;
        }
        inbox.submit(() -> {
            waiting.decrementAndGet();
            told.run();
        });
    }

    @Override
    public void onHello(LivenessLink link, Hello hello) {
        door.onHello(link, hello);
    }

    @Override
    public void onReply(LivenessLink link, HelloReply reply) {
        door.onReply(link, reply);
    }

    @Override
    public void onConnected(LivenessLink link) {
        door.onConnected(link);
    }

    @Override
    public void onConnectFailed(InetSocketAddress address, ConnectFailure failure, String reason) {
        door.onConnectFailed(address, failure, reason);
    }

    @Override
    public void onSilence(LivenessLink link, long silentNs) {
        door.onSilence(link, silentNs);
    }

    @Override
    public void onClosed(LivenessLink link, CloseCause cause, String reason) {
        door.onClosed(link, cause, reason);
    }
}
