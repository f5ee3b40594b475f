package org.stoneware.transport.aeron;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.FrameClaim;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;

/**
 * Measures a connected pair of processes: round trips of 1 KiB frames with one and with many under way, and what both cost when
 * they say nothing. Run it as a program from the test class path; it is no test.
 */
final class TransportFigures implements FrameListener {
    private static final int FRAME_LENGTH = 1024;
    private static final int FRAME_LIMIT = 64;
    private static final int WARM_UP_ROUND_TRIPS = 30_000;
    private static final int ROUND_TRIPS = 100_000;
    private static final int[] WINDOWS = {1, 8, 64};
    private static final long IDLE_SECONDS = 20;
    private static final long WAIT_NS = 20_000_000;

    private final Transport transport;
    private final FrameClaim claim = new FrameClaim();
    private final long[] sentNs = new long[WINDOWS[WINDOWS.length - 1]];
    private long[] roundTripNs = {};
    private int heard;
    private int sent;

    private TransportFigures(Transport transport) {
        this.transport = transport;
    }

    public static void main(String[] args) throws IOException {
        TransportContext context = new TransportContext("figures", 0, 16, System.err::println);
        try (Transport transport = new AeronTransportProvider().open(context)) {
            InetSocketAddress local = transport.bind(EchoProcess.loopback(0));
            try (EchoProcess other = EchoProcess.start(local)) {
                Connection connection = transport.connect(EchoProcess.spec(true, local, other.address()));
                new TransportFigures(transport).measure(connection, other.handle());
            }
        }
    }

    private void measure(Connection connection, ProcessHandle other) {
        drive(connection::isConnected);
        run(connection, WARM_UP_ROUND_TRIPS, 1);
        for (int window : WINDOWS) {
            report(run(connection, ROUND_TRIPS, window), window);
        }
        idle(other);
    }

    private long run(Connection connection, int roundTrips, int window) {
        roundTripNs = new long[roundTrips];
        heard = 0;
        sent = 0;
        long startNs = System.nanoTime();
        drive(() -> {
            while (sent < roundTrips && sent - heard < window && trySend(connection, sent % window)) {
                sent++;
            }
            return heard == roundTrips;
        });
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

    @Override
    public void onFrame(Connection connection, DirectBuffer buffer, int offset, int length) {
        roundTripNs[heard++] = System.nanoTime() - sentNs[buffer.getInt(offset)];
    }

    @Override
    public void onConnectionLost(Connection connection, String reason) {
        throw new IllegalStateException(reason);
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

    private void idle(ProcessHandle other) {
        Duration here = cpu(ProcessHandle.current());
        Duration there = cpu(other);
        long startNs = System.nanoTime();
        long endNs = startNs + IDLE_SECONDS * 1_000_000_000;
        drive(() -> endNs - System.nanoTime() < 0);
        double elapsedNs = System.nanoTime() - startNs;
        System.out.printf(
                "idle: %.2f %% and %.2f %% of a core%n",
                100 * cpu(ProcessHandle.current()).minus(here).toNanos() / elapsedNs,
                100 * cpu(other).minus(there).toNanos() / elapsedNs);
    }

    private void drive(BooleanSupplier isDone) {
        while (!isDone.getAsBoolean()) {
            if (transport.doWork(System.nanoTime()) + transport.poll(this, FRAME_LIMIT) == 0) {
                transport.awaitWork(WAIT_NS);
            }
        }
    }

    private static Duration cpu(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }
}
