package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportProvider;
import org.stoneware.testkit.transport.InMemoryNetwork;

class AgentSessionClientTest {
    private static final SessionKey KEY = SessionKey.of("shop", "S1");
    private static final ClientSettings SETTINGS =
            new ClientSettings(List.of("one:9510"), "tomcat", "test", 100, 100, 1024 * 1024);

    private final ScriptedLiveness liveness = new ScriptedLiveness();

    @Test
    void shouldSayUnavailableWithinItsTimeWhenNobodyAnswers() {
        try (SessionClient client = open()) {
            Opened opened = client.open(KEY, SessionClient.NO_VERSION);

            assertThat(opened.status()).isEqualTo(Opened.Status.UNAVAILABLE);
            assertThat(opened.detail()).contains("no active server");
        }
    }

    @Test
    void shouldSayUnavailableForACommitAndLetTheUseEnd() {
        liveness.refusesAll = true;
        try (SessionClient client = open()) {
            SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer());
            int length = delta.finish();
            client.create(KEY);

            Committed committed = client.commit(KEY, SessionClient.NO_VERSION, delta.buffer(), 0, length, true);
            client.end(KEY, 0);

            assertThat(committed.status()).isEqualTo(Committed.Status.UNAVAILABLE);
        }
    }

    @Test
    void shouldRestoreAnInterruptAndSayUnavailable() {
        try (SessionClient client = open()) {
            Thread.currentThread().interrupt();

            Opened opened = client.open(KEY, SessionClient.NO_VERSION);

            assertThat(Thread.interrupted()).isTrue();
            assertThat(opened.status()).isEqualTo(Opened.Status.UNAVAILABLE);
        }
    }

    @Test
    void shouldFenceACommitOfASessionItDoesNotHold() {
        try (SessionClient client = open()) {
            Committed committed = client.commit(KEY, 7, new ExpandableArrayBuffer(16), 0, 16, true);

            assertThat(committed.status()).isEqualTo(Committed.Status.FENCED);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldCloseItsTransportWhenItCannotStart(boolean isMade) {
        List<Transport> opened = new ArrayList<>();
        InMemoryNetwork network = new InMemoryNetwork();
        TransportProvider provider = new TransportProvider() {
            @Override
            public String name() {
                return network.name();
            }

            @Override
            public Transport open(TransportContext context) {
                Transport transport = network.open(context);
                opened.add(transport);
                return transport;
            }
        };
        ClientAgent.Identity identity = new ClientAgent.Identity(1, 2, 3);

        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(() -> SessionClients.start(
                            SETTINGS,
                            identity,
                            provider,
                            liveness,
                            path -> {},
                            (task, name) -> threadThatDoesNotStart(isMade)))
                    .isInstanceOf(OutOfMemoryError.class);
        }

        assertThat(opened).hasSize(5).allSatisfy(each -> assertThatThrownBy(
                        () -> each.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
                .hasMessageContaining("closed"));
    }

    private static Thread threadThatDoesNotStart(boolean isMade) {
        if (!isMade) {
            throw new OutOfMemoryError("no memory for a thread");
        }
        return new Thread() {
            @Override
            public void start() {
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
    }

    private SessionClient open() {
        return SessionClients.open(SETTINGS, new InMemoryNetwork(), liveness);
    }
}
