package org.stoneware.server.replication;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.log.LogEntryPublisher;
import org.stoneware.wire.log.LogProtocol;

/** Makes log entries of every kind about a few sessions; some repeat an earlier request. */
final class SimulatedWrites {
    private static final int SESSIONS = 10;
    private static final int CLIENTS = 3;

    final ExpandableArrayBuffer entry = new ExpandableArrayBuffer();
    private final LogEntryPublisher publisher = new LogEntryPublisher();
    private final SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer());
    private final Random random;
    private long lastRequest;
    private long values;

    SimulatedWrites(Random random) {
        this.random = random;
    }

    /** Writes the next entry and returns its length. */
    int next(long nowMs) {
        long client = random.nextInt(CLIENTS);
        long request = lastRequest > 0 && random.nextInt(10) == 0
                ? lastRequest - random.nextInt((int) Math.min(5, lastRequest))
                : ++lastRequest;
        SessionKey key = key();
        return switch (random.nextInt(12)) {
            case 0, 1, 2 ->
                publisher.sessionWritten(entry, 0, client, request, 0, nowMs, LogProtocol.WRITTEN_CREATE, key, delta());
            case 3, 4, 5, 6 -> publisher.sessionWritten(entry, 0, client, request, 0, nowMs, 0, key, delta());
            case 7, 8 -> publisher.sessionRemoved(entry, 0, client, request, 0, key);
            case 9 -> publisher.sessionRenamed(entry, 0, client, request, 0, key, key());
            case 10 -> publisher.sessionTouched(entry, nowMs, key);
            default ->
                random.nextInt(20) == 0
                        ? publisher.clientForgotten(entry, 0, client)
                        : publisher.sessionExpired(entry, nowMs - random.nextInt(3), key);
        };
    }

    private SessionKey key() {
        return SessionKey.of("localhost/shop", "session-" + random.nextInt(SESSIONS));
    }

    private SessionDelta delta() {
        byte[] value = ("value-" + ++values).repeat(1 + random.nextInt(20)).getBytes(StandardCharsets.US_ASCII);
        delta.reset();
        delta.put(AttributeKind.APPLICATION, "a" + random.nextInt(3), new UnsafeBuffer(value), 0, value.length);
        if (random.nextInt(5) == 0) {
            delta.remove(AttributeKind.APPLICATION, "a" + random.nextInt(3));
        }
        delta.finish();
        return new SessionDelta().wrap(delta.buffer(), 0);
    }
}
