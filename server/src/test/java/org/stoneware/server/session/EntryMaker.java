package org.stoneware.server.session;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToIntFunction;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.wire.log.LogEntryPublisher;
import org.stoneware.wire.log.LogProtocol;
import org.stoneware.wire.session.WriteStatus;

/** Makes log entries, single ones or by a seed: few clients and sessions, repeated requests, everything an entry can say. */
public final class EntryMaker {
    /** Request ids a seed uses lie below. */
    static final long MAX_REQUEST = 800;

    private static final int CLIENTS = 4;
    private static final int SESSIONS = 6;
    private static final long STEP_MS = 400;

    private final Random random;
    private final LogEntryPublisher publisher = new LogEntryPublisher();
    private final List<byte[]> made = new ArrayList<>();
    private final SessionRecord view = new SessionRecord();
    private long requestId;

    public EntryMaker(long seed) {
        random = new Random(seed);
    }

    public static SessionKey key(String id) {
        return SessionKey.of("shop", id);
    }

    /** Log time of an entry. */
    public static long logTimeMs(long index) {
        return 1_000_000 + index * STEP_MS;
    }

    /** Applies an entry with an index and returns its result in words. */
    public static String apply(byte[] entry, SessionStateMachine state, long index) {
        StringBuilder text = new StringBuilder();
        state.apply(
                index,
                1,
                logTimeMs(index),
                new UnsafeBuffer(entry),
                0,
                entry.length,
                (result, offset, length) -> text.append(WriteStatus.ofCode(result.getInt(offset)))
                        .append(' ')
                        .append(result.getLong(offset + 4)));
        return text.toString();
    }

    /** An entry that may follow in a state; every fifth is one from before. */
    byte[] next(SessionStateMachine state) {
        if (!made.isEmpty() && random.nextInt(5) == 0) {
            return made.get(random.nextInt(made.size()));
        }
        ClientId client = new ClientId(0, random.nextInt(CLIENTS));
        String id = "s" + random.nextInt(SESSIONS);
        byte[] entry =
                switch (random.nextInt(12)) {
                    case 0 -> registered(client);
                    case 1 -> random.nextInt(8) == 0 ? forgotten(client) : registered(client);
                    case 2 -> removed(client, ++requestId, id);
                    case 3, 4 -> renamed(client, ++requestId, id, "s" + random.nextInt(SESSIONS));
                    case 5 -> touched(id, logTimeMs(state.lastApplied()) + random.nextInt(1_000));
                    case 6, 7 -> expired(id, state.store().read(key(id), view) ? view.lastAccessedTimeMs() : 0);
                    case 8 -> delivered(anyJob(state));
                    default -> written(client, ++requestId, id);
                };
        made.add(entry);
        return entry;
    }

    private long anyJob(SessionStateMachine state) {
        int jobs = state.expiryJobs().pending().size();
        return jobs == 0
                ? 0
                : state.expiryJobs().pending().stream()
                        .skip(random.nextInt(jobs))
                        .findFirst()
                        .orElseThrow()
                        .id();
    }

    public byte[] registered(ClientId client) {
        return bytes(out -> publisher.clientRegistered(out, client.high(), client.low(), 5));
    }

    byte[] forgotten(ClientId client) {
        return bytes(out -> publisher.clientForgotten(out, client.high(), client.low()));
    }

    /** Creates a session, or changes it, by chance half and half in a seed; a single one creates. */
    public byte[] written(ClientId client, long request, String id) {
        int flags = made.isEmpty() || random.nextBoolean() ? LogProtocol.WRITTEN_CREATE : 0;
        byte[] value = ("v" + request).getBytes(StandardCharsets.UTF_8);
        SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer());
        delta.put(AttributeKind.APPLICATION, "a", new UnsafeBuffer(value), 0, value.length);
        delta.finish();
        SessionDelta change = new SessionDelta().wrap(delta.buffer(), 0);
        return bytes(out -> publisher.sessionWritten(
                out, client.high(), client.low(), request, below(request), 900_000, flags, key(id), change));
    }

    byte[] removed(ClientId client, long request, String id) {
        return bytes(
                out -> publisher.sessionRemoved(out, client.high(), client.low(), request, below(request), key(id)));
    }

    byte[] renamed(ClientId client, long request, String from, String to) {
        return bytes(out -> publisher.sessionRenamed(
                out, client.high(), client.low(), request, below(request), key(from), key(to)));
    }

    public byte[] touched(String id, long lastAccessedTimeMs) {
        return bytes(out -> publisher.sessionTouched(out, lastAccessedTimeMs, key(id)));
    }

    byte[] expired(String id, long lastAccessedTimeMs) {
        return bytes(out -> publisher.sessionExpired(out, lastAccessedTimeMs, key(id)));
    }

    byte[] delivered(long jobId) {
        return bytes(out -> publisher.expiryDelivered(out, jobId));
    }

    private static long below(long request) {
        return Math.max(0, request - 50);
    }

    private static byte[] bytes(ToIntFunction<ExpandableArrayBuffer> encode) {
        ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        byte[] bytes = new byte[encode.applyAsInt(out)];
        out.getBytes(0, bytes);
        return bytes;
    }
}
