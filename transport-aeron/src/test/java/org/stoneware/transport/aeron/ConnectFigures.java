package org.stoneware.transport.aeron;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.spi.transport.FrameClaim;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;

/**
 * Measures how long it takes from the accepting end's answer to a hello until each end has heard the first frame of the other.
 * Both ends run on a thread of their own and wait as an agent does; the answer travels over TCP to a third thread, as that of
 * liveness does. Run it as a program from the test class path; it is no test.
 */
final class ConnectFigures {
    private static final int CONNECTS = 500;
    private static final int WARM_UP_CONNECTS = 100;
    private static final int MAX_PAUSE_MS = 25;
    private static final long PATIENCE_S = 10;
    private static final double LATE_MS = 90;

    private final SplittableRandom random = new SplittableRandom(24);
    private final Purpose purpose;
    private int lastConnectionId;

    private ConnectFigures(Purpose purpose) {
        this.purpose = purpose;
    }

    public static void main(String[] args) throws Exception {
        for (Purpose purpose : Purpose.values()) {
            new ConnectFigures(purpose).measure();
        }
    }

    private void measure() throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket answering = new Socket(listening.getInetAddress(), listening.getLocalPort());
                Socket hearing = listening.accept();
                End acceptor = new End("acceptor", null);
                End initiator = new End("initiator", hearing)) {
            answering.setTcpNoDelay(true);
            acceptor.start(initiator, new DataOutputStream(answering.getOutputStream()));
            initiator.start(acceptor, null);
            run(acceptor, initiator, WARM_UP_CONNECTS);
            double[][] heardMs = run(acceptor, initiator, CONNECTS);
            report("to the acceptor", heardMs[0]);
            report("to the initiator", heardMs[1]);
            report("both ways", heardMs[2]);
        }
    }

    private double[][] run(End acceptor, End initiator, int connects) throws InterruptedException {
        double[][] heardMs = new double[3][connects];
        for (int i = 0; i < connects; i++) {
            Attempt attempt = new Attempt(++lastConnectionId, random.nextLong(), purpose);
            initiator.expected = attempt;
            acceptor.begin(attempt);
            if (!attempt.heard.await(PATIENCE_S, TimeUnit.SECONDS)) {
                throw new IllegalStateException("not connected within " + PATIENCE_S + " s: " + attempt.id);
            }
            heardMs[0][i] = (attempt.acceptorHeardNs - attempt.startNs) / 1e6;
            heardMs[1][i] = (attempt.initiatorHeardNs - attempt.startNs) / 1e6;
            heardMs[2][i] = Math.max(heardMs[0][i], heardMs[1][i]);
            attempt.isOver = true;
            initiator.transport.wakeup();
            // The next one must find both ends asleep, and Aeron's timers at any place.
            Thread.sleep(1 + random.nextInt(MAX_PAUSE_MS));
        }
        return heardMs;
    }

    private void report(String what, double[] heardMs) {
        Arrays.sort(heardMs);
        int count = heardMs.length;
        System.out.printf(
                "%-11s %-16s p50=%.2f ms p90=%.2f ms p99=%.2f ms max=%.2f ms later than %.0f ms: %d of %d%n",
                purpose,
                what,
                heardMs[count / 2],
                heardMs[count * 90 / 100],
                heardMs[count * 99 / 100],
                heardMs[count - 1],
                LATE_MS,
                Arrays.stream(heardMs).filter(ms -> ms > LATE_MS).count(),
                count);
    }

    /** One connection to be made. */
    private static final class Attempt {
        private final CountDownLatch heard = new CountDownLatch(2);
        private final int id;
        private final long key;
        private final Purpose purpose;
        private volatile long startNs;
        private volatile long acceptorHeardNs;
        private volatile long initiatorHeardNs;
        private volatile boolean isOver;

        private Attempt(int id, long key, Purpose purpose) {
            this.id = id;
            this.key = key;
            this.purpose = purpose;
        }
    }

    /** One transport and the thread it belongs to. */
    private static final class End implements FrameListener, AutoCloseable {
        private static final int FRAME_LIMIT = 64;
        private static final int FRAME_LENGTH = 64;
        private static final long WAIT_NS = 20_000_000;

        private final Queue<Attempt> begun = new ConcurrentLinkedQueue<>();
        private final FrameClaim claim = new FrameClaim();
        private final Transport transport;
        private final InetSocketAddress address;
        private final @Nullable Socket answers;
        private volatile @Nullable Attempt expected;
        private volatile boolean isClosing;
        private @Nullable Thread agent;
        private @Nullable Attempt current;
        private @Nullable Connection connection;
        private boolean isSent;

        private End(String name, @Nullable Socket answers) {
            this.answers = answers;
            transport = new AeronTransportProvider().open(new TransportContext(name, 0, 16, System.err::println));
            address = transport.bind(EchoProcess.loopback(0));
        }

        private void start(End other, @Nullable DataOutputStream answer) {
            agent = new Thread(() -> run(other, answer));
            agent.start();
            if (answers != null) {
                Thread messenger = new Thread(this::hearAnswers);
                messenger.setDaemon(true);
                messenger.start();
            }
        }

        private void begin(Attempt attempt) {
            begun.add(attempt);
            transport.wakeup();
        }

        private void hearAnswers() {
            try {
                DataInputStream input = new DataInputStream(answers.getInputStream());
                while (!isClosing) {
                    input.readInt();
                    begin(expected);
                }
            } catch (IOException e) {
                // The run is over.
            }
        }

        private void run(End other, @Nullable DataOutputStream answer) {
            while (!isClosing) {
                Attempt next = begun.poll();
                if (next != null) {
                    connect(next, other, answer);
                }
                int work = transport.doWork(System.nanoTime()) + transport.poll(this, FRAME_LIMIT);
                work += send();
                if (current != null && current.isOver && answer == null) {
                    connection.close();
                    current = null;
                }
                if (work == 0) {
                    transport.awaitWork(WAIT_NS);
                }
            }
            transport.close();
        }

        private void connect(Attempt attempt, End other, @Nullable DataOutputStream answer) {
            boolean isInitiator = answer == null;
            if (!isInitiator) {
                attempt.startNs = System.nanoTime();
            }
            connection = transport.connect(new ConnectionSpec(
                    attempt.id, attempt.key, attempt.id, isInitiator, address, other.address, attempt.purpose));
            current = attempt;
            isSent = false;
            if (!isInitiator) {
                try {
                    answer.writeInt(attempt.id);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        private int send() {
            if (current == null || isSent || connection.tryClaim(FRAME_LENGTH, claim) <= 0) {
                return 0;
            }
            claim.commit();
            isSent = true;
            return 1;
        }

        @Override
        public void onFrame(Connection from, DirectBuffer buffer, int offset, int length) {
            Attempt attempt = current;
            if (from.spec().isInitiator()) {
                attempt.initiatorHeardNs = System.nanoTime();
            } else {
                attempt.acceptorHeardNs = System.nanoTime();
            }
            attempt.heard.countDown();
        }

        @Override
        public void onConnectionLost(Connection lost, String reason) {
            if (lost == connection) {
                current = null;
            }
        }

        @Override
        public void close() throws InterruptedException {
            isClosing = true;
            transport.wakeup();
            if (agent != null) {
                agent.join();
            }
        }
    }
}
