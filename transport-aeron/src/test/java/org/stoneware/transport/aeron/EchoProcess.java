package org.stoneware.transport.aeron;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.spi.transport.FrameClaim;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;

/** A process of its own that sends every frame back until its connection is lost. */
final class EchoProcess implements AutoCloseable {
    private static final int FRAME_LIMIT = 64;
    private static final long WAIT_NS = 20_000_000;

    private final Process process;
    private final InetSocketAddress address;

    private EchoProcess(Process process, InetSocketAddress address) {
        this.process = process;
        this.address = address;
    }

    /** Starts a process that echoes to a port of this machine. */
    static EchoProcess start(InetSocketAddress to) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "-Xmx128m"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), EchoProcess.class.getName()));
        command.add(Integer.toString(to.getPort()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        return new EchoProcess(process, loopback(Integer.parseInt(said.readLine())));
    }

    public static void main(String[] args) {
        TransportContext context = new TransportContext("echo", 0, 16, System.err::println);
        try (Transport transport = new AeronTransportProvider().open(context)) {
            InetSocketAddress local = transport.bind(loopback(0));
            Connection connection = transport.connect(spec(false, local, loopback(Integer.parseInt(args[0]))));
            System.out.println(local.getPort());
            new Echo(connection).run(transport);
        }
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    InetSocketAddress address() {
        return address;
    }

    static ConnectionSpec spec(boolean isInitiator, InetSocketAddress local, InetSocketAddress remote) {
        return new ConnectionSpec(1, 2, 3, isInitiator, local, remote, Purpose.CLIENT);
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** Keeps what there is no room for yet, in order. */
    private static final class Echo implements FrameListener {
        private final List<byte[]> owed = new ArrayList<>();
        private final FrameClaim claim = new FrameClaim();
        private final Connection connection;
        private boolean isLost;

        private Echo(Connection connection) {
            this.connection = connection;
        }

        private void run(Transport transport) {
            while (!isLost) {
                int work = transport.doWork(System.nanoTime()) + transport.poll(this, FRAME_LIMIT);
                while (!owed.isEmpty() && trySend(new UnsafeBuffer(owed.get(0)), 0, owed.get(0).length)) {
                    owed.remove(0);
                }
                if (work == 0) {
                    transport.awaitWork(WAIT_NS);
                }
            }
        }

        @Override
        public void onFrame(Connection from, DirectBuffer buffer, int offset, int length) {
            if (!owed.isEmpty() || !trySend(buffer, offset, length)) {
                byte[] frame = new byte[length];
                buffer.getBytes(offset, frame);
                owed.add(frame);
            }
        }

        @Override
        public void onConnectionLost(Connection lost, String reason) {
            isLost = true;
        }

        private boolean trySend(DirectBuffer buffer, int offset, int length) {
            if (connection.tryClaim(length, claim) <= 0) {
                return false;
            }
            claim.buffer().putBytes(claim.offset(), buffer, offset, length);
            claim.commit();
            return true;
        }
    }
}
