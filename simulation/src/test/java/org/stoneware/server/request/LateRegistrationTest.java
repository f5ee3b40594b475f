package org.stoneware.server.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.simulation.PlantedBug;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.SessionProtocol;

/**
 * A registration comes a second time, after what it named was given to somebody else, changed there and given back. Chance hardly ever
 * finds that moment, see {@code SessionOwnershipSimulationTest}; so it is played here.
 */
class LateRegistrationTest {
    private static final SessionKey KEY = SessionKey.of("shop", "S1");
    private static final long MS = 1_000_000L;
    private static final int TOKEN_OFFSET = 24;

    private final SessionStore store =
            new ReferenceSessionStore(new StoreContext(Path.of(""), 1024 * 1024, 4_096, line -> {}));
    private final SessionStateMachine state = new SessionStateMachine(store);
    private final ClientRequestPublisher requests = new ClientRequestPublisher();
    private final ExpandableArrayBuffer out = new ExpandableArrayBuffer();
    private SessionRequestProcessor processor;
    private long epoch;
    private long nowNs;

    @Test
    void shouldNotTakeOverAgainWhatALateRegistrationNames() {
        assertThat(valueAfterALateRegistration(PlantedBug.NONE)).isEqualTo(2);
    }

    @Test
    void shouldFindARegistrationThatTakesOverAgain() {
        assertThat(valueAfterALateRegistration(PlantedBug.REGISTER_NOT_IDEMPOTENT))
                .isEqualTo(100);
    }

    /** One Tomcat writes 1, another 2, then the first, who has seen neither that nor anything since, tries to write 100. */
    private long valueAfterALateRegistration(PlantedBug bug) {
        activate(bug);
        Tomcat first = new Tomcat(1);
        Tomcat second = new Tomcat(2);
        first.register(1, List.of());
        second.register(1, List.of());
        long token = first.write(1, 0, 0, SessionProtocol.WRITE_CREATE, 1);
        long base = version();

        activate(bug);
        List<OwnedSession> named = List.of(new OwnedSession(KEY, token, token));
        first.register(2, named);
        // From here on the first one is stopped.
        pass(500);
        second.register(2, List.of());
        long newToken = second.own(2);
        second.write(3, newToken, base, SessionProtocol.WRITE_RELEASE, 2);
        first.register(2, named);
        first.write(4, token, base, 0, 100);
        return value();
    }

    private void activate(PlantedBug bug) {
        epoch++;
        pass(1);
        processor = FaultyProcessors.create(
                bug,
                epoch,
                new RequestLimits("server", 4_096, 120_000 * MS, true, ""),
                state,
                new LogClock(1_700_000_000_000L + nowNs / MS, nowNs),
                nowNs,
                null);
    }

    private void pass(long ms) {
        nowNs += ms * MS;
        if (processor != null) {
            processor.doWork(nowNs);
        }
    }

    private long version() {
        SessionRecord view = new SessionRecord();
        assertThat(store.read(KEY, view)).isTrue();
        return view.version();
    }

    private long value() {
        SessionRecord view = new SessionRecord();
        assertThat(store.read(KEY, view)).isTrue();
        long[] value = new long[1];
        view.forEach((kind, name, isRemoval, buffer, offset, length) -> value[0] = buffer.getLong(offset));
        return value[0];
    }

    /** Sends, and keeps the token of the last answer. */
    private final class Tomcat {
        private final long id;
        private final ClientPort port;
        private long lastToken;

        Tomcat(long id) {
            this.id = id;
            this.port = new ClientPort(
                    (buffer, offset, length) -> {
                        if (length >= TOKEN_OFFSET + Long.BYTES) {
                            lastToken = buffer.getLong(offset + TOKEN_OFFSET, ByteOrder.LITTLE_ENDIAN);
                        }
                        return true;
                    },
                    "tomcat-" + id);
        }

        void register(long number, List<OwnedSession> named) {
            send(requests.register(out, epoch, id, id, 1, number, "tomcat-" + id, "test", List.of("shop"), named));
        }

        long own(long requestId) {
            send(requests.getOwn(out, epoch, requestId, 0, 600, KEY));
            return lastToken;
        }

        long write(long requestId, long token, long base, int flags, long value) {
            UnsafeBuffer bytes = new UnsafeBuffer(new byte[Long.BYTES]);
            bytes.putLong(0, value);
            SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer(64));
            delta.maxInactiveIntervalSec(1800).put(AttributeKind.APPLICATION, "counter", bytes, 0, Long.BYTES);
            int length = delta.finish();
            send(requests.write(out, epoch, requestId, token, 0, flags, token, base, KEY, delta.buffer(), 0, length));
            return lastToken;
        }

        private void send(int length) {
            processor.onMessage(port, out, 0, length, nowNs);
        }
    }
}
