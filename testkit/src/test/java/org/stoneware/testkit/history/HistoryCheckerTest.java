package org.stoneware.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Histories written by hand: what one copy of a session explains, and one planted violation of each kind. */
class HistoryCheckerTest {
    private static final String S = "s";

    private final History.Recorder recorder = new History.Recorder();

    @Test
    void shouldAcceptCounterThatMovesBetweenTomcats() {
        for (int i = 1; i <= 6; i++) {
            recorder.increment(S, i % 2 == 0 ? "A" : "B", 10L * i).ok(i, 10L * i + 5);
        }

        assertVerdict(Verdict.OK);
    }

    @Test
    void shouldAcceptAnswersOutOfOrderWhenOperationsOverlap() {
        History.Call first = recorder.increment(S, "A", 0);
        History.Call second = recorder.increment(S, "B", 1);
        History.Call read = recorder.read(S, "A", 2);
        second.ok(1, 10);
        first.ok(2, 11);
        read.ok(0, 12);

        assertVerdict(Verdict.OK);
    }

    @Test
    void shouldAcceptUnknownUpdateThatTakesEffectLongAfterItsTimeOut() {
        recorder.increment(S, "A", 0).unknown(5);
        recorder.read(S, "B", 10).ok(0, 11);
        recorder.increment(S, "B", 20).ok(1, 21);
        recorder.read(S, "B", 30).ok(2, 31);

        assertVerdict(Verdict.OK);
    }

    @Test
    void shouldAcceptUnknownUpdateThatNeverTakesEffect() {
        recorder.write(S, "A", 7, 0);
        recorder.read(S, "B", 10).ok(0, 11);

        assertVerdict(Verdict.OK);
    }

    @Test
    void shouldAcceptCompareAndIncrementThatFoundAnotherValue() {
        recorder.write(S, "A", 7, 0).ok(7, 1);
        recorder.compareAndIncrement(S, "B", 3, 2).mismatched(7, 3);
        recorder.compareAndIncrement(S, "B", 7, 4).ok(8, 5);

        assertVerdict(Verdict.OK);
    }

    @Test
    void shouldTakeOperationsAtTheSameTimeAsOverlapping() {
        recorder.write(S, "A", 7, 0).ok(7, 10);
        recorder.read(S, "B", 10).ok(0, 11);

        assertVerdict(Verdict.OK);
    }

    @Test
    void shouldCountFromTheValueASessionBeganWith() {
        recorder.initially(S, 41).increment(S, "A", 0).ok(42, 1);

        assertVerdict(Verdict.OK);
    }

    /** The proxy sent it to A, which counted and was killed, and then to B. */
    @Test
    void shouldAcceptRequestRepeatedByProxyWhenRecordedAsTwo() {
        recorder.increment(S, "A", 0).unknown(10);
        recorder.increment(S, "B", 0).ok(2, 10);

        assertVerdict(Verdict.OK);
    }

    @Test
    void shouldNameTomcatThatAnsweredBehindProxy() {
        recorder.increment(S, "proxy", 0).answeredBy("B").ok(5, 10);

        assertThat(violation().unplaceable().tomcat()).isEqualTo("B");
    }

    @Test
    void shouldPrintManyUnansweredOperationsShortly() {
        for (int i = 0; i < 100; i++) {
            recorder.increment(S, "A", i).unknown(i + 1);
        }
        recorder.read(S, "B", 1000).ok(101, 1001);

        assertThat(violation().toString()).contains("and 80 more").hasLineCount(25);
    }

    @Test
    void shouldCatchLostUpdate() {
        increments(3);
        recorder.increment(S, "B", 100).ok(3, 101);

        assertThat(violation().reason()).contains("an update is lost: #4 answered 3 as #3 did");
    }

    @Test
    void shouldCatchDoubledIncrement() {
        increments(3);
        recorder.increment(S, "B", 100).ok(5, 101);

        assertThat(violation().unplaceable().number()).isEqualTo(4);
        assertThat(violation().reason()).contains("when it was sent: value 3");
    }

    @Test
    void shouldCatchUnknownIncrementThatCountsTwice() {
        recorder.increment(S, "A", 0).unknown(5);
        recorder.read(S, "B", 10).ok(2, 11);

        assertThat(violation().unplaceable().number()).isEqualTo(2);
    }

    @Test
    void shouldCatchStaleReadAfterResponseOnOtherTomcat() {
        increments(3);
        recorder.read(S, "B", 100).ok(2, 101);

        assertThat(violation().reason())
                .isEqualTo("a stale answer: #4 answered 2 on Tomcat B after #3 had answered 3 on Tomcat A");
        assertThat(violation().operations()).hasSize(2);
    }

    @Test
    void shouldCatchReadOfOverwrittenValue() {
        recorder.write(S, "A", 7, 0).ok(7, 1);
        recorder.write(S, "A", 8, 2).ok(8, 3);
        recorder.read(S, "B", 4).ok(7, 5);

        assertThat(violation().reason()).startsWith("a stale answer: #3");
    }

    @Test
    void shouldCatchValueNeverWritten() {
        recorder.write(S, "A", 7, 0).ok(7, 1);
        recorder.read(S, "B", 2).ok(9, 3);

        assertThat(violation().reason()).startsWith("a value nobody wrote: 9");
    }

