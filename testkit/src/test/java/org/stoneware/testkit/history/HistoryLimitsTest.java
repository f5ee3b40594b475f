package org.stoneware.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The checker ends whatever it is given, and the recorder keeps what many clients tell it at once. */
class HistoryLimitsTest {
    @Test
    void shouldSayUndecidedWhenStepsAreUsedUp() {
        CheckResult result = HistoryChecker.withLimits(10_000, 64L << 20).checkAll(manyOverlappingWrites(24));

        assertThat(result.verdict()).isEqualTo(Verdict.UNDECIDED);
        assertThat(result.undecided())
                .containsExactly("session s: undecided: no answer within its share of the steps: maxSteps=10000");
        assertThatThrownBy(result::requireOk).isInstanceOf(AssertionError.class);
    }

    @Test
    void shouldSayUndecidedWhenMemoryIsUsedUp() {
        CheckResult result = HistoryChecker.withLimits(Long.MAX_VALUE, 1 << 20).checkAll(manyOverlappingWrites(24));

        assertThat(result.undecided())
                .containsExactly("session s: undecided: too many possible orders to hold: maxBytes=1048576");
    }

    @Test
    void shouldSayUndecidedWhenTooManyOverlap() {
        CheckResult result = HistoryChecker.check(manyOverlappingWrites(RegisterSearch.MAX_OVERLAPPING + 1));

        assertThat(result.undecided()).containsExactly("session s: undecided: more than 64 operations at once");
    }

    @Test
    void shouldStillFindViolationInOneSessionWhenAnotherIsUndecided() {
        History.Recorder recorder = new History.Recorder();
        recordOverlappingWrites(recorder, 65);
        recorder.increment("t", "A", 0).ok(2, 1);

        CheckResult result = HistoryChecker.check(recorder.history());

        assertThat(result.verdict()).isEqualTo(Verdict.VIOLATED);
        assertThat(result.violations()).extracting(Violation::session).containsExactly("t");
        assertThat(result.undecided()).hasSize(1);
    }

    @Test
    void shouldGiveStepsLeftOverToSessionThatNeedsMore() {
        History.Recorder recorder = new History.Recorder();
        recordOverlappingWrites(recorder, 10);
        for (int i = 0; i < 999; i++) {
            recorder.increment("easy" + i, "A", 0).ok(1, 1);
        }

        CheckResult result = HistoryChecker.withLimits(1_000_000, 64L << 20).checkAll(recorder.history());

        assertThat(result.verdict()).isEqualTo(Verdict.VIOLATED);
    }

    @Test
    void shouldDecideHundredUnansweredUpdatesOfOneSession() {
        History.Recorder recorder = new History.Recorder();
        for (int i = 0; i < 100; i++) {
            recorder.increment("s", "A", i).unknown(i + 1);
            recorder.write("w", "A", 1 + i, i).unknown(i + 1);
        }
        for (int i = 1; i <= 50; i++) {
            recorder.read("s", "B", 1000 + 2 * i).ok(2 * i, 1001 + 2 * i);
            recorder.read("w", "B", 1000 + 2 * i).ok(100 - i, 1001 + 2 * i);
        }

        CheckResult result = HistoryChecker.check(recorder.history());

        assertThat(result.verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    void shouldCheckHundredThousandOperationsOfThousandSessions() {
        History history = SimulatedRegister.history(1, 1000, 100, 4);

        CheckResult result = HistoryChecker.check(history);

        assertThat(result.operations()).isEqualTo(100_000);
        assertThat(result.sessions()).isEqualTo(1000);
        assertThat(result.verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    void shouldRecordOperationsOfManyThreads() throws Exception {
        int threads = 4;
        int operationsEach = 2000;
        History.Recorder recorder = new History.Recorder();
        AtomicLong counter = new AtomicLong();
        Callable<Void> client = () -> {
            for (int i = 0; i < operationsEach; i++) {
                History.Call call = recorder.increment("s", "A", System.nanoTime());
                call.ok(counter.incrementAndGet(), System.nanoTime());
            }
            return null;
        };
        List<Callable<Void>> clients = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            clients.add(client);
        }
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            for (var result : executor.invokeAll(clients)) {
                result.get();
            }
        } finally {
            executor.shutdownNow();
        }

        CheckResult result = HistoryChecker.check(recorder.history());

        assertThat(result.operations()).isEqualTo(threads * operationsEach);
        assertThat(result.verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    void shouldRefuseCallEndedTwiceAndTimeThatGoesBack() {
        History.Call call = new History.Recorder().read("s", "A", 10);

        assertThatThrownBy(() -> call.ok(1, 9)).isInstanceOf(IllegalArgumentException.class);
        call.ok(1, 10);
        assertThatThrownBy(() -> call.unknown(11)).isInstanceOf(IllegalStateException.class);
    }

    private static History manyOverlappingWrites(int count) {
        History.Recorder recorder = new History.Recorder();
        recordOverlappingWrites(recorder, count);
        return recorder.history();
    }

    /** All at once, values twice each; then a read nothing explains, so that every order must be tried. */
    private static void recordOverlappingWrites(History.Recorder recorder, int count) {
        for (int i = 0; i < count; i++) {
            recorder.write("s", "A", 1 + i / 2, 0).ok(1 + i / 2, 100);
        }
        recorder.read("s", "A", 200).ok(1_000_000, 300);
    }
}
