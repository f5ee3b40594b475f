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

/** A Tomcat that owns five sessions, one of them in use, and names one with the registration and two in each message behind it. */
class NamingTest {
    private static final long MS = 1_000_000L;
    private static final int SESSIONS = 5;
    private static final int IN_USE = 3;

    private final OwnedSessions owned = new OwnedSessions();
    private final CopyVersions versions = new CopyVersions();
    private final Registration registration =
            new Registration(new ClientAgent.Identity(1, 2, 3), owned, versions, 1, 2);
    private final ExpandableArrayBuffer out = new ExpandableArrayBuffer();
    private long number;

    /** A message that names sessions. */
    private record Names(int part, long namedFrom, List<OwnedSession> sessions) {}

    @BeforeEach
    void ownSessionsOfTheFirstEpoch() {
        registration.onServer(1, 10);
        register(0);
        registration.onAnswer(1, number, List.of(), 0);
        for (int i = 0; i < SESSIONS; i++) {
            owned.onGranted(key(i), i + 1, 1, versions.named(version(i)), 0, owned.generation(), 0);
            owned.end(key(i), 0);
        }
        registration.onLogStart(new LogStart(1, 20));
        assertThat(open(IN_USE, 50)).isTrue();
        registration.onServer(2, 20);
    }

    @Test
    void shouldNameWhatIsInUseFirstAndTheRestBehindTheAnswer() {
        Names first = register(100);
        assertThat(registration.hasToName()).isFalse();
        registration.onAnswer(2, number, List.of(), 110 * MS);
        Names second = name(120);
        assertThat(registration.hasToName()).isFalse();
        registration.onNamed(2, number, 1, List.of(), 130 * MS);
        Names third = name(140);
        registration.onNamed(2, number, 2, List.of(), 150 * MS);

        assertThat(registration.hasToName()).isFalse();
        assertThat(List.of(first, second, third))
                .extracting(Names::namedFrom)
                .containsExactly(version(2) + 1, version(0) + 1, 0L);
        assertThat(List.of(first, second, third))
                .extracting(each -> each.sessions().size())
                .containsExactly(2, 2, 1);
        assertThat(all(first)).as("in use, and changed last").containsExactly(key(IN_USE), key(4));
        assertThat(all(second)).containsExactly(key(2), key(1));
        assertThat(all(third)).containsExactly(key(0));
        for (int i = 0; i < SESSIONS; i++) {
            assertThat(open(i, 160)).as("session %d", i).isTrue();
        }
    }

    @Test
    void shouldUseWhatItOwnedUntilTheRegistrationIsAnsweredAndAgainOnceItIsNamed() {
        Names first = register(100);
        int later = notNamedBy(first);
        assertThat(open(later, 105)).isTrue();
        owned.end(key(later), 105 * MS);

        registration.onAnswer(2, number, List.of(), 110 * MS);
        assertThat(open(later, 115)).isFalse();

        answerAll(120);
        assertThat(open(later, 160)).isTrue();
    }

    @Test
    void shouldNotOwnWhatIsRefusedBehindTheRegistration() {
        register(100);
        registration.onAnswer(2, number, List.of(), 110 * MS);
        Names second = name(120);

        registration.onNamed(2, number, 1, List.of(second.sessions().get(0)), 130 * MS);

        assertThat(owned.entry(second.sessions().get(0).key())).isNull();
        SessionKey kept = second.sessions().get(1).key();
        assertThat(owned.tryOpen(kept, owned.entry(kept).version, 140, 140 * MS))
                .isTrue();
    }

    @Test
    void shouldGiveBackWhatItHeldNoLongerWhenItsNameWasAnswered() {
        register(100);
        registration.onAnswer(2, number, List.of(), 110 * MS);
        Names second = name(120);
        owned.takeIdle(second.sessions().get(1).key());

        assertThat(registration.onNamed(2, number, 1, List.of(), 130 * MS))
                .containsExactly(second.sessions().get(1));
    }

    @Test
    void shouldNameNothingMoreOnceItsLeaseHasLapsedAndSaySo() {
        register(100);
        registration.onAnswer(2, number, List.of(), 110 * MS);
        Names second = name(120);
        // From sending the registration.
        Names third = name(501);

        assertThat(second.sessions()).hasSize(2);
        assertThat(third.sessions()).isEmpty();
        assertThat(third.namedFrom()).isZero();
        registration.onNamed(2, number, 1, List.of(), 502 * MS);
        assertThat(registration.hasToName()).isFalse();
        assertThat(owned.size()).as("the one in use").isEqualTo(1);
    }