    @Test
    void shouldCatchReorderedWrites() {
        History.Call first = recorder.write(S, "A", 7, 0);
        History.Call second = recorder.write(S, "B", 8, 0);
        recorder.read(S, "A", 1).ok(7, 2);
        recorder.read(S, "B", 3).ok(8, 4);
        first.ok(7, 5);
        second.ok(8, 5);
        recorder.read(S, "A", 6).ok(7, 7);

        assertThat(violation().unplaceable().number()).isEqualTo(5);
    }

    @Test
    void shouldCatchRollbackAfterUnknown() {
        recorder.increment(S, "A", 0).unknown(5);
        recorder.read(S, "B", 10).ok(1, 11);
        recorder.read(S, "B", 20).ok(0, 21);

        assertThat(violation().reason()).startsWith("a stale answer: #3");
    }

    @Test
    void shouldCatchRollbackOfAcknowledgedUpdatesByTakeover() {
        increments(5);
        recorder.increment(S, "A", 90).unknown(95);
        recorder.increment(S, "B", 100).ok(4, 101);

        assertThat(violation().unplaceable().number()).isEqualTo(7);
    }

    @Test
    void shouldCatchFailedUpdateThatHadAnEffect() {
        recorder.write(S, "A", 6, 0).ok(6, 1);
        recorder.write(S, "A", 7, 2).failed(3);
        recorder.read(S, "B", 4).ok(7, 5);

        assertThat(violation().reason()).startsWith("a value nobody wrote: 7");
    }

    @Test
    void shouldCatchSwappedSessions() {
        recorder.write("s1", "A", 1, 0).ok(1, 1);
        recorder.write("s2", "A", 2, 2).ok(2, 3);
        recorder.read("s1", "B", 4).ok(2, 5);
        recorder.read("s2", "B", 6).ok(1, 7);

        CheckResult result = HistoryChecker.check(recorder.history());

        assertThat(result.violations()).extracting(Violation::session).containsExactly("s1", "s2");
    }

    @Test
    void shouldCatchWriteAppliedBeforeItsInvocation() {
        recorder.read(S, "B", 0).ok(7, 1);
        recorder.write(S, "A", 7, 2).ok(7, 3);

        assertThat(violation().reason()).startsWith("read before its write was sent");
    }

    @Test
    void shouldCatchIncrementAppliedBeforeItsInvocation() {
        recorder.increment(S, "B", 0).ok(2, 1);
        recorder.increment(S, "A", 2).ok(1, 3);

        assertVerdict(Verdict.VIOLATED);
    }

    @Test
    void shouldCatchCompareAndIncrementThatDidNotCompare() {
        recorder.write(S, "A", 7, 0).ok(7, 1);
        recorder.compareAndIncrement(S, "B", 3, 2).ok(4, 3);

        assertThat(violation().unplaceable().number()).isEqualTo(2);
    }

    @Test
    void shouldCatchLostSession() {
        increments(3);
        recorder.increment(S, "B", 100).ok(1, 101);

        assertVerdict(Verdict.VIOLATED);
    }

    @Test
    void shouldPrintOneLineAnOperationAndNothingThatDoesNotMatter() {
        recorder.write(S, "A", 7, 0).ok(7, 1_000_000);
        History.Call bystander = recorder.read(S, "C", 1_500_000);
        recorder.increment(S, "B", 2_000_000).ok(9, 3_000_000);
        bystander.ok(7, 4_000_000);

        assertThat(HistoryChecker.check(recorder.history()))
                .hasToString(
                        """
                        history VIOLATED: operations=3 sessions=1
                        session s: no order of its operations explains #3; when it was sent: value 7
                          had ended before:
                            #1         0.000 ms ..     1.000 ms  Tomcat A    write 7 -> 7
                          cannot be placed:
                            #3         2.000 ms ..     3.000 ms  Tomcat B    increment -> 9""");
    }

    @Test
    void shouldNameOverlappingUpdatesThatDoNotHelp() {
        recorder.write(S, "A", 7, 0).ok(7, 1);
        History.Call open = recorder.increment(S, "C", 2);
        recorder.read(S, "B", 3).ok(9, 4);
        open.ok(8, 5);

        assertThat(violation().during()).extracting(Operation::number).containsExactly(2);
    }

    @Test
    void shouldThrowTheExplanationWhenRequiredToBeOk() {
        increments(1);
        recorder.read(S, "B", 100).ok(5, 101);

        assertThatThrownBy(() -> HistoryChecker.check(recorder.history()).requireOk())
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("#2 ");
    }

    private void increments(int count) {
        for (int i = 1; i <= count; i++) {
            recorder.increment(S, "A", 10L * i).ok(i, 10L * i + 5);
        }
    }

    private Violation violation() {
        assertVerdict(Verdict.VIOLATED);
        return HistoryChecker.check(recorder.history()).violations().get(0);
    }

    private void assertVerdict(Verdict verdict) {
        assertThat(HistoryChecker.check(recorder.history()).verdict()).isEqualTo(verdict);
    }
}
