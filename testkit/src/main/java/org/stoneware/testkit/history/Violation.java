package org.stoneware.testkit.history;

import java.util.ArrayList;
import java.util.List;

/**
 * The operations of one session that no order explains, as few as could be found.
 *
 * @param session      the session.
 * @param reason       why the last one cannot be placed.
 * @param before       operations that had ended when it was sent; the latest, not all.
 * @param during       operations that overlap it, or had no answer, and do not help.
 * @param unplaceable  the first operation, in the order of returns, for which there is no place.
 * @param startNs      what the printed times count from.
 */
public record Violation(
        String session,
        String reason,
        List<Operation> before,
        List<Operation> during,
        Operation unplaceable,
        long startNs) {
    private static final int MAX_LINES = 20;

    /** For people: a line with the reason, then one line an operation. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("session " + session + ": " + reason);
        append(text, "had ended before", before);
        append(text, "at the same time or unanswered", during);
        append(text, "cannot be placed", List.of(unplaceable));
        return text.toString();
    }

    /** All operations named, in the order they are printed. */
    public List<Operation> operations() {
        List<Operation> all = new ArrayList<>(before);
        all.addAll(during);
        all.add(unplaceable);
        return all;
    }

    private void append(StringBuilder text, String title, List<Operation> operations) {
        if (!operations.isEmpty()) {
            text.append("\n  ").append(title).append(':');
            operations.stream().limit(MAX_LINES).forEach(operation -> text.append("\n    ")
                    .append(operation.line(startNs)));
            if (operations.size() > MAX_LINES) {
                text.append("\n    and ").append(operations.size() - MAX_LINES).append(" more");
            }
        }
    }
}