    @Test
    void shouldOwnNothingOfBeforeWhenItsLeaseLapsesWhileTheRegistrationIsOnItsWay() {
        register(100);
        registration.onAnswer(2, number, List.of(), 450 * MS);

        Names second = name(460);

        assertThat(second.sessions()).isEmpty();
        assertThat(second.namedFrom()).isZero();
        assertThat(open(IN_USE, 470)).isFalse();
    }

    @Test
    void shouldGoOnNamingOverAnotherConnectionInTheSameEpoch() {
        Names first = register(100);
        registration.onAnswer(2, number, List.of(), 110 * MS);
        Names lost = name(120);
        registration.onDisconnected();
        registration.onServer(2, 20);

        Names again = register(150);
        assertThat(again.sessions()).isEmpty();
        assertThat(again.namedFrom()).isPositive();
        registration.onAnswer(2, number, List.of(), 160 * MS);
        // The answer of the connection before.
        registration.onNamed(2, number - 1, 1, List.of(), 165 * MS);
        List<SessionKey> named = answerAll(170);

        assertThat(named)
                .containsAll(all(lost))
                .hasSize(SESSIONS - first.sessions().size());
    }

    @Test
    void shouldNameAllAnewWhenTheNextEpochBeginsInBetween() {
        register(100);
        registration.onAnswer(2, number, List.of(), 110 * MS);
        Names second = name(120);
        registration.onNamed(2, number, 1, List.of(), 125 * MS);
        registration.onDisconnected();
        registration.onServer(3, 30);
        registration.onLogStart(new LogStart(2, 20));

        List<SessionKey> named = new ArrayList<>(all(register(130)));
        registration.onAnswer(3, number, List.of(), 140 * MS);
        named.addAll(answerAll(150));

        // What was not named in the epoch between is owned by nobody any more.
        assertThat(named).hasSize(4).containsAll(all(second)).contains(key(IN_USE));
    }

    /** Sends and answers everything that is left to name. */
    private List<SessionKey> answerAll(long ms) {
        List<SessionKey> named = new ArrayList<>();
        while (registration.hasToName()) {
            Names next = name(ms);
            named.addAll(all(next));
            registration.onNamed(registration.epoch(), number, next.part(), List.of(), ms * MS);
        }
        return named;
    }

    private int notNamedBy(Names names) {
        for (int i = 0; i < SESSIONS; i++) {
            if (!all(names).contains(key(i))) {
                return i;
            }
        }
        throw new AssertionError("all are named");
    }

    private static List<SessionKey> all(Names... names) {
        List<SessionKey> all = new ArrayList<>();
        for (Names each : names) {
            each.sessions().forEach(session -> all.add(session.key()));
        }
        return all;
    }

    private boolean open(int session, long ms) {
        return owned.tryOpen(key(session), version(session), ms, ms * MS);
    }

    private static long version(int session) {
        return 10 + session;
    }

    private static SessionKey key(int session) {
        return SessionKey.of("shop", "S" + session);
    }

    private Names register(long ms) {
        number++;
        return decode(registration.encode(out, "tomcat", "test", Set.of("shop"), ms * MS));
    }

    private Names name(long ms) {
        return decode(registration.encodeNames(out, ms * MS));
    }

    private Names decode(int length) {
        List<Names> decoded = new ArrayList<>();
        ClientRequestListener listener = (ClientRequestListener) java.lang.reflect.Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ClientRequestListener.class}, (proxy, method, args) -> {
                    if (method.getName().equals("onRegister")) {
                        decoded.add(new Names(0, (long) args[args.length - 1], sessions(args[args.length - 2])));
                    } else if (method.getName().equals("onName")) {
                        decoded.add(new Names((int) args[2], (long) args[3], sessions(args[4])));
                    }
                    return null;
                });
        new ClientRequestAdapter().onMessage(out, 0, length, listener);
        return decoded.get(0);
    }

    private static List<OwnedSession> sessions(Object list) {
        List<OwnedSession> sessions = new ArrayList<>();
        ((List<?>) list).forEach(each -> sessions.add((OwnedSession) each));
        return sessions;
    }
}
