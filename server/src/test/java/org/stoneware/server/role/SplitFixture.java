package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/** A pair with the sessions S1 and S2 that a cut makes two actives of; the first has the lower epoch and gives up its sessions. */
final class SplitFixture {
    static final long FIRST_EPOCH = 5;
    static final long SECOND_EPOCH = 9;

    final PairFixture pair = new PairFixture();
    final PairFixture.Server loser = pair.first;
    final PairFixture.Server winner = pair.second;
    /** Has made the sessions, and stays with the loser. */
    final SplitTomcat atLoser;

    private SplitTomcat atWinner;

    SplitFixture() {
        pair.pair(FIRST_EPOCH);
        atLoser = new SplitTomcat(pair, loser, FIRST_EPOCH, 1);
        pair.pass(20);
        atLoser.create("S1", "one");
        atLoser.create("S2", "two");
        pair.pass(100);
    }

    /** Returns a Tomcat of the winner, when nobody can own anything of the time before any more. */
    SplitTomcat split() {
        splitJustNow();
        pair.pass(1_000);
        return atWinner;
    }

    /** Returns a Tomcat of the winner, when sessions may still be owned from the time before. */
    SplitTomcat splitJustNow() {
        pair.cut();
        loser.dropOther();
        pair.pass(20);
        return takeOver();
    }

    /** The second server becomes active, whatever the first one is doing. */
    SplitTomcat takeOver() {
        winner.become(ServerRole.ACTIVE_COORDINATOR, SECOND_EPOCH, 1);
        atWinner = new SplitTomcat(pair, winner, SECOND_EPOCH, 2);
        return atWinner;
    }

    /** The link is there again, and the loser follows the winner. */
    void giveUp() {
        pair.heal();
        loser.become(ServerRole.FENCED, SECOND_EPOCH, 1);
        loser.become(ServerRole.PASSIVE_UNINITIALIZED, SECOND_EPOCH, 1);
    }

    /** Lets time pass while the Tomcat of the winner renews its lease. */
    void passRenewing(long ms) {
        for (long left = ms; left > 0; left -= 50) {
            atWinner.renew();
            pair.pass(50);
        }
    }

    static SessionRecord record(PairFixture.Server server, String id) {
        SessionRecord record = new SessionRecord();
        assertThat(server.duties.current().store().read(SessionKey.of("shop", id), record))
                .as(id)
                .isTrue();
        return record;
    }

    static String value(PairFixture.Server server, String id) {
        return valueOf(record(server, id));
    }

    static String valueOf(SessionRecord record) {
        StringBuilder value = new StringBuilder();
        record.forEach((kind, name, removed, buffer, offset, length) -> {
            byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            value.append(new String(bytes, StandardCharsets.UTF_8));
        });
        return value.toString();
    }
}
