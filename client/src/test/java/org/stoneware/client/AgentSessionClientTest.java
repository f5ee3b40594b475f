package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.testkit.transport.InMemoryNetwork;

class AgentSessionClientTest {
    private static final SessionKey KEY = SessionKey.of("shop", "S1");

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

            Committed committed = client.commit(KEY, delta.buffer(), 0, length, 0, true);
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
            Committed committed = client.commit(KEY, new ExpandableArrayBuffer(16), 0, 16, 0, true);

            assertThat(committed.status()).isEqualTo(Committed.Status.FENCED);
        }
    }

    private SessionClient open() {
        ClientSettings settings = new ClientSettings(List.of("one:9510"), "tomcat", "test", 100, 100, 1024 * 1024);
        return SessionClients.open(settings, new InMemoryNetwork(), liveness);
    }
}
