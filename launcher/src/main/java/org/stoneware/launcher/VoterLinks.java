package org.stoneware.launcher;

import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.spi.election.ElectionException;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessNetwork;
import org.stoneware.voting.Voter;
import org.stoneware.voting.VoterId;

/**
 * The external voter's connections, one to every server of the array: dialled again for ever, and every question on them answered.
 * <p>
 * <b>Threading:</b> {@link #run} belongs to the program's thread; questions are answered on the liveness thread, which has nothing
 * else to do here, so that it may wait for the disk.
 */
final class VoterLinks {
    private static final long CONNECT_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long RETRY_MS = 1_000;

    private final Voter voter;
    private final LivenessNetwork network;
    private final String name;
    private final long incarnation;
    private final PrintStream out;
    private final List<ServerLink> links = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile String failure = "";

    VoterLinks(
            Voter voter,
            LivenessNetwork network,
            List<ServerSettings> servers,
            String name,
            long incarnation,
            PrintStream out) {
        this.voter = voter;
        this.network = network;
        this.name = name;
        this.incarnation = incarnation;
        this.out = out;
        for (ServerSettings server : servers) {
            links.add(new ServerLink(server));
        }
    }

    /** Ends {@link #run}. */
    void stop() {
        ended.countDown();
    }

    /**
     * Keeps the connections until {@link #stop} is called or the vote can't be kept any more.
     *
     * @return why it can't; empty after a stop.
     */
    String run() throws InterruptedException {
        do {
            for (ServerLink link : links) {
                link.dial();
            }
        } while (!ended.await(RETRY_MS, TimeUnit.MILLISECONDS));
        network.goodbyeAll("voter stops");
        return failure;
    }

    /** Servers that take questions' answers from here now. */
    int connected() {
        int connected = 0;
        for (ServerLink link : links) {
            connected += link.isGreeted ? 1 : 0;
        }
        return connected;
    }

    private void say(String what) {
        out.println("voter " + name + ": " + what);
        out.flush();
    }

    /** The connection to one server. */
    private final class ServerLink implements LivenessListener {
        private final ServerSettings server;
        private final UnsafeBuffer answer = new UnsafeBuffer(new byte[Voter.MAX_ANSWER_LENGTH]);
        private volatile boolean isBusy;
        private volatile boolean isGreeted;
        private String lastTrouble = "";

        ServerLink(ServerSettings server) {
            this.server = server;
        }

        void dial() {
            if (!isBusy) {
                isBusy = true;
                network.connect(server.host(), server.groupPort(), CONNECT_TIMEOUT_NS, this);
            }
        }

        @Override
        public void onConnected(LivenessLink link) {
            VoterId identity = voter.identity();
            link.sendHello(new Hello(
                    Hello.Kind.VOTER,
                    Hello.PROTOCOL_VERSION,
                    identity.high(),
                    identity.low(),
                    incarnation,
                    name,
                    ProductVersion.line(),
                    List.of(),
                    null,
                    new byte[0]));
        }

        @Override
        public void onConnectFailed(InetSocketAddress address, ConnectFailure cause, String reason) {
            isBusy = false;
            trouble("can't reach " + server.name() + " at " + server.host() + ":" + server.groupPort() + ": " + reason);
        }

        @Override
        public void onReply(LivenessLink link, HelloReply reply) {
            if (reply.status() == HelloReply.Status.ACCEPTED) {
                isGreeted = true;
                lastTrouble = "";
                say("votes for " + server.name() + " (" + reply.role().stateName() + ")");
            } else {
                trouble(server.name() + " does not take this voter: " + reply.status() + " " + reply.reason());
            }
        }

        @Override
        public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
            try {
                int answered = voter.onMessage(buffer, offset, length, answer, 0);
                if (answered != Voter.NO_ANSWER) {
                    link.sendMessage(answer, 0, answered);
                }
            } catch (ElectionException e) {
                failure = String.valueOf(e.getMessage());
                stop();
            }
        }

        @Override
        public void onClosed(LivenessLink link, CloseCause cause, String reason) {
            boolean wasGreeted = isGreeted;
            isGreeted = false;
            isBusy = false;
            if (wasGreeted) {
                trouble("lost " + server.name() + ": " + cause + (reason.isEmpty() ? "" : ", " + reason));
            }
        }

        /** Says what is wrong once, not at every attempt. */
        private void trouble(@Nullable String what) {
            String text = String.valueOf(what);
            if (!text.equals(lastTrouble)) {
                lastTrouble = text;
                say(text + "; trying again every second");
            }
        }
    }
}
