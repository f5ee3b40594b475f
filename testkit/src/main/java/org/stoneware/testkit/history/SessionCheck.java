package org.stoneware.testkit.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The check of one session, and the explanation of what it finds. */
final class SessionCheck {
    private static final int MAX_BEFORE = 3;
    private static final int MAX_WAYS = 4;

    /** Tries to leave one read out of an explanation; each searches the session again. */
    private static final int MAX_REMOVALS = 32;

    private final History history;
    private final String session;
    private final List<Operation> operations;
    private final SearchBudget budget;
    private @Nullable Violation violation;
    private String undecided = "";

    SessionCheck(History history, String session, SearchBudget budget) {
        this.history = history;
        this.session = session;
        this.operations = Objects.requireNonNull(history.bySession().get(session));
        this.budget = budget;
    }

    Verdict run() {
        violation = new SessionOrder(session, operations, history.initialValue(session), history.startNs()).find();
        if (violation != null) {
            return Verdict.VIOLATED;
        }
        RegisterSearch search = search(operations);
        Verdict verdict = search.run();
        if (verdict == Verdict.VIOLATED) {
            violation = explain(search);
        }
        undecided = search.undecided();
        return verdict;
    }

    Violation violation() {
        return Objects.requireNonNull(violation);
    }

    String undecided() {
        return undecided;
    }

    /** Leaves out overlapping reads without which the operation can still not be placed: fewer reads only allow more orders. */
    private Violation explain(RegisterSearch found) {
        Operation unplaceable = Objects.requireNonNull(found.unplaceable());
        List<Operation> needed = new ArrayList<>(operations);
        RegisterSearch search = found;
        int tries = 0;
        for (Operation operation : operations) {
            if (operation.isUpdate() || operation == unplaceable || !overlap(operation, unplaceable)) {
                continue;
            }
            if (++tries > MAX_REMOVALS) {
                break;
            }
            List<Operation> fewer = new ArrayList<>(needed);
            fewer.remove(operation);
            RegisterSearch again = search(fewer);
            if (again.run() == Verdict.VIOLATED && again.unplaceable() == unplaceable) {
                needed = fewer;
                search = again;
            }
        }
        return violation(needed, search, unplaceable);
    }

    private Violation violation(List<Operation> needed, RegisterSearch search, Operation unplaceable) {
        List<Operation> before = needed.stream()
                .filter(operation -> operation.isBefore(unplaceable))
                .sorted(Comparator.comparingLong(Operation::returnedNs))
                .toList();
        List<Operation> during = needed.stream()
                .filter(operation -> operation != unplaceable && overlap(operation, unplaceable))
                .sorted(Comparator.comparingLong(Operation::invokedNs))
                .toList();
        List<String> ways = search.waysBefore(MAX_WAYS);
        String reason = "no order of its operations explains #" + unplaceable.number() + "; when it was sent: "
                + (ways.isEmpty() ? "too many possibilities to list" : String.join(", or ", ways))
                + (ways.size() == MAX_WAYS ? ", or more" : "");
        return new Violation(
                session,
                reason,
                before.subList(Math.max(0, before.size() - MAX_BEFORE), before.size()),
                during,
                unplaceable,
                history.startNs());
    }

    private RegisterSearch search(List<Operation> some) {
        return new RegisterSearch(some, history.initialValue(session), budget);
    }

    /** Whether the operation may take effect while the other is open. */
    private static boolean overlap(Operation operation, Operation other) {
        return operation.outcome() != Outcome.FAILED
                && (operation.isAnswered() || operation.isUpdate())
                && operation.invokedNs() <= other.returnedNs()
                && !operation.isBefore(other);
    }
}
