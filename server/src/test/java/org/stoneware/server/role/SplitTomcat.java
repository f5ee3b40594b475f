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
import org.stoneware.wire.session.WriteStatus;

/** A Tomcat on one side of a split: gets a session, changes it, releases it. */
final class SplitTomcat implements ClientResponseListener {
    final List<WriteStatus> written = new ArrayList<>();
    final List<OwnStatus> opened = new ArrayList<>();
    int recalls;
    LogStart logStart = LogStart.EMPTY;
    private final PairFixture.Server server;
    private final long epoch;
    private final ManualClock clock;
    private final ClientRequestPublisher requests = new ClientRequestPublisher();
    private final ClientResponseAdapter responses = new ClientResponseAdapter();
    private final ExpandableArrayBuffer out = new ExpandableArrayBuffer();
    private final ExpandableArrayBuffer bytes = new ExpandableArrayBuffer();
    private final Map<String, Long> tokens = new HashMap<>();
    private final ClientPort port = new ClientPort(
            (buffer, offset, length) -> {
                responses.onMessage(buffer, offset, length, this);
                return true;
            },
            "10.0.0.1");
    private long lastRequest;
    private String asked = "";

    SplitTomcat(PairFixture pair, PairFixture.Server server, long epoch, long id) {
        this.server = server;
        this.epoch = epoch;
        this.clock = pair.clock;
        send(requests.register(out, epoch, id, id, 1, 1, "tomcat" + id, "test", List.of("shop"), List.of()));
    }

    void create(String id, String value) {
        write(id, value, SessionProtocol.WRITE_CREATE | SessionProtocol.WRITE_RELEASE, 0);
    }

    void put(String id, String value) {
        own(id);
        write(id, value, SessionProtocol.WRITE_RELEASE, tokens.getOrDefault(id, 0L));
    }

    /** Gets a session and keeps it. */
    void own(String id) {
        asked = id;
        send(requests.getOwn(out, epoch, ++lastRequest, 0, 0, key(id)));
    }

    void release(String id, long accessAgeMs) {
        send(requests.release(out, epoch, tokens.getOrDefault(id, 0L), accessAgeMs, 1, key(id)));
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
        release(to, 0);
    }

    void renew() {
        send(requests.renew(out, epoch, 1, ++lastRequest));
    }

    private void write(String id, String value, int flags, long token) {
        SessionDelta.Builder builder = new SessionDelta.Builder(bytes);
        UnsafeBuffer text = new UnsafeBuffer(value.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        builder.maxInactiveIntervalSec(60).put(AttributeKind.APPLICATION, "v", text, 0, text.capacity());
        int length = builder.finish();
        send(requests.write(out, epoch, ++lastRequest, token, 0, flags, 1, 0, key(id), bytes, 0, length));
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
            List<OwnedSession> sessions) {}

    @Override
    public void onWritten(long epoch, long requestId, long token, long version, WriteStatus status, int hints) {
        written.add(status);
    }

    @Override
    public void onRenewed(long epoch, long sequence) {}

    @Override
    public void onOwned(
            long epoch,
            long requestId,
            long token,
            long version,
            long logTimeMs,
            OwnStatus status,
            int hints,
            int grant,
            long lastAccessedTimeMs,
            @Nullable SessionRecord record) {
        opened.add(status);
        tokens.put(asked, token);
    }

    @Override
    public void onRecall(long epoch, long token, int grant, SessionKey key) {
        recalls++;
    }

    @Override
    public void onExpired(long epoch, long jobId, long logTimeMs, SessionRecord record) {}

    @Override
    public void onMustRegister(long epoch) {}
}
