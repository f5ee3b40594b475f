package org.stoneware.client;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessNetwork;

/**
 * One TCP link to a server that does not serve this Tomcat at present. The server tells its role over it at once when it changes, and
 * either end asks the other for what it hears. A dead server is dialled again for ever, with pauses that grow.
 * <p>
 * <b>Threading:</b> the agent thread; what the liveness thread tells is handed over as tasks, and what tells nothing new is not.
 */
final class StandingLink {
    private static final long DIAL_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long GREETING_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long FIRST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long MAX_PAUSE_NS = TimeUnit.SECONDS.toNanos(2);
    /** After so long without a word the connection may be one the other host has forgotten. */
    private static final long GIVE_UP_SILENT_NS = TimeUnit.SECONDS.toNanos(15);
    /** A server whose agent hangs serves nobody, whatever it claims. */
    private static final int MAX_AGENT_AGE_MS = 2_000;

    private final String address;
    private final ClientSettings settings;
    private final ClientAgent.Identity identity;
    private final LivenessNetwork liveness;
    private final Consumer<Runnable> tasks;
    private final Listener listener;

    private State state = State.IDLE;
    private long stateSinceNs;
    private @Nullable LivenessLink link;
    private int attempt;
    private boolean isDialled;
    private long notBeforeNs;
    private long pauseNs = FIRST_PAUSE_NS;
    private String serverName = "";
    private long incarnation;
    private ServerRole role = ServerRole.START;
    private long epoch;
    private boolean isRefused;
    private long refusedNs;
    private Told told = Told.NOTHING;
    private long nowNs;

    /** How far the link is. */
    private enum State {
        IDLE,
        DIALLING,
        GREETING,
        OPEN
    }

    /** What people were told of the server last. */
    private enum Told {
        NOTHING,
        UP,
        DOWN
    }

    /** Hears what the server says. Called on the agent thread. */
    interface Listener {
        /** The server says this of itself now. */
        void onStanding(StandingLink from, ServerRole role, long epoch);

        /** The server can't be heard. */
        void onLost(StandingLink from);

        /** An opaque message; the bytes may be kept. */
        void onMessage(LivenessLink from, DirectBuffer message);

        /** One readable line. */
        void notice(System.Logger.Level level, String text);
    }

    StandingLink(
            String address,
            ClientSettings settings,
            ClientAgent.Identity identity,
            LivenessNetwork liveness,
            Consumer<Runnable> tasks,
            Listener listener) {
        this.address = address;
        this.settings = settings;
        this.identity = identity;
        this.liveness = liveness;
        this.tasks = tasks;
        this.listener = listener;
    }

    /** Sets the time of everything that happens until the next call. */
    void beginCycle(long now) {
        nowNs = now;
    }

    String address() {
        return address;
    }

    /** Configured name of the server; empty before it has answered once. */
    String serverName() {
        return serverName;
    }

    /** Process of the server that has answered last; 0 before. */
    long incarnation() {
        return incarnation;
    }

    /** What the server that is greeted has said last that it is. */
    ServerRole role() {
        return role;
    }

    /** Epoch it has said with that. */
    long epoch() {
        return epoch;
    }

    /** The link while the server is greeted, else null. */
    @Nullable
    LivenessLink link() {
        return state == State.OPEN ? link : null;
    }

    /** Whether nothing listened at the server when it was dialled last, at that time or later. */
    boolean isRefusedSince(long timeNs) {
        return isRefused && state != State.OPEN && refusedNs - timeNs >= 0;
    }

    /** Dials when it is time and gives up what takes too long. Returns the amount of work done. */
    int doWork() {
        switch (state) {
            case IDLE -> {
                if (!isDialled || nowNs - notBeforeNs >= 0) {
                    reach();
                    return 1;
                }
            }
            case GREETING -> {
                if (nowNs - stateSinceNs > GREETING_TIMEOUT_NS) {
                    fail("it did not answer in time");
                    return 1;
                }
            }
            case DIALLING, OPEN -> {}
        }
        return 0;
    }

    /** Dials now, whatever the pause, unless the link stands or is being dialled. */
    void reach() {
        if (state == State.IDLE) {
            isDialled = true;
            state(State.DIALLING);
            int colon = address.lastIndexOf(':');
            liveness.connect(
                    address.substring(0, colon),
                    Integer.parseInt(address.substring(colon + 1)),
                    DIAL_TIMEOUT_NS,
                    new Door(++attempt));
        }
    }

    /**
     * Another connection leads to the server now; as soon as that is lost, {@link #doWork} dials at once.
     *
     * @param name    configured name of the server.
     * @param process its incarnation.
     */
    void rest(String name, long process) {
        serverName = name;
        incarnation = process;
        isRefused = false;
        told = Told.UP;
        pauseNs = FIRST_PAUSE_NS;
        notBeforeNs = nowNs;
        close("this Tomcat is registered here");
    }

    /** Says goodbye. */
    void close(String reason) {
        if (state == State.IDLE) {
            return;
        }
        attempt++;
        if (link != null) {
            link.goodbye(reason);
            link = null;
        }
        state(State.IDLE);
        listener.onLost(this);
    }

