package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.session.LogClock;

class LogHistoryTest {
    private final LogHistory first = new LogHistory();
    private final LogHistory second = new LogHistory();

    @Test
    void shouldFindForkAtLastEntryOfLastEpochBothHave() {
        both(1, 10, 5);
        entries(first, 11, 15, 5);
        entries(second, 11, 12, 9);

        assertThat(fork(first, second).index()).isEqualTo(10);
        assertThat(fork(second, first).index()).isEqualTo(10);
    }

    @Test
    void shouldFindForkWhenOldActiveHasRaisedItsEpoch() {
        both(1, 10, 5);
        entries(first, 11, 15, 5);
        entries(first, 16, 17, 12);
        entries(second, 11, 12, 9);

        assertThat(fork(second, first).index()).isEqualTo(10);
    }

    @Test
    void shouldFindForkOfWinnerThatHasAppendedNothingYet() {
        both(1, 10, 5);
        second.onActivated(9, 10, new LogClock(0, 0));
        entries(first, 11, 15, 5);

        assertThat(fork(first, second).index()).isEqualTo(10);
    }

    @Test
    void shouldFindForkBehindGapOfServerThatBeganAlone() {
        both(1, 10, 5);
        second.onActivated(9, 1_000, new LogClock(0, 0));
        entries(second, 1_001, 1_002, 9);
        entries(first, 11, 15, 5);

        assertThat(fork(first, second).index()).isEqualTo(10);
    }

    @Test
    void shouldFindForkOfCopyThatKnowsOnlyItsOwnTime() {
        entries(first, 1, 10, 5);
        second.onCopied(10, 5, 100);
        entries(second, 11, 12, 5);
        entries(first, 11, 20, 5);
        entries(second, 13, 14, 9);

        assertThat(fork(first, second).isKnown()).isTrue();
        assertThat(fork(first, second).index()).isEqualTo(12);
    }

    @Test
    void shouldShareNothingWithLogThatBeganWithNothing() {
        first.onCopied(10, 5, 100);
        entries(first, 11, 15, 5);
        entries(second, 1, 3, 9);

        assertThat(fork(first, second)).isEqualTo(new LogHistory.Fork(true, 0, 0));
    }

    @Test
    void shouldSayThatForkIsNotKnownWhenNoEpochIsShared() {
        first.onCopied(10, 5, 100);
        second.onCopied(20, 7, 100);

        assertThat(fork(first, second).isKnown()).isFalse();
        assertThat(fork(first, second).index()).isEqualTo(10);
    }

    @Test
    void shouldNotKnowForkBehindMoreEpochsThanItKeeps() {
        both(1, 1, 1);
        for (int i = 0; i < LogHistory.MAX_EPOCHS; i++) {
            entries(first, i + 2, i + 2, 2L * i + 2);
            entries(second, i + 2, i + 2, 2L * i + 3);
        }

        assertThat(first.epochs()).hasSize(LogHistory.MAX_EPOCHS);
        assertThat(fork(first, second).isKnown()).isFalse();
    }

    @Test
    void shouldForgetWhatEndedOnceAnotherServerHoldsIt() {
        first.ended().removed(key("a"), 3, false);
        first.ended().renamed(key("b"), key("c"), 5);

        first.onHeldElsewhere(4);

        assertThat(first.ended().isEndedSince(key("a"), 0)).isFalse();
        assertThat(first.ended().isEndedSince(key("b"), 4)).isTrue();
        assertThat(first.ended().originSince(key("c"), 4)).isEqualTo(key("b"));
        assertThat(first.ended().isComplete(4)).isTrue();
        assertThat(first.ended().isComplete(3)).isFalse();
    }

    @Test
    void shouldFollowIdThroughSeveralRenamings() {
        EndedSessions ended = first.ended();
        ended.renamed(key("a"), key("b"), 1);
        ended.renamed(key("b"), key("c"), 2);
        ended.renamed(key("x"), key("y"), 3);
        ended.renamed(key("y"), key("x"), 4);

        assertThat(ended.originSince(key("c"), 0)).isEqualTo(key("a"));
        assertThat(ended.originSince(key("b"), 0)).isNull();
        assertThat(ended.originSince(key("x"), 0)).isNull();
    }

    @Test
    void shouldNameRemovedSessionsButNeitherExpiredNorRenamedOnes() {
        EndedSessions ended = first.ended();
        ended.removed(key("removed"), 1, false);
        ended.removed(key("expired"), 2, true);
        ended.renamed(key("renamed"), key("new"), 3);
        ended.renamed(key("gone"), key("gone too"), 4);
        ended.removed(key("gone too"), 5, false);

        List<String> named = new ArrayList<>();
        ended.forEachRemovedSince(0, each -> named.add(each.id()));

        assertThat(named).containsExactly("removed", "gone", "gone too");
    }

    @Test
    void shouldSaySinceWhenItKnowsWhenThereWereTooMany() {
        EndedSessions ended = first.ended();
        String longest = "x".repeat(SessionKey.MAX_ID_LENGTH - 8);
        int fit = (int) (EndedSessions.MAX_BYTES
                / (EndedSessions.BYTES_PER_KEY + longKey(longest, 1).encodedLength()));
        for (int i = 1; i <= fit + 3; i++) {
            ended.removed(longKey(longest, i), i, false);
        }

        assertThat(ended.size()).isEqualTo(fit);
        assertThat(ended.isComplete(2)).isFalse();
        assertThat(ended.isComplete(3)).isTrue();
    }

    @Test
    void shouldCountBothKeysOfRenamedSessions() {
        EndedSessions ended = first.ended();
        int fit = (int) (EndedSessions.MAX_BYTES / EndedSessions.BYTES_PER_KEY);
        for (int i = 1; i <= fit; i++) {
            ended.renamed(key("from" + i), key("to" + i), i);
        }

        assertThat(ended.size()).isBetween(fit / 5, fit / 3);
        assertThat(ended.originSince(key("to" + fit), 0)).isEqualTo(key("from" + fit));
        first.onHeldElsewhere(fit);
        assertThat(ended.size()).isZero();
    }

    @Test
    void shouldKeepNothingWhenNobodyElseCanHoldTheSessions() {
        first.ended().removed(key("a"), 1, false);

        first.standsAlone();
        first.ended().removed(key("b"), 2, true);
        first.ended().renamed(key("c"), key("d"), 3);

        assertThat(first.ended().size()).isZero();
        assertThat(first.ended().originSince(key("d"), 0)).isNull();
        assertThat(first.ended().isComplete(2)).isFalse();
        assertThat(first.ended().isComplete(3)).isTrue();
    }

    private static SessionKey longKey(String id, int number) {
        return key(id + String.format("%08d", number));
    }

    private void both(long from, long to, long epoch) {
        entries(first, from, to, epoch);
        entries(second, from, to, epoch);
    }

    private static void entries(LogHistory history, long from, long to, long epoch) {
        for (long index = from; index <= to; index++) {
            history.onApplied(index, epoch, index * 10);
        }
    }

    private static LogHistory.Fork fork(LogHistory own, LogHistory other) {
        return own.fork(other.epochs(), other.isFromEmpty());
    }

    private static SessionKey key(String id) {
        return SessionKey.of("shop", id);
    }
}
