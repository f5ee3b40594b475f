package org.stoneware.transport.aeron;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntArrayQueue;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.spi.transport.FrameClaim;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;

/**
 * Measures a connected pair of processes: round trips of 1 KiB frames with one and with many under way, and what both cost when
 * they say nothing. Run it as a program from the test class path; it is no test.
 */
final class TransportFigures {
    private static final int FRAME_LENGTH = 1024;
    private static final int WARM_UP_ROUND_TRIPS = 30_000;
    private static final int ROUND_TRIPS = 100_000;
    private static final int[] WINDOWS = {1, 8, 64};
    private static final long IDLE_SECONDS = 20;
    private static final long WAIT_NS = 20_000_000;
    private static final String ECHO = "echo";

    private final Transport transport;
    private final FrameClaim claim = new FrameClaim();
    private final IntArrayQueue owed = new IntArrayQueue(-1);
    private int heard;
    private long[] sentNs = new long[WINDOWS[WINDOWS.length - 1]];
    private long[] roundTripNs = {};

    private TransportFigures(String name) {
        transport = new AeronTransportProvider().open(new TransportContext(name, 0, 16, System.err::println));
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length == 2 && args[0].equals(ECHO)) {
            new TransportFigures("figures-echo").echo(Integer.parseInt(args[1]));
        } else {
            new TransportFigures("figures").measure();
        }
    }

    private void measure() throws IOException, InterruptedException {
        InetSocketAddress local = transport.bind(loopback(0));
        Process other = startOther(local.getPort());
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8))) {
            InetSocketAddress remote = loopback(Integer.parseInt(said.readLine()));
            Connection connection = transport.connect(spec(true, local, remote));
            drive(connection::isConnected, listener(null));
            run(connection, WARM_UP_ROUND_TRIPS, 1);
            for (int window : WINDOWS) {
                report(run(connection, ROUND_TRIPS, window), window);
            }
            idle(other);
        } finally {
            transport.close();
            other.destroy();
        }
    }

    private long run(Connection connection, int roundTrips, int window) {
        roundTripNs = new long[roundTrips];
        heard = 0;
        FrameListener listener = listener(null);
        long startNs = System.nanoTime();
        int[] sent = {0};
        drive(
                () -> {
                    while (sent[0] < roundTrips && sent[0] - heard < window && trySend(connection, sent[0] % window)) {
                        sent[0]++;
                    }
                    return heard == roundTrips;
                },
                listener);
        return System.nanoTime() - startNs;
    }

    private boolean trySend(Connection connection, int slot) {
        if (connection.tryClaim(FRAME_LENGTH, claim) <= 0) {
            return false;
        }
        sentNs[slot] = System.nanoTime();
        claim.buffer().putInt(claim.offset(), slot);
        claim.commit();
        return true;
    }

    private void report(long elapsedNs, int window) {
        Arrays.sort(roundTripNs);
        int count = roundTripNs.length;
        System.out.printf(
                "window=%d p50=%.1f us p99=%.1f us p99.9=%.1f us rate=%d/s%n",
                window,
                roundTripNs[count / 2] / 1e3,
                roundTripNs[count / 100 * 99] / 1e3,
                roundTripNs[count / 1000 * 999] / 1e3,
                count * 1_000_000_000L / elapsedNs);
    }

    private void idle(Process other) {
        Duration here = cpu(ProcessHandle.current());
        Duration there = cpu(other.toHandle());
        long startNs = System.nanoTime();
        long endNs = startNs + IDLE_SECONDS * 1_000_000_000;
        drive(() -> endNs - System.nanoTime() < 0, listener(null));
        double elapsedNs = System.nanoTime() - startNs;
        System.out.printf(
                "idle: %.2f %% and %.2f %% of a core%n",
                100 * cpu(ProcessHandle.current()).minus(here).toNanos() / elapsedNs,
                100 * cpu(other.toHandle()).minus(there).toNanos() / elapsedNs);
    }

    private void echo(int remotePort) {
        InetSocketAddress local = transport.bind(loopback(0));
        Connection connection = transport.connect(spec(false, local, loopback(remotePort)));
        System.out.println(local.getPort());
        boolean[] isLost = {false};
        drive(
                () -> {
                    while (!owed.isEmpty() && trySend(connection, owed.peekInt())) {
                        owed.pollInt();
                    }
                    return isLost[0];
                },
                listener(isLost));
        transport.close();
        assert !connection.isConnected();
    }

    private void drive(BooleanSupplier isDone, FrameListener listener) {
        while (!isDone.getAsBoolean()) {
            if (transport.doWork(System.nanoTime()) + transport.poll(listener, 64) == 0) {
                transport.awaitWork(WAIT_NS);
            }
        }
    }

    /** Echoes when it is told where to note the loss of its connection, else takes the time of what comes back. */
    private FrameListener listener(boolean[] isLost) {
        return new FrameListener() {
            @Override
            public void onFrame(Connection connection, DirectBuffer buffer, int offset, int length) {
                if (isLost == null) {
                    roundTripNs[heard++] = System.nanoTime() - sentNs[buffer.getInt(offset)];
                } else {
                    owed.addInt(buffer.getInt(offset));
                }
            }

            @Override
            public void onConnectionLost(Connection connection, String reason) {
                if (isLost == null) {
                    throw new IllegalStateException(reason);
                }
                isLost[0] = true;
            }
        };
    }

    private static Process startOther(int port) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "-Xmx128m"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), TransportFigures.class.getName()));
        command.addAll(List.of(ECHO, Integer.toString(port)));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static ConnectionSpec spec(boolean isInitiator, InetSocketAddress local, InetSocketAddress remote) {
        return new ConnectionSpec(1, 2, 3, isInitiator, local, remote, Purpose.CLIENT);
    }

    private static Duration cpu(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }
}
