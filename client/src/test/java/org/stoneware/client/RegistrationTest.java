package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.wire.session.ClientRequestAdapter;
import org.stoneware.wire.session.ClientRequestListener;
import org.stoneware.wire.session.LogStart;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.ToldVersions;

class RegistrationTest {
    private static final SessionKey KEY = SessionKey.of("shop", "S1");
    private static final SessionKey OTHER_KEY = SessionKey.of("shop", "S2");
    private static final long MS = 1_000_000L;
    private static final long TOKEN = 50;

    private final OwnedSessions owned = new OwnedSessions();
    private final CopyVersions versions = new CopyVersions();
    private final Registration registration = new Registration(new ClientAgent.Identity(1, 2, 3), owned, versions);
    private final ExpandableArrayBuffer out = new ExpandableArrayBuffer();
    private ToldVersions told = ToldVersions.NOTHING;

    @BeforeEach
    void registerInTheFirstEpoch() {
        registration.onServer(1, 10);
        named(0);
        registration.onAnswer(1, 1, List.of(), 0);
        registration.onLogStart(new LogStart(1, 7));
        grant(KEY, TOKEN);
        grant(OTHER_KEY, TOKEN + 1);
    }

    @Test
    void shouldNameWhatItOwnsInANewEpochAndKeepWhatIsNotRefused() {
        registration.onServer(2, 20);
        assertThat(named(100)).extracting(OwnedSession::key).containsExactlyInAnyOrder(KEY, OTHER_KEY);

        List<OwnedSession> unheld =
                registration.onAnswer(2, 2, List.of(new OwnedSession(OTHER_KEY, TOKEN + 1, 1)), 150 * MS);

        assertThat(unheld).isEmpty();
        assertThat(owned.tryOpen(KEY, 7, 160, 160 * MS)).isTrue();
        assertThat(owned.tryOpen(OTHER_KEY, 7, 160, 160 * MS)).isFalse();
    }

    @Test
    void shouldChangeNothingOverAnotherConnectionInTheSameEpoch() {
        registration.onDisconnected();
        registration.onServer(1, 10);

        assertThat(named(100)).isEmpty();
        registration.onAnswer(1, 2, List.of(), 150 * MS);

        assertThat(owned.tryOpen(KEY, 7, 160, 160 * MS)).isTrue();
    }

    @Test
    void shouldNameNothingUnderALeaseThatHasLapsed() {
        registration.onServer(2, 20);

        assertThat(named(401)).isEmpty();
    }

    @Test
    void shouldGiveBackWhatIsNotRefusedButNotHeldAnyMore() {
        registration.onServer(2, 20);
        List<OwnedSession> named = named(100);

        // The lease of the epoch before lapses while the answer is on its way.
        List<OwnedSession> unheld = registration.onAnswer(2, 2, List.of(), 450 * MS);

        assertThat(unheld).containsExactlyElementsOf(named);
        assertThat(owned.tryOpen(KEY, 7, 460, 460 * MS)).isFalse();
    }

    @Test
    void shouldGiveBackASessionOfWhichItHoldsWhatTheNewActiveDoesNot() {
        registration.onServer(2, 20);
        List<OwnedSession> named = named(100);
        registration.onLogStart(new LogStart(1, 6));

        List<OwnedSession> unheld = registration.onAnswer(2, 2, List.of(), 150 * MS);

        assertThat(unheld).containsExactlyElementsOf(named);
        assertThat(owned.tryOpen(KEY, 7, 160, 160 * MS)).isFalse();
    }

    @Test
    void shouldLetARunningRequestChangeNothingThatTheNewActiveDoesNotHold() {
        owned.tryOpen(KEY, 7, 50, 50 * MS);
        registration.onServer(2, 20);
        named(100);
        registration.onLogStart(new LogStart(1, 6));
        registration.onAnswer(2, 2, List.of(), 150 * MS);

        assertThat(owned.entry(KEY).fencedUses).isEqualTo(1);
    }

    @Test
    void shouldTakeTheAnswerToTheLastRegistrationOnly() {
        registration.onServer(2, 20);
        named(100);
        named(110);

        assertThat(registration.onAnswer(2, 2, List.of(), 120 * MS)).isNull();
        assertThat(registration.onAnswer(1, 3, List.of(), 120 * MS)).isNull();
        assertThat(registration.onAnswer(2, 3, List.of(), 120 * MS)).isNotNull();
        assertThat(registration.onAnswer(2, 3, List.of(), 120 * MS)).isNull();
    }

    @Test
    void shouldNotNameASessionItIsGivingUpWithAWrite() {
        owned.tryOpen(KEY, 7, 10, 10 * MS);
        owned.beginRelease(owned.entry(KEY));
        registration.onServer(2, 20);

        assertThat(named(100)).extracting(OwnedSession::key).containsExactly(OTHER_KEY);
    }

    @Test
    void shouldForgetAllWhenTheArrayHasLostItsMemory() {
        registration.onServer(0, 30);

        assertThat(named(100)).isEmpty();
        assertThat(owned.tryOpen(KEY, 7, 110, 110 * MS)).isFalse();
    }

    @Test
    void shouldTellHowFarItWasToldOfTheLogOfTheEpochBefore() {
        registration.onServer(2, 20);
        named(100);
        assertThat(told).isEqualTo(new ToldVersions(1, 7));

        registration.onLogStart(new LogStart(1, 6));
        registration.onAnswer(2, 2, List.of(), 150 * MS);
        registration.onServer(3, 20);
        named(200);

        assertThat(told).isEqualTo(new ToldVersions(2, 6));
    }

    @Test
    void shouldRegisterOnceInAnEpochItIsAskedFor() {
        assertThat(registration.onMustRegister(2)).isTrue();
        named(100);

        assertThat(registration.onMustRegister(2)).isFalse();
        assertThat(registration.onMustRegister(3)).isTrue();
    }

    private void grant(SessionKey key, long token) {
        owned.onGranted(key, token, 1, versions.named(7), 0, owned.generation(), 0);
        owned.end(key, 0);
    }

    /** What a registration sent now names. */
    private List<OwnedSession> named(long ms) {
        int length = registration.encode(out, "tomcat", "test", Set.of("shop"), ms * MS);
        List<OwnedSession> named = new ArrayList<>();
        ClientRequestListener listener = (ClientRequestListener) java.lang.reflect.Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ClientRequestListener.class}, (proxy, method, args) -> {
                    if (method.getName().equals("onRegister")) {
                        ((List<?>) args[args.length - 2]).forEach(each -> named.add((OwnedSession) each));
                    } else {
                        told = (ToldVersions) args[0];
                    }
                    return null;
                });
        new ClientRequestAdapter().onMessage(out, 0, length, listener);
        return named;
    }
}
