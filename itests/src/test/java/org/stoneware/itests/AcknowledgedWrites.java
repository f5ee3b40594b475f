package org.stoneware.itests;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.client.ClientSettings;
import org.stoneware.client.Committed;
import org.stoneware.client.Opened;
import org.stoneware.client.SessionClient;
import org.stoneware.client.SessionClients;
import org.stoneware.demo.ArrayConfig;
import org.stoneware.demo.Await;
import org.stoneware.liveness.LivenessSettings;
import org.stoneware.liveness.TcpLivenessNetwork;
import org.stoneware.transport.aeron.AeronTransportProvider;

/**
 * Writers, each with a session of its own into which it writes one number after the other, and what the array said to each: what was
 * acknowledged must be there whatever happens to the servers, and nothing may be there that was not written.
 * <p>
 * <b>Threading:</b> each writer has a thread of its own; everything else on the thread of the test.
 */
final class AcknowledgedWrites implements AutoCloseable {
    private static final long LONGEST_WAIT_MS = 5_000;
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String ATTRIBUTE = "number";
    private static final int MAX_IDLE_SEC = 7_200;

    private final List<String> servers;
    private final String name;
    private final AtomicLongArray attempted;
    private final AtomicLongArray acknowledged;
    private final List<Thread> threads = new ArrayList<>();
    private final SessionClient client;
    private volatile boolean isEnding;

    private AcknowledgedWrites(ArrayConfig config, String name, int writers) {
        this.servers = List.of(config.tcConfigUrl().split(","));
        this.name = name;
        this.attempted = new AtomicLongArray(writers);
        this.acknowledged = new AtomicLongArray(writers);
        this.client = open();
    }

    /** @param name of these writers; their sessions are theirs alone. */
    static AcknowledgedWrites start(ArrayConfig config, String name, int writers) {
        AcknowledgedWrites writes = new AcknowledgedWrites(config, name, writers);
        for (int i = 0; i < writers; i++) {
            int writer = i;
            Thread thread = new Thread(() -> writes.write(writer), name + "-" + writer);
            writes.threads.add(thread);
            thread.start();
        }
        return writes;
    }

    private SessionClient open() {
        return SessionClients.open(
                new ClientSettings(servers, name, "test", LONGEST_WAIT_MS, LONGEST_WAIT_MS, 1 << 20),
                new AeronTransportProvider(),
                new TcpLivenessNetwork(LivenessSettings.defaults(), name));
    }

    private void write(int writer) {
        SessionKey key = key(writer);
        boolean isThere = false;
        while (!isEnding) {
            long version = SessionClient.NO_VERSION;
            boolean isUsed;
            if (isThere) {
                Opened opened = client.open(key, SessionClient.NO_VERSION);
                version = opened.version();
                isUsed = isOpened(opened);
            } else {
                isUsed = client.create(key);
            }
            if (!isUsed) {
                continue;
            }
            long number = attempted.incrementAndGet(writer);
            Committed committed = commit(key, version, number);
            client.end(key, 0);
            if (committed.isCommitted()) {
                acknowledged.set(writer, number);
            }
            // Without an answer it may be there.
            isThere |= committed.isCommitted() || committed.status() == Committed.Status.EXISTS;
        }
    }

    private static boolean isOpened(Opened opened) {
        return opened.status() == Opened.Status.LOADED || opened.status() == Opened.Status.CURRENT;
    }

    private Committed commit(SessionKey key, long version, long number) {
        UnsafeBuffer value = new UnsafeBuffer(Long.toString(number).getBytes(StandardCharsets.US_ASCII));
        SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer())
                .maxInactiveIntervalSec(MAX_IDLE_SEC)
                .put(AttributeKind.APPLICATION, ATTRIBUTE, value, 0, value.capacity());
        int length = delta.finish();
        return client.commit(key, version, delta.buffer(), 0, length, true);
    }

    /** Waits until every writer has had so many more acknowledgements. */
    void awaitAcknowledged(long more) {
        long[] before = new long[acknowledged.length()];
        for (int i = 0; i < before.length; i++) {
            before[i] = acknowledged.get(i);
        }
        Await.until(
                "every writer has " + more + " more acknowledgements",
                PATIENCE,
                () -> {
                    for (int i = 0; i < before.length; i++) {
                        if (acknowledged.get(i) < before[i] + more) {
                            return false;
                        }
                    }
                    return true;
                },
                () -> "acknowledged=" + acknowledged + " attempted=" + attempted);
    }

    /** Writes acknowledged so far. */
    long total() {
        long total = 0;
        for (int i = 0; i < acknowledged.length(); i++) {
            total += acknowledged.get(i);
        }
        return total;
    }

    /** Ends the writers; what is on its way may or may not be there. */
    void end() {
        isEnding = true;
        for (Thread thread : threads) {
            try {
                thread.join(PATIENCE.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
    }

    /** Throws unless each session holds the number acknowledged last, or one that was written after it. */
    void requireAll() {
        List<String> problems = new ArrayList<>();
        try (SessionClient reader = open()) {
            for (int writer = 0; writer < acknowledged.length(); writer++) {
                SessionKey key = key(writer);
                Opened opened = reader.open(key, SessionClient.NO_VERSION);
                for (int i = 0; i < 10 && opened.status() == Opened.Status.UNAVAILABLE; i++) {
                    opened = reader.open(key, SessionClient.NO_VERSION);
                }
                String said = "writer " + writer + ": acknowledged=" + acknowledged.get(writer) + " attempted="
                        + attempted.get(writer) + " found=";
                if (!isOpened(opened)) {
                    problems.add(said + opened);
                    continue;
                }
                long[] found = {-1};
                opened.record().forEach((kind, attribute, removed, buffer, offset, length) -> {
                    byte[] bytes = new byte[length];
                    buffer.getBytes(offset, bytes);
                    found[0] = Long.parseLong(new String(bytes, StandardCharsets.US_ASCII));
                });
                reader.end(key, 0);
                if (found[0] < acknowledged.get(writer) || found[0] > attempted.get(writer)) {
                    problems.add(said + found[0]);
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new AssertionError("lost: " + String.join("\n", problems));
        }
    }

    private SessionKey key(int writer) {
        return SessionKey.of("localhost/writes", String.format(Locale.ROOT, "%s%08X", name, writer));
    }

    @Override
    public void close() {
        isEnding = true;
        threads.forEach(Thread::interrupt);
        client.close();
    }
}
