package org.stoneware.testkit.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds what two or three operations of a session show to be wrong: an answer older than one some Tomcat had given before, one
 * change answered twice, a value nobody wrote. It asks for no search, and its explanations are the shortest.
 * <p>
 * It looks only where a value tells which change made it: sessions that are only counted up, and sessions whose writes all write
 * different values. There, everything it finds is a violation; what it does not find is left to {@link RegisterSearch}.
 */
final class SessionOrder {
    private final String session;
    private final List<Operation> operations;
    private final long initialValue;
    private final long startNs;

    SessionOrder(String session, List<Operation> operations, long initialValue, long startNs) {
        this.session = session;
        this.operations = operations.stream()
                .filter(operation -> operation.outcome() != Outcome.FAILED)
                .toList();
        this.initialValue = initialValue;
        this.startNs = startNs;
    }

    /** The first violation found; null if there is none to be seen without a search. */
    @Nullable
    Violation find() {
        boolean hasWrites = operations.stream().anyMatch(operation -> operation.kind() == OperationKind.WRITE);
        if (!hasWrites) {
            Violation doubled = findAnsweredTwice();
            return doubled != null ? doubled : findCountedBack();
        }
        Map<Long, Operation> writers = writersByValue();
        return writers == null ? null : findWrongReads(writers);
    }

    private @Nullable Violation findAnsweredTwice() {
        Map<Long, Operation> byAnswer = new HashMap<>();
        for (Operation operation : operations) {
            if (operation.isAnswered() && operation.isUpdate()) {
                Operation other = byAnswer.putIfAbsent(operation.answer(), operation);
                if (other != null) {
                    boolean isFirst = operation.returnedNs() < other.returnedNs();
                    Operation earlier = isFirst ? operation : other;
                    Operation later = isFirst ? other : operation;
                    String reason = "an update is lost: #" + later.number() + " answered " + later.answer() + " as #"
                            + earlier.number() + " did";
                    return earlier.isBefore(later)
                            ? violation(reason, List.of(earlier), List.of(), later)
                            : violation(reason, List.of(), List.of(earlier), later);
                }
            }
        }
        return null;
    }

    /** A session that is only counted up never shows less than it has shown. */
    private @Nullable Violation findCountedBack() {
        List<Operation> returned = answered(Comparator.comparingLong(Operation::returnedNs));
        int next = 0;
        Operation highest = null;
        for (Operation operation : answered(Comparator.comparingLong(Operation::invokedNs))) {
            while (returned.get(next).isBefore(operation)) {
                Operation earlier = returned.get(next++);
                highest = highest == null || earlier.answer() > highest.answer() ? earlier : highest;
            }
            long before = highest == null ? initialValue : Math.max(initialValue, highest.answer());
            if (operation.answer() < before || operation.isUpdate() && operation.answer() == before) {
                return highest == null || highest.answer() < initialValue
                        ? violation("less than it began with, " + initialValue, List.of(), List.of(), operation)
                        : stale(operation, highest);
            }
        }
        return null;
    }

    /** The write of each value; null if a value does not tell its write. */
    private @Nullable Map<Long, Operation> writersByValue() {
        Map<Long, Operation> writers = new HashMap<>();
        for (Operation operation : operations) {
            if (operation.isUpdate()
                    && (operation.kind() != OperationKind.WRITE
                            || operation.argument() == initialValue
                            || writers.putIfAbsent(operation.argument(), operation) != null)) {
                return null;
            }
        }
        return writers;
    }

    private @Nullable Violation findWrongReads(Map<Long, Operation> writers) {
        for (Operation read : answered(Comparator.comparingLong(Operation::invokedNs))) {
            Operation writer = writers.get(read.answer());
            if (read.isUpdate() || read.answer() == initialValue) {
                continue;
            }
            if (writer == null) {
                return violation("a value nobody wrote: " + read.answer(), List.of(), List.of(), read);
            }
            if (read.returnedNs() < writer.invokedNs()) {
                return violation("read before its write was sent", List.of(read), List.of(), writer);
            }
        }
        return findOverwritten();
    }

    /** A value that had been there, and then certainly another one, does not come back. */
    private @Nullable Violation findOverwritten() {
        Map<Long, Long> firstShownNs = new HashMap<>();
        firstShownNs.put(initialValue, Long.MIN_VALUE);
        List<Operation> returned = answered(Comparator.comparingLong(Operation::returnedNs));
        returned.forEach(
                operation -> firstShownNs.merge(operation.answer(), operation.returnedNs(), (a, b) -> Math.min(a, b)));
        int next = 0;
        Operation last = null;
        Operation lastOfOtherValue = null;
        for (Operation read : answered(Comparator.comparingLong(Operation::invokedNs))) {
            while (returned.get(next).isBefore(read)) {
                Operation earlier = returned.get(next++);
                if (last == null || earlier.invokedNs() > last.invokedNs()) {
                    lastOfOtherValue = last == null || last.answer() == earlier.answer() ? lastOfOtherValue : last;
                    last = earlier;
                } else if (earlier.answer() != last.answer()
                        && (lastOfOtherValue == null || earlier.invokedNs() > lastOfOtherValue.invokedNs())) {
                    lastOfOtherValue = earlier;
                }
            }
            Operation newer = last != null && last.answer() == read.answer() ? lastOfOtherValue : last;
            Long shownNs = firstShownNs.get(read.answer());
            if (!read.isUpdate() && newer != null && shownNs != null && newer.invokedNs() > shownNs) {
                return stale(read, newer);
            }
        }
        return null;
    }

    private List<Operation> answered(Comparator<Operation> order) {
        List<Operation> answered = new ArrayList<>(operations);
        answered.removeIf(operation -> !operation.isAnswered());
        answered.sort(order);
        return answered;
    }

    private Violation stale(Operation operation, Operation newer) {
        String reason = operation.isUpdate() ? "an update is lost: #" : "a stale answer: #";
        return violation(
                reason + operation.number() + " answered " + operation.answer() + " on Tomcat " + operation.tomcat()
                        + " after #" + newer.number() + " had answered " + newer.answer() + " on Tomcat "
                        + newer.tomcat(),
                List.of(newer),
                List.of(),
                operation);
    }

    private Violation violation(String reason, List<Operation> before, List<Operation> during, Operation unplaceable) {
        return new Violation(session, reason, before, during, unplaceable, startNs);
    }
}
