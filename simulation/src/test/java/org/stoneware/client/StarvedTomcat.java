package org.stoneware.client;

import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.agent.StarvedServer;
import org.stoneware.simulation.StarvedMachine;
import org.stoneware.simulation.StarvedProcess;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;

/** A Tomcat that only bears witness, as it ships: one link to each server, and the desk that answers. */
public final class StarvedTomcat extends StarvedProcess {
    private static final long IDLE_NS = 10_000_000L;

    private final long id;
    private final @Nullable LivenessLink[] links;
    private final WitnessDesk.@Nullable Standing[] standings;
    private final WitnessDesk desk;

    @SuppressWarnings("this-escape")
    public StarvedTomcat(StarvedMachine machine, long id, List<StarvedServer> servers) {
        super(machine);
        this.id = id;
        this.links = new LivenessLink[servers.size()];
        this.standings = new WitnessDesk.Standing[servers.size()];
        this.desk = new WitnessDesk(new WitnessDesk.Sight() {
            @Override
            public @Nullable LivenessLink linkTo(String serverName) {
                return links[serverName.charAt("Server".length()) - '1'];
            }

            @Override
            public WitnessDesk.@Nullable Standing standingOf(String serverName) {
                return standings[serverName.charAt("Server".length()) - '1'];
            }

            @Override
            public boolean isRefusedSince(String serverName, long timeNs) {
                return false;
            }

            @Override
            public void reach(String serverName) {}
        });
        for (int position = 0; position < servers.size(); position++) {
            connect(servers.get(position), new Standing(position));
        }
    }

    @Override
    protected long agentCycle(long nowNs) {
        drain();
        desk.doWork(nowNs);
        return IDLE_NS;
    }

    @Override
    protected LivenessListener door() {
        throw new UnsupportedOperationException("a Tomcat is not called");
    }

    private final class Standing implements LivenessListener {
        private final int position;

        Standing(int position) {
            this.position = position;
        }

        @Override
        public void onConnected(LivenessLink link) {
            link.sendHello(new Hello(
                    Hello.Kind.WITNESS,
                    Hello.PROTOCOL_VERSION,
                    7,
                    id,
                    id,
                    "tomcat",
                    "test",
                    List.of(),
                    null,
                    new byte[0]));
        }

        @Override
        public void onReply(LivenessLink link, HelloReply reply) {
            submit(() -> {
                links[position] = link;
                standings[position] = new WitnessDesk.Standing(reply.incarnation(), reply.role(), reply.epoch());
            });
        }

        @Override
        public void onHeartbeat(LivenessLink link, Heartbeat heartbeat) {
            submit(() -> standings[position] =
                    new WitnessDesk.Standing(heartbeat.incarnation(), heartbeat.role(), heartbeat.epoch()));
        }

        @Override
        public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
            DirectBuffer copy = LinkMessages.copy(buffer, offset, length);
            submit(() -> desk.onMessage(link, copy, machine.nowNs()));
        }
    }
}
