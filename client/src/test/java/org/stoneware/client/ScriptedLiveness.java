package org.stoneware.client;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessNetwork;

/** Dials nobody; a test plays the other end. */
final class ScriptedLiveness implements LivenessNetwork {
    final List<Dial> dials = new ArrayList<>();
    /** Every attempt fails at once, as when nothing listens. */
    boolean refusesAll;

    /** One attempt of the client. */
    record Dial(String address, LivenessListener listener) {}

    /** A link whose other end is the test. */
    static final class Link implements LivenessLink {
        private static final InetSocketAddress HERE = new InetSocketAddress("127.0.0.1", 5_000);
        boolean isClosed;

        @Override
        public long id() {
            return 1;
        }

        @Override
        public boolean isInitiator() {
            return true;
        }

        @Override
        public InetSocketAddress localAddress() {
            return HERE;
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return HERE;
        }

        @Override
        public void sendHello(Hello hello) {}

        @Override
        public void sendReply(HelloReply reply) {}

        @Override
        public boolean sendMessage(DirectBuffer buffer, int offset, int length) {
            return true;
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

    @Override
    public InetSocketAddress listen(InetSocketAddress address, LivenessListener listener) {
        throw new AssertionError("a Tomcat does not listen");
    }

    @Override
    public synchronized void connect(String host, int port, long timeoutNs, LivenessListener listener) {
        dials.add(new Dial(host + ':' + port, listener));
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
    public void goodbyeAll(String reason) {}

    @Override
    public long protocolErrors() {
        return 0;
    }

    @Override
    public void close() {}
}
