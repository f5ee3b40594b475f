package org.stoneware.itests;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
import org.stoneware.liveness.LivenessSettings;
import org.stoneware.liveness.TcpLivenessNetwork;
import org.stoneware.transport.aeron.AeronTransportProvider;

/**
 * Many sessions, put into an array and looked for again by a client that is no Tomcat: numbered, each with one attribute that says its
 * number.
 */
final class StoredSessions {
    private static final int THREADS = 32;
    private static final int ATTRIBUTE_LENGTH = 500;
    private static final int MAX_IDLE_SEC = 7_200;
    private static final long LONGEST_WAIT_MS = 60_000;
    private static final String ATTRIBUTE = "number";

    private final List<String> servers;
    private final int count;

    StoredSessions(ArrayConfig config, int count) {
        this.servers = List.of(config.tcConfigUrl().split(","));
        this.count = count;
    }

    private interface Step {
        /** @return what is wrong, or empty. */
        String take(SessionClient client, int number);
    }

    /** Puts all of them into the array; each is acknowledged when this returns. */
    void create() throws Exception {
        forAll(StoredSessions::create);
    }

    /** Throws unless each is there with what was put into it. */
    void requireAll() throws Exception {
        forAll(StoredSessions::find);
    }

    private void forAll(Step step) throws Exception {
        ClientSettings settings =
                new ClientSettings(servers, "filler", "test", LONGEST_WAIT_MS, LONGEST_WAIT_MS, 1 << 20);
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        try (SessionClient client = SessionClients.open(
                settings,
                new AeronTransportProvider(),
                new TcpLivenessNetwork(LivenessSettings.defaults(), "filler"))) {
            List<Callable<String>> shares = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                int first = thread;
                shares.add(() -> {
                    for (int number = first; number < count; number += THREADS) {
                        String problem = step.take(client, number);
                        if (!problem.isEmpty()) {
                            return "session " + number + ": " + problem;
                        }
                    }
                    return "";
                });
            }
            List<String> problems = new ArrayList<>();
            for (Future<String> share : executor.invokeAll(shares)) {
                if (!share.get().isEmpty()) {
                    problems.add(share.get());
                }
            }
            if (!problems.isEmpty()) {
                throw new AssertionError("of " + count + " sessions: " + problems);
            }
        } finally {
            executor.shutdownNow();
        }
    }

    private static String create(SessionClient client, int number) {
        SessionKey key = key(number);
        if (!client.create(key)) {
            return "the id is in use";
        }
        UnsafeBuffer value = new UnsafeBuffer(value(number).getBytes(StandardCharsets.US_ASCII));
        SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer())
                .maxInactiveIntervalSec(MAX_IDLE_SEC)
                .put(AttributeKind.APPLICATION, ATTRIBUTE, value, 0, value.capacity());
        int length = delta.finish();
        Committed committed = client.commit(key, SessionClient.NO_VERSION, delta.buffer(), 0, length, true);
        client.end(key, 0);
        return committed.status() == Committed.Status.COMMITTED ? "" : committed.toString();
    }

    private static String find(SessionClient client, int number) {
        SessionKey key = key(number);
        Opened opened = client.open(key, SessionClient.NO_VERSION);
        if (opened.status() != Opened.Status.LOADED) {
            return opened.toString();
        }
        List<String> values = new ArrayList<>();
        opened.record().forEach((kind, name, removed, buffer, offset, length) -> {
            byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            values.add(name + '=' + new String(bytes, StandardCharsets.US_ASCII));
        });
        client.end(key, 0);
        return values.equals(List.of(ATTRIBUTE + '=' + value(number))) ? "" : "holds " + values;
    }

    private static SessionKey key(int number) {
        return SessionKey.of("localhost/stored", String.format(Locale.ROOT, "%032X", number));
    }

    private static String value(int number) {
        String text = Integer.toString(number);
        return text + ".".repeat(ATTRIBUTE_LENGTH - text.length());
    }
}
