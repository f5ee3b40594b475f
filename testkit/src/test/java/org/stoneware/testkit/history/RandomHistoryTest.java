package org.stoneware.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Histories drawn from seeds, against a true register and against a search of all orders. */
class RandomHistoryTest {
    private static final int SEEDS = 2000;
    private static final int MUTATED = 500;

    @Test
    void shouldAcceptWhateverOneRegisterAnswers() {
        for (long seed = 0; seed < SEEDS; seed++) {
            History history = SimulatedRegister.history(seed, 2, 60, 1 + (int) (seed % 8));

            CheckResult result = HistoryChecker.check(history);

            assertThat(result.verdict()).as("seed=%d %s", seed, result).isEqualTo(Verdict.OK);
        }
    }

    /** Small enough to try every order: the verdict is never wrong, in either direction. */
    @Test
    void shouldAgreeWithSearchOfAllOrders() {
        int violated = 0;
        for (long seed = 0; seed < 10_000; seed++) {
            History original = SimulatedRegister.history(seed, 1, 7, 1 + (int) (seed % 5));
            History history = seed % 4 == 0 ? original : anyMutation(original, new Random(seed));
            List<Operation> operations = history.bySession().get("s0");

            CheckResult result = HistoryChecker.check(history);

            boolean isExplained = BruteForce.isExplained(operations, 0);
            assertThat(result.verdict())
                    .as("seed=%d %s %s", seed, result, operations)
                    .isEqualTo(isExplained ? Verdict.OK : Verdict.VIOLATED);
            violated += isExplained ? 0 : 1;
        }
        assertThat(violated).isBetween(2000, 8000);
    }

    /** One change to a history of 60 operations. What is not caught another order explains, as the test above shows for small ones. */
    @ParameterizedTest
    @EnumSource
    void shouldCatchMostSingleMutations(Mutation mutation) {
        double plain = percentCaught(mutation, true);
        double mixed = percentCaught(mutation, false);

        System.out.printf(
                "single mutations caught: %s %.1f %% in plain counters, %.1f %% in all%n", mutation, plain, mixed);
        assertThat(plain).isGreaterThan(mutation.minPercentPlain);
        assertThat(mixed).isGreaterThan(mutation.minPercentMixed);
    }

    private static double percentCaught(Mutation mutation, boolean isPlain) {
        int made = 0;
        int caught = 0;
        for (long seed = 0; seed < MUTATED; seed++) {
            History original = SimulatedRegister.history(seed, 1, 60, 1 + (int) (seed % 8), isPlain);
            History history = mutation.apply(original, new Random(seed));
            if (history == original) {
                continue;
            }
            made++;

            Verdict verdict = HistoryChecker.check(history).verdict();

            assertThat(verdict).as("seed=%d", seed).isNotEqualTo(Verdict.UNDECIDED);
            caught += verdict == Verdict.VIOLATED ? 1 : 0;
        }
        assertThat(made).isGreaterThan(MUTATED / 2);
        return 100.0 * caught / made;
    }

    private static History anyMutation(History history, Random random) {
        return Mutation.values()[random.nextInt(Mutation.values().length)].apply(history, random);
    }

    /** What goes wrong once, and how often at least it must be seen from outside. */
    enum Mutation {
        /** A read or a count answers one more or one less. */
        WRONG_ANSWER(75, 55, operation -> operation.isAnswered() && operation.kind() != OperationKind.WRITE),
        /** Two operations get each other's answers. */
        SWAPPED_ANSWERS(90, 90, WRONG_ANSWER.isCandidate),
        /** An update that took effect is said to have failed. */
        DENIED_UPDATE(95, 50, operation -> operation.isAnswered() && operation.isUpdate()),
        /** An update took effect that nobody sent. */
        LEFT_OUT_UPDATE(95, 50, DENIED_UPDATE.isCandidate),
        /** An update was answered twice. */
        REPEATED_UPDATE(99, 40, DENIED_UPDATE.isCandidate),
        /** An operation took effect before it was sent or after it was answered. */
        MOVED(95, 70, Operation::isAnswered);

        private final int minPercentPlain;
        private final int minPercentMixed;
        private final Predicate<Operation> isCandidate;

        Mutation(int minPercentPlain, int minPercentMixed, Predicate<Operation> isCandidate) {
            this.minPercentPlain = minPercentPlain;
            this.minPercentMixed = minPercentMixed;
            this.isCandidate = isCandidate;
        }

        /** Returns the same history if there is nothing in it to mutate so. */
        History apply(History history, Random random) {
            List<Operation> operations = new ArrayList<>();
            history.bySession().values().forEach(operations::addAll);
            List<Operation> candidates = operations.stream().filter(isCandidate).toList();
            if (candidates.isEmpty()) {
                return history;
            }
            Operation chosen = candidates.get(random.nextInt(candidates.size()));
            int at = operations.indexOf(chosen);
            switch (this) {
                case WRONG_ANSWER ->
                    operations.set(at, with(chosen, Outcome.OK, chosen.answer() + (random.nextBoolean() ? 1 : -1), 0));
                case SWAPPED_ANSWERS -> {
                    Operation other = candidates.get(random.nextInt(candidates.size()));
                    if (other.answer() == chosen.answer()) {
                        return history;
                    }
                    operations.set(at, with(chosen, Outcome.OK, other.answer(), 0));
                    operations.set(operations.indexOf(other), with(other, Outcome.OK, chosen.answer(), 0));
                }
                case DENIED_UPDATE -> operations.set(at, with(chosen, Outcome.FAILED, 0, 0));
                case LEFT_OUT_UPDATE -> operations.remove(at);
                case REPEATED_UPDATE -> operations.add(with(chosen, Outcome.OK, chosen.answer(), 1000));
                case MOVED ->
                    operations.set(at, with(chosen, Outcome.OK, chosen.answer(), random.nextBoolean() ? 50 : -50));
            }
            return new History(operations, Map.of());
        }
    }

    private static Operation with(Operation operation, Outcome outcome, long answer, long shiftNs) {
        boolean isOpen = operation.returnedNs() == Long.MAX_VALUE;
        return new Operation(
                operation.number(),
                operation.session(),
                operation.tomcat(),
                operation.kind(),
                operation.argument(),
                outcome,
                answer,
                operation.invokedNs() + shiftNs,
                isOpen ? Long.MAX_VALUE : operation.returnedNs() + shiftNs);
    }
}
