package org.stoneware.server.role;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.request.ClientPort;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.testkit.ManualClock;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.ClientResponseAdapter;
import org.stoneware.wire.session.ClientResponseListener;
import org.stoneware.wire.session.LogStart;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.ToldVersions;
import org.stoneware.wire.session.WriteStatus;

/** A Tomcat on one side of a split: gets a session, changes it, releases it. */
final class SplitTomcat implements ClientResponseListener {
    final List<WriteStatus> written = new ArrayList<>();
    final List<OwnStatus> opened = new ArrayList<>();
    int recalls;
    /** Leases that were renewed. */
    int renewed;

    LogStart logStart = LogStart.EMPTY;
    private final PairFixture.Server server;
    private final long epoch;
    private final ManualClock clock;
    private final ClientRequestPublisher requests = new ClientRequestPublisher();
    private final ClientResponseAdapter responses = new ClientResponseAdapter();
    private final ExpandableArrayBuffer out = new ExpandableArrayBuffer();
    private final ExpandableArrayBuffer bytes = new ExpandableArrayBuffer();
    private final Map<String, Long> tokens = new HashMap<>();
    private final Map<String, Long> grants = new HashMap<>();
    private final Map<Long, String> asked = new HashMap<>();
    private final Map<String, String> read = new HashMap<>();
    private final ClientPort port = new ClientPort(
            (buffer, offset, length) -> {
                responses.onMessage(buffer, offset, length, this);
                return true;
            },
            "10.0.0.1");
    private long lastRequest;

    SplitTomcat(PairFixture pair, PairFixture.Server server, long epoch, long id) {
        this(pair, server, epoch, id, ToldVersions.NOTHING, List.of());
    }

    /**
     * @param told  what it was told by the server it comes from.
     * @param owned what it owns there.
     */
    SplitTomcat(
            PairFixture pair,
            PairFixture.Server server,
            long epoch,
            long id,
            ToldVersions told,
            List<OwnedSession> owned) {
        this.server = server;
        this.epoch = epoch;
        this.clock = pair.clock;
        send(requests.register(out, epoch, id, id, 1, 1, "tomcat" + id, "test", told, List.of("shop"), owned, 0));
    }

    void create(String id, String value) {
        write(id, value, SessionProtocol.WRITE_CREATE | SessionProtocol.WRITE_RELEASE, 0);
    }

    void put(String id, String value) {
        own(id);
        putOwned(id, value);
    }

    /** Gets a session and keeps it. */
    void own(String id) {
        asked.put(++lastRequest, id);
        send(requests.getOwn(out, epoch, lastRequest, 0, 10_000, key(id)));
    }

    /** What was read of a session last; null when it was not given, or has ended. */
    @Nullable
    String read(String id) {
        return read.get(id);
    }

    void release(String id, long accessAgeMs) {
        send(requests.release(
                out, epoch, tokens.getOrDefault(id, 0L), accessAgeMs, grants.getOrDefault(id, 0L), key(id)));
    }

    void remove(String id) {
        own(id);
        send(requests.remove(out, epoch, ++lastRequest, tokens.getOrDefault(id, 0L), 0, key(id)));
    }

    void rename(String from, String to) {
        own(from);
        long token = tokens.getOrDefault(from, 0L);
        send(requests.rename(out, epoch, ++lastRequest, token, 0, key(from), key(to)));
        tokens.put(to, token);
        grants.put(to, grants.getOrDefault(from, 0L));
        release(to, 0);
    }

    void renew() {
        send(requests.renew(out, epoch, 1, ++lastRequest));
    }

    /** Changes a session it owns, and releases it. */
    void putOwned(String id, String value) {
        write(id, value, SessionProtocol.WRITE_RELEASE, tokens.getOrDefault(id, 0L));
    }

    /** A change of a request that began elsewhere, to a copy of this version. */
    void putLate(String id, String value, long token, long base) {
        write(id, value, SessionProtocol.WRITE_RELEASE, token, base);
    }

    private void write(String id, String value, int flags, long token) {
        write(id, value, flags, token, 0);
    }

    private void write(String id, String value, int flags, long token, long base) {
        SessionDelta.Builder builder = new SessionDelta.Builder(bytes);
        UnsafeBuffer text = new UnsafeBuffer(value.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        builder.maxInactiveIntervalSec(60).put(AttributeKind.APPLICATION, "v", text, 0, text.capacity());
        int length = builder.finish();
        long grant = grants.getOrDefault(id, 0L);
        send(requests.write(out, epoch, ++lastRequest, token, 0, flags, grant, base, key(id), bytes, 0, length));
    }

    private static SessionKey key(String id) {
        return SessionKey.of("shop", id);
    }

    private void send(int length) {
        SessionRequestProcessor processor = server.duties.processor();
        if (processor != null) {
            processor.onMessage(port, out, 0, length, clock.nowNs());
        }
    }

    @Override
    public void onLogStart(LogStart start) {
        logStart = start;
    }

    @Override
    public void onRegistered(
            long epoch,
            long number,
            int leaseMs,
            int maxBytes,
            String serverName,
            String logs,
            List<OwnedSession> refused) {}

    @Override
    public void onNamed(long epoch, long number, int part, List<OwnedSession> refused) {}

    @Override
    public void onWritten(long epoch, long requestId, long token, long version, WriteStatus status, int hints) {
        written.add(status);
    }

    @Override
    public void onRenewed(long epoch, long sequence) {
        renewed++;
    }

    @Override
    public void onOwned(
            long epoch,
            long requestId,
            long token,
            long version,
            long logTimeMs,
            OwnStatus status,
            int hints,
            long grant,
            long lastAccessedTimeMs,
            @Nullable SessionRecord record) {
        opened.add(status);
        String id = asked.getOrDefault(requestId, "");
        tokens.put(id, token);
        grants.put(id, grant);
        read.put(id, record == null ? null : SplitFixture.valueOf(record));
    }

    @Override
    public void onRecall(long epoch, long token, long grant, SessionKey key) {
        recalls++;
    }

    @Override
    public void onExpired(long epoch, long jobId, long logTimeMs, SessionRecord record) {}

    @Override
    public void onMustRegister(long epoch) {}
}
