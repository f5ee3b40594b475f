package org.stoneware.testkit.history;

import java.util.Locale;

/**
 * One operation of one client on one session, as the client saw it.
 *
 * @param number      its place in the order of recording; unique in its history.
 * @param session     whose register it uses.
 * @param tomcat      who answered it, or was asked.
 * @param kind        what it does.
 * @param argument    value to write, or to compare with; 0 for kinds without one.
 * @param outcome     what is known of its end.
 * @param answer      value of the register the answer shows: as read, or after the change; 0 unless the outcome is OK.
 * @param invokedNs   monotonic time just before it was sent.
 * @param returnedNs  monotonic time just after its end was known; {@link Long#MAX_VALUE} if it never was.
 */
public record Operation(
        int number,
        String session,
        String tomcat,
        OperationKind kind,
        long argument,
        Outcome outcome,
        long answer,
        long invokedNs,
        long returnedNs) {
    private static final double NANOS_PER_MS = 1e6;

    public Operation {
        if (returnedNs < invokedNs) {
            throw new IllegalArgumentException(
                    "an operation does not end before it begins: invokedNs=" + invokedNs + " returnedNs=" + returnedNs);
        }
    }

    boolean isAnswered() {
        return outcome == Outcome.OK;
    }

    boolean isUpdate() {
        return kind != OperationKind.READ;
    }

    /** Whether its answer was in hand before the other was sent. Equal times leave the order open. */
    boolean isBefore(Operation other) {
        return isAnswered() && returnedNs < other.invokedNs;
    }

    /** Whether it can take effect on this value and give the answer it gave, if it gave one. */
    boolean fits(long value) {
        return switch (kind) {
            case READ -> value == answer;
            case WRITE -> true;
            case INCREMENT -> !isAnswered() || value + 1 == answer;
            case COMPARE_AND_INCREMENT -> value == argument && (!isAnswered() || value + 1 == answer);
        };
    }

    /** The value it leaves where it {@linkplain #fits(long) fits}. */
    long after(long value) {
        return switch (kind) {
            case READ -> value;
            case WRITE -> argument;
            case INCREMENT, COMPARE_AND_INCREMENT -> value + 1;
        };
    }

    /** One line for people; times are in milliseconds since {@code startNs}. */
    String line(long startNs) {
        String returned = returnedNs == Long.MAX_VALUE ? "never" : milliseconds(returnedNs - startNs);
        String what = kind.word()
                + (kind == OperationKind.WRITE || kind == OperationKind.COMPARE_AND_INCREMENT ? " " + argument : "");
        return String.format(
                Locale.ROOT,
                "#%-5d %12s .. %12s  Tomcat %-4s %s -> %s",
                number,
                milliseconds(invokedNs - startNs),
                returned,
                tomcat,
                what,
                switch (outcome) {
                    case OK -> Long.toString(answer);
                    case FAILED -> "failed";
                    case UNKNOWN -> "unknown";
                });
    }

    private static String milliseconds(long ns) {
        return String.format(Locale.ROOT, "%.3f ms", ns / NANOS_PER_MS);
    }
}
