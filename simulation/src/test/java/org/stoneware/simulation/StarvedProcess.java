package org.stoneware.simulation;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.liveness.SimulatedLoop;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;

/** One process of a {@link StarvedMachine}: its liveness thread, its agent thread, and the connections the former owns. */
public abstract class StarvedProcess {
    private static final long WIRE_NS = 100_000;

    protected final StarvedMachine machine;
    protected final SimulatedLoop loop;
    private final StarvedMachine.Task liveness;
    private final StarvedMachine.Task agent;
    private final List<End> ends = new ArrayList<>();
    private final Queue<Runnable> inbox = new ArrayDeque<>();

    @SuppressWarnings("this-escape")
    protected StarvedProcess(StarvedMachine machine) {
        this.machine = machine;
        this.loop = new SimulatedLoop(machine.nowNs());
        this.liveness = machine.task(this::livenessCycle);
        this.agent = machine.task(this::agentCycle);
    }

    /** One cycle of the agent; returns how long it sleeps. */
    protected abstract long agentCycle(long nowNs);

    /** Answers a connection made to this process. */
    protected abstract LivenessListener door();

    public final void hold(long durationNs) {
        liveness.hold(durationNs);
        agent.hold(durationNs);
    }

    public final void holdLiveness(long durationNs) {
        liveness.hold(durationNs);
    }

    public final void holdAgent(long durationNs) {
        agent.hold(durationNs);
    }

    /** Hands something to the agent thread. */
    protected final void submit(Runnable task) {
        inbox.add(task);
        wakeAgent();
    }

    /** Ends the sleep of the agent thread. */
    protected final void wakeAgent() {
        agent.wake();
    }

    protected final void drain() {
        Runnable task;
        while ((task = inbox.poll()) != null) {
            task.run();
        }
    }

    /** Connects to another process: its kernel takes the connection, whether it runs or not. */
    protected final void connect(StarvedProcess callee, LivenessListener listener) {
        machine.at(machine.nowNs() + WIRE_NS, () -> {
            End own = new End(this, listener, true);
            End other = new End(callee, callee.door(), false);
            own.peer = other;
            other.peer = own;
            ends.add(own);
            callee.ends.add(other);
            own.in.add(End.CONNECTED);
            liveness.wake();
        });
    }

    private long livenessCycle(long nowNs) {
        boolean isJudging = loop.begin(nowNs);
        for (End end : List.copyOf(ends)) {
            end.read();
        }
        for (End end : List.copyOf(ends)) {
            end.write();
            end.progress(isJudging);
        }
        return loop.end(!isJudging);
    }

    /** One end of a connection. */
    protected static final class End implements LivenessLink {
        private static final Object CONNECTED = "connected";
        private static final Object CLOSED = "closed";
        private static long ids;

        private final long id = ++ids;
        private final StarvedProcess owner;
        private final LivenessListener listener;
        private final boolean isInitiator;
        private final Queue<Object> in = new ArrayDeque<>();
        private final Queue<Object> out = new ArrayDeque<>();
        private @Nullable End peer;
        private SimulatedLoop.@Nullable Timer timer;
        private long heartbeatNs;
        private long silenceNs;
        private boolean isGreeted;
        private boolean isCloseAsked;
        private boolean isClosed;

        private End(StarvedProcess owner, LivenessListener listener, boolean isInitiator) {
            this.owner = owner;
            this.listener = listener;
            this.isInitiator = isInitiator;
        }

        private void read() {
            Object frame;
            while (!isClosed && (frame = in.poll()) != null) {
                SimulatedLoop.Timer present = timer;
                if (present != null) {
                    present.heard();
                }
                take(frame);
            }
        }

        private void take(Object frame) {
            if (frame == CONNECTED) {
                listener.onConnected(this);
            } else if (frame == CLOSED) {
                end(LivenessListener.CloseCause.CLOSED_BY_PEER);
            } else if (frame instanceof Hello hello) {
                listener.onHello(this, hello);
            } else if (frame instanceof HelloReply reply) {
                greet(reply);
                listener.onReply(this, reply);
            } else if (frame instanceof Heartbeat heartbeat) {
                listener.onHeartbeat(this, heartbeat);
            } else if (frame instanceof byte[] message) {
                listener.onMessage(this, new UnsafeBuffer(message), 0, message.length);
            }
        }

        private void greet(HelloReply reply) {
            heartbeatNs = reply.heartbeatMs() * 1_000_000L;
            silenceNs = reply.silenceMs() * 1_000_000L;
            isGreeted = true;
        }

        private void write() {
            End other = peer;
            if (isClosed || other == null) {
                return;
            }
            Object frame;
            while ((frame = out.poll()) != null) {
                send(other, frame);
            }
            if (isCloseAsked) {
                send(other, CLOSED);
                end(LivenessListener.CloseCause.CLOSED_HERE);
            }
        }

        private void send(End other, Object frame) {
            StarvedMachine machine = owner.machine;
            machine.at(machine.nowNs() + WIRE_NS, () -> {
                other.in.add(frame);
                other.owner.liveness.wake();
            });
        }

        private void progress(boolean isJudging) {
            End other = peer;
            if (!isGreeted || isClosed || other == null) {
                return;
            }
            SimulatedLoop.Timer present = timer;
            if (present == null) {
                present = owner.loop.timer(heartbeatNs, silenceNs);
                timer = present;
            }
            if (present.beats()) {
                send(other, owner.loop.heartbeat());
            }
            long silentNs = present.silence(isJudging);
            if (silentNs > 0) {
                listener.onSilence(this, silentNs);
            }
        }

        private void end(LivenessListener.CloseCause cause) {
            isClosed = true;
            owner.ends.remove(this);
            listener.onClosed(this, cause, "closed");
        }

        @Override
        public long id() {
            return id;
        }

        @Override
        public boolean isInitiator() {
            return isInitiator;
        }

        @Override
        public InetSocketAddress localAddress() {
            throw new UnsupportedOperationException();
        }

        @Override
        public InetSocketAddress remoteAddress() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void sendHello(Hello hello) {
            queue(hello);
        }

        @Override
        public void sendReply(HelloReply reply) {
            greet(reply);
            queue(reply);
        }

        @Override
        public boolean sendMessage(DirectBuffer buffer, int offset, int length) {
            if (isClosed || isCloseAsked || !isGreeted) {
                return false;
            }
            byte[] copy = new byte[length];
            buffer.getBytes(offset, copy);
            queue(copy);
            return true;
        }

        @Override
        public void goodbye(String reason) {
            close();
        }

        @Override
        public void close() {
            isCloseAsked = true;
            owner.liveness.wake();
        }

        private void queue(Object frame) {
            out.add(frame);
            owner.liveness.wake();
        }
    }
}
