package org.stoneware.server.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.HeapShares;

/** How many sessions are owned at a time. */
class SessionOwnershipTest {
    private static final int MAX_ROWS = 1_000;
    private static final long MS = 1_000_000;

    private final RecordedRecalls recalls = new RecordedRecalls(this::nowNs);
    private final List<SessionOwnership.Row> recalled = recalls.recalled;
    private final SessionOwnership ownership = new SessionOwnership(1, MAX_ROWS, recalls);
    private final ClientRow tomcat = new ClientRow(new ClientId(1, 1));
    private final ClientRow away = new ClientRow(new ClientId(1, 2));
    private long nowNs = MS;

    @BeforeEach
    void connect() {
        tomcat.port = new ClientPort((buffer, offset, length) -> true, "10.0.0.1");
        renew();
    }

    @Test
    void shouldAskForTheSessionUsedLongestAgoWhenTooManyAreOwned() {
        own(tomcat, 0, MAX_ROWS);
        work();
        List<SessionOwnership.Row> inTime = List.copyOf(recalled);
        own(tomcat, MAX_ROWS, MAX_ROWS + 1);

        work();
        SessionOwnership.Row asked = recalled.get(0);
        ownership.releaseSeen(asked, asked.grant, nowNs);

        assertThat(inTime).isEmpty();
        assertThat(recalled).hasSize(1);
        assertThat(asked.key).isEqualTo(key(0));
        assertThat(ownership.size()).isEqualTo(MAX_ROWS);
    }

    @Test
    void shouldSpareASessionThatIsChangedAgainAndAgain() {
        own(tomcat, 0, MAX_ROWS);
        for (int i = 0; i < 10; i++) {
            assertThat(ownership.owned(key(i), tomcat, token(i))).isNotNull();
        }

        own(tomcat, MAX_ROWS, MAX_ROWS + 10);
        work();

        assertThat(recalled).extracting(row -> row.key).containsExactlyElementsOf(keys(10, 20));
    }

    @Test
    void shouldAskForNoMoreThanTheSurplusWhileTheOwnersHaveNotAnswered() {
        own(tomcat, 0, MAX_ROWS + 200);

        for (int i = 0; i < 100; i++) {
            nowNs += MS;
            work();
        }

        assertThat(recalled).hasSize(200).doesNotHaveDuplicates();
    }

    @Test
    void shouldAskForOthersWhenASessionIsNotReleased() {
        own(tomcat, 0, MAX_ROWS + 1);
        work();

        nowNs += 300 * MS;
        renew();
        work();

        assertThat(recalled).extracting(row -> row.key).containsExactly(key(0), key(1));
    }

    @Test
    void shouldAskOnlyTomcatsThatAreThere() {
        own(away, 0, MAX_ROWS);
        own(tomcat, MAX_ROWS, MAX_ROWS + 1);

        for (int i = 0; i < 100; i++) {
            nowNs += MS;
            work();
        }

        assertThat(recalled).extracting(row -> row.owner).containsExactly(tomcat);
    }

    @Test
    void shouldOwnAsManySessionsAsFitAnEighthOfTheHeap() {
        assertThat(HeapShares.of(512L << 20, 1).ownedSessions()).isEqualTo(262_144);
        assertThat(HeapShares.LARGEST.ownedSessions()).isEqualTo(100_000_000);
    }

    private void own(ClientRow owner, int from, int to) {
        for (int i = from; i < to; i++) {
            ownership.request(key(i), owner, i + 1, 0, 1_000 * MS, nowNs);
        }
    }

    private long token(int number) {
        SessionOwnership.Row row = ownership.row(key(number));
        assertThat(row).isNotNull();
        return row.token;
    }

    private void renew() {
        tomcat.renewedNs = nowNs;
        away.renewedNs = nowNs;
    }

    private long nowNs() {
        return nowNs;
    }

    private void work() {
        ownership.doWork(nowNs);
    }

    private static SessionKey key(int number) {
        return SessionKey.of("shop", "S" + number);
    }

    private static List<SessionKey> keys(int from, int to) {
        List<SessionKey> keys = new ArrayList<>();
        for (int i = from; i < to; i++) {
            keys.add(key(i));
        }
        return keys;
    }
}
