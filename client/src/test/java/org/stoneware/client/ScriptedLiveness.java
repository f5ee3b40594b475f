package org.stoneware.client;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessNetwork;

/** Dials nobody; a test plays the other end. */
final class ScriptedLiveness implements LivenessNetwork {
    private static final AtomicLong NEXT_ID = new AtomicLong(1);

    /** Attempts to be served. */
    final List<Dial> dials = new ArrayList<>();
    /** Attempts to have a standing link. */
    final List<Dial> standingDials = new ArrayList<>();
    /** Every attempt fails at once, as when nothing listens. */
    boolean refusesAll;

    /** One attempt of the client. */
    record Dial(String address, LivenessListener listener) {}

    /** A link whose other end is the test. */
    static final class Link implements LivenessLink {
        private static final InetSocketAddress HERE = new InetSocketAddress("127.0.0.1", 5_000);
        final List<byte[]> sent = new ArrayList<>();
        private final long id = NEXT_ID.getAndIncrement();
        InetSocketAddress here = HERE;

        @Nullable
        Hello hello;

        boolean isClosed;

        @Override
        public long id() {
            return id;
        }

        @Override
        public boolean isInitiator() {
            return true;
        }

        @Override
        public InetSocketAddress localAddress() {
            return here;
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return HERE;
        }

        @Override
        public void sendHello(Hello said) {
            hello = said;
        }

        @Override
        public void sendReply(HelloReply reply) {}

        @Override
        public boolean sendMessage(DirectBuffer buffer, int offset, int length) {
            byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            sent.add(bytes);
            return !isClosed;
        }

        @Override
        public void goodbye(String reason) {
            isClosed = true;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }

    synchronized Dial lastDial() {
        return dials.get(dials.size() - 1);
    }

    /** The newest attempt to have a standing link to a server. */
    synchronized Dial lastStandingDial(String address) {
        return standingDials.stream()
                .filter(dial -> dial.address().equals(address))
                .reduce((earlier, later) -> later)
                .orElseThrow();
    }

    @Override
    public InetSocketAddress listen(InetSocketAddress address, LivenessListener listener) {
        throw new AssertionError("a Tomcat does not listen");
    }

    @Override
    public synchronized void connect(String host, int port, long timeoutNs, LivenessListener listener) {
        List<Dial> list = listener instanceof StandingLink.Door ? standingDials : dials;
        list.add(new Dial(host + ':' + port, listener));
        if (refusesAll) {
            listener.onConnectFailed(
                    InetSocketAddress.createUnresolved(host, port),
                    LivenessListener.ConnectFailure.REFUSED,
                    "nothing listens");
        }
    }

    @Override
    public void status(Heartbeat heartbeat) {}

    @Override
    public void agentCycled(long nowNs) {}

    @Override
    public int agentAgeMs() {
        return 0;
    }

    @Override
    public void goodbyeAll(String reason) {}

    @Override
    public long protocolErrors() {
        return 0;
    }

    @Override
    public void close() {}
}
