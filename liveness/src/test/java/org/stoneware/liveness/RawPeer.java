package org.stoneware.liveness;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.wire.liveness.LivenessAdapter;
import org.stoneware.wire.liveness.LivenessMessageListener;
import org.stoneware.wire.liveness.LivenessProtocol;
import org.stoneware.wire.liveness.LivenessPublisher;

/** A socket in the hand of a test: does exactly what it is told, and nothing, like a frozen process, when it is not. */
final class RawPeer implements AutoCloseable, LivenessMessageListener {
    private final Socket socket;
    private final LivenessPublisher publisher = new LivenessPublisher();
    private final LivenessAdapter adapter = new LivenessAdapter(this);
    private final UnsafeBuffer input = new UnsafeBuffer(new byte[LivenessProtocol.MAX_FRAME_LENGTH]);
    private final Queue<Object> heard = new ArrayDeque<>();
    private int inputLength;

    RawPeer(InetSocketAddress address) throws IOException {
        socket = new Socket();
        socket.setReceiveBufferSize(8 * 1024);
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(RecordingListener.WAIT_SEC));
        socket.connect(address, (int) TimeUnit.SECONDS.toMillis(RecordingListener.WAIT_SEC));
    }

    private RawPeer(Socket accepted) throws IOException {
        socket = accepted;
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(RecordingListener.WAIT_SEC));
    }

    /** The called end of the next connection. */
    static RawPeer accept(ServerSocket listening) throws IOException {
        return new RawPeer(listening.accept());
    }

    /** Connects and says hello as a Tomcat. */
    static RawPeer greeting(InetSocketAddress address) throws IOException {
        RawPeer peer = new RawPeer(address);
        peer.send(Greetings.VALVE_HELLO);
        peer.await(HelloReply.class);
        return peer;
    }

    void send(Hello hello) throws IOException {
        send(buffer -> publisher.hello(hello, buffer, 0));
    }

    void send(HelloReply reply) throws IOException {
        send(buffer -> publisher.reply(reply, buffer, 0));
    }

    void send(Heartbeat heartbeat) throws IOException {
        send(buffer -> publisher.heartbeat(heartbeat, buffer, 0));
    }

    void sendGoodbye(String reason) throws IOException {
        send(buffer -> publisher.goodbye(1, reason, buffer, 0));
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void shutOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** Makes the kernel send a reset, as it does for a process that died with unread input. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Reads until a message of this type comes. */
    <T> T await(Class<T> type) throws IOException {
        while (true) {
            for (Object next = heard.poll(); next != null; next = heard.poll()) {
                if (type.isInstance(next)) {
                    return type.cast(next);
                }
            }
            if (!fill()) {
                throw new AssertionError("connection ended before a " + type.getSimpleName() + " came");
            }
        }
    }

    /** Reads until the other end closes. */
    void awaitEnd() throws IOException {
        try {
            while (fill()) {
                heard.clear();
            }
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("not closed", e);
        } catch (java.net.SocketException e) {
            // A reset is an end, too.
            return;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    @Override
    public void onHello(Hello hello) {
        heard.add(hello);
    }

    @Override
    public void onReply(HelloReply reply) {
        heard.add(reply);
    }

    @Override
    public void onHeartbeat(Heartbeat heartbeat) {
        heard.add(heartbeat);
    }

    @Override
    public void onMessage(DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        heard.add(bytes);
    }

    @Override
    public void onGoodbye(long incarnation, String reason) {
        heard.add(reason);
    }

    @Override
    public void onChallenge(byte[] nonce, byte[] proof) {
        heard.add(new Challenge(nonce, proof));
    }

    @Override
    public void onProof(byte[] proof) {
        heard.add(new Proof(proof));
    }

    @Override
    public void onSealed(byte[] mac, DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        heard.add(new Sealed(mac, bytes));
    }

    /** What a server with a key answers. */
    record Challenge(byte[] nonce, byte[] proof) {}

    /** What a caller with a key answers. */
    record Proof(byte[] bytes) {}

    /** A sealed message. */
    record Sealed(byte[] mac, byte[] frame) {}

    void sendChallenge(byte[] nonce, byte[] proof) throws IOException {
        send(buffer -> publisher.challenge(nonce, proof, buffer, 0));
    }

    void sendProof(byte[] proof) throws IOException {
        send(buffer -> publisher.proof(proof, buffer, 0));
    }

    private void send(ToIntFunction<UnsafeBuffer> encode) throws IOException {
        byte[] bytes = new byte[LivenessProtocol.MAX_FRAME_LENGTH];
        send(Arrays.copyOf(bytes, encode.applyAsInt(new UnsafeBuffer(bytes))));
    }

    /** @return false at the end of the stream. */
    private boolean fill() throws IOException {
        InputStream stream = socket.getInputStream();
        int count = stream.read(input.byteArray(), inputLength, input.capacity() - inputLength);
        if (count < 0) {
            return false;
        }
        inputLength += count;
        int consumed = adapter.onBytes(input, 0, inputLength, true);
        while (consumed > 0) {
            inputLength -= consumed;
            System.arraycopy(input.byteArray(), consumed, input.byteArray(), 0, inputLength);
            consumed = adapter.onBytes(input, 0, inputLength, true);
        }
        if (consumed < 0) {
            throw new AssertionError("server sent nonsense: " + adapter.errorText());
        }
        return true;
    }
}