    private void state(State next) {
        state = next;
        stateSinceNs = nowNs;
    }

    private void fail(String reason) {
        boolean wasOpen = state == State.OPEN;
        // One that has stood for a while is dialled again at once: whether that is refused is what others want to know.
        boolean isAtOnce = wasOpen && nowNs - stateSinceNs >= FIRST_PAUSE_NS;
        attempt++;
        if (link != null) {
            link.close();
            link = null;
        }
        state(State.IDLE);
        notBeforeNs = isAtOnce ? nowNs : nowNs + pauseNs;
        pauseNs = isAtOnce ? FIRST_PAUSE_NS : Math.min(MAX_PAUSE_NS, 2 * pauseNs);
        if (wasOpen) {
            listener.onLost(this);
        }
        if (told != Told.DOWN && !isAtOnce) {
            told = Told.DOWN;
            listener.notice(System.Logger.Level.INFO, "no standing link to the server at " + address + ": " + reason);
        }
    }

    private void onAccepted(HelloReply reply) {
        serverName = reply.serverName();
        incarnation = reply.incarnation();
        isRefused = false;
        state(State.OPEN);
        if (told != Told.UP) {
            told = Told.UP;
            listener.notice(
                    System.Logger.Level.INFO,
                    "standing link to server " + serverName + " at " + address + ": it is "
                            + reply.role().stateName());
        }
        onSaid(reply.role(), reply.epoch());
    }

    private void onHeartbeat(Heartbeat heartbeat) {
        if (heartbeat.agentAgeMs() > MAX_AGENT_AGE_MS) {
            listener.onLost(this);
        } else {
            onSaid(heartbeat.role(), heartbeat.epoch());
        }
    }

    private void onSaid(ServerRole saidRole, long saidEpoch) {
        role = saidRole;
        epoch = saidEpoch;
        listener.onStanding(this, saidRole, saidEpoch);
    }

    private void onSilence(long silentNs) {
        listener.onLost(this);
        if (silentNs >= GIVE_UP_SILENT_NS) {
            fail("it is silent for " + TimeUnit.NANOSECONDS.toMillis(silentNs) + " ms");
        }
    }

    /** Hears of one attempt; what arrives of one given up is ignored. */
    final class Door implements LivenessListener {
        private final int mine;
        /** What the agent was told last; null when it must be told again. Belongs to the liveness thread. */
        private @Nullable Heartbeat passedOn;

        Door(int mine) {
            this.mine = mine;
        }

        private void run(LivenessLink of, Runnable task) {
            tasks.accept(() -> {
                if (mine == attempt) {
                    task.run();
                } else {
                    of.close();
                }
            });
        }

        @Override
        public void onConnected(LivenessLink connected) {
            run(connected, () -> {
                link = connected;
                state(State.GREETING);
                connected.sendHello(new Hello(
                        Hello.Kind.WITNESS,
                        Hello.PROTOCOL_VERSION,
                        identity.high(),
                        identity.low(),
                        identity.incarnation(),
                        settings.name(),
                        settings.productVersion(),
                        List.of(),
                        null,
                        new byte[0]));
            });
        }

        @Override
        public void onConnectFailed(InetSocketAddress to, ConnectFailure failure, String reason) {
            tasks.accept(() -> {
                if (mine == attempt) {
                    isRefused = failure == ConnectFailure.REFUSED;
                    refusedNs = nowNs;
                    fail(reason);
                }
            });
        }

        @Override
        public void onReply(LivenessLink of, HelloReply reply) {
            run(of, () -> {
                if (reply.status() == HelloReply.Status.ACCEPTED) {
                    onAccepted(reply);
                } else {
                    fail("it answered " + reply.status() + ": " + reply.reason());
                }
            });
        }

        @Override
        public void onHeartbeat(LivenessLink of, Heartbeat heartbeat) {
            if (isNews(heartbeat)) {
                passedOn = heartbeat;
                run(of, () -> StandingLink.this.onHeartbeat(heartbeat));
            }
        }

        private boolean isNews(Heartbeat heartbeat) {
            @Nullable Heartbeat last = passedOn;
            return last == null
                    || last.role() != heartbeat.role()
                    || last.epoch() != heartbeat.epoch()
                    || (last.agentAgeMs() > MAX_AGENT_AGE_MS) != (heartbeat.agentAgeMs() > MAX_AGENT_AGE_MS);
        }

        @Override
        public void onMessage(LivenessLink of, DirectBuffer buffer, int offset, int length) {
            DirectBuffer kept = LinkMessages.copy(buffer, offset, length);
            run(of, () -> listener.onMessage(of, kept));
        }

        @Override
        public void onSilence(LivenessLink of, long silentNs) {
            passedOn = null;
            run(of, () -> StandingLink.this.onSilence(silentNs));
        }

        @Override
        public void onClosed(LivenessLink of, CloseCause cause, String reason) {
            tasks.accept(() -> {
                if (mine == attempt) {
                    link = null;
                    fail(reason);
                }
            });
        }
    }
}
