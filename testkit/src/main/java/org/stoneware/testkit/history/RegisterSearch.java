package org.stoneware.testkit.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Searches for an order of one session's operations that a single register would have answered the same way, in which each
 * operation takes effect between its invocation and its return.
 * <p>
 * The search is that of J. M. Wing and C. Gong, "Testing and Verifying Concurrent Objects", Journal of Parallel and Distributed
 * Computing 17, 1993, with the just-in-time linearization and the memory of configurations of G. Lowe, "Testing for
 * linearizability", Concurrency and Computation: Practice and Experience 29(4), 2017: events are taken in the order of time,
 * together with all {@linkplain Configuration ways things may stand}; an operation takes effect only when a return asks for it.
 * When a return leaves no way, the operation that returned cannot be placed.
 * <p>
 * These rules keep the number of ways small and lose none. A read takes effect as soon as it can, since it changes nothing.
 * Operations without an answer never return; those that do the same count as one class. Of two ways that differ only in how many
 * of these they have used, the one that has used fewer is kept. Of two writes without an answer and nothing between them, the first
 * is left out.
 */
final class RegisterSearch {
    /** Answered operations of one session that may overlap; they are bits of a long. */
    static final int MAX_OVERLAPPING = Long.SIZE;

    /** Larger sets of ways are not kept for the explanation. */
    private static final int MAX_REMEMBERED = 1000;

    private record Event(long timeNs, boolean isReturn, Operation operation) {}

    private record UnknownClass(OperationKind kind, long argument) {}

    private final List<Event> events = new ArrayList<>();
    private final SearchBudget budget;

    /** By slot; null where free. */
    private final @Nullable Operation[] open = new Operation[MAX_OVERLAPPING];

    /** By slot: how things might stand when the operation was sent. For the explanation. */
    private final @Nullable ConfigurationSet[] whenSent = new ConfigurationSet[MAX_OVERLAPPING];

    private final Map<Integer, Integer> slots = new HashMap<>();
    private final Map<UnknownClass, Integer> unknownClasses = new HashMap<>();
    private final List<Operation> unknowns = new ArrayList<>();
    private final List<Integer> unknownCounts = new ArrayList<>();
    private ConfigurationSet ways;
    private @Nullable Operation unplaceable;
    private String undecided = "";
    private int unplaceableSlot;

    /** No slot from here on has ever been taken. */
    private int slotLimit;

    /**
     * @param operations  of one session, in any order.
     * @param budget      what the search may use; shared with others.
     */
    RegisterSearch(List<Operation> operations, long initialValue, SearchBudget budget) {
        this.budget = budget;
        for (Operation operation : operations) {
            if (operation.isAnswered()) {
                events.add(new Event(operation.invokedNs(), false, operation));
                events.add(new Event(operation.returnedNs(), true, operation));
            } else if (operation.outcome() == Outcome.UNKNOWN && operation.isUpdate()) {
                events.add(new Event(operation.invokedNs(), false, operation));
            }
        }
        // At equal times invocations come first: what may have overlapped counts as overlapping.
        events.sort(Comparator.comparingLong(Event::timeNs)
                .thenComparing(Event::isReturn)
                .thenComparingInt(event -> event.operation().number()));
        ways = new ConfigurationSet(budget);
        ways.add(new Configuration(0, initialValue, new int[0]));
    }

    /** Searches to the end, to the first operation that cannot be placed, or until the budget is spent. */
    Verdict run() {
        for (Event event : events) {
            Operation operation = event.operation();
            if (event.isReturn()) {
                onReturn(operation);
            } else if (operation.isAnswered()) {
                onInvocation(operation);
            } else {
                onUnknown(operation);
            }
            if (undecided.isEmpty() && budget.isSpent()) {
                undecided = budget.reason();
            }
            if (!undecided.isEmpty()) {
                return Verdict.UNDECIDED;
            }
            if (ways.isEmpty()) {
                unplaceable = operation;
                return Verdict.VIOLATED;
            }
        }
        return Verdict.OK;
    }

    /** Why there is no verdict. */
    String undecided() {
        return undecided;
    }

    /** The operation whose return left no way; null unless violated. */
    @Nullable
    Operation unplaceable() {
        return unplaceable;
    }

    /** How things might stand when the unplaceable operation was sent: the value, and which updates still open had taken effect. */
    List<String> waysBefore(int limit) {
        List<String> lines = new ArrayList<>();
        ConfigurationSet sent = whenSent[unplaceableSlot];
        if (sent == null) {
            return lines;
        }
        sent.forEach(way -> {
            StringBuilder line = new StringBuilder("value " + way.value);
            for (int slot = 0; slot < slotLimit; slot++) {
                Operation operation = open[slot];
                if (way.has(slot) && operation != null && operation.isUpdate()) {
                    line.append(" with #").append(operation.number()).append(" in effect");
                }
            }
            if (lines.size() < limit && !lines.contains(line.toString())) {
                lines.add(line.toString());
            }
        });
        return lines;
    }

    private void onInvocation(Operation operation) {
        int slot = 0;
        while (slot < MAX_OVERLAPPING && open[slot] != null) {
            slot++;
        }
        if (slot == MAX_OVERLAPPING) {
            undecided = "more than " + MAX_OVERLAPPING + " operations at once";
            return;
        }
        open[slot] = operation;
        slotLimit = Math.max(slotLimit, slot + 1);
        whenSent[slot] = ways.size() <= MAX_REMEMBERED ? ways : null;
        slots.put(operation.number(), slot);
        if (!operation.isUpdate()) {
            ConfigurationSet settled = new ConfigurationSet(budget);
            ways.forEach(way -> settled.add(way.with(withReads(way.taken, way.value), way.value)));
            ways = settled;
        }
    }

    private void onUnknown(Operation operation) {
        UnknownClass key = new UnknownClass(operation.kind(), operation.argument());
        Integer known = unknownClasses.putIfAbsent(key, unknowns.size());
        if (known == null) {
            unknowns.add(operation);
            unknownCounts.add(1);
        } else {
            unknownCounts.set(known, unknownCounts.get(known) + 1);
        }
    }

    /** Keeps the ways in which the operation has taken effect, and in the others lets open operations take effect until it has. */
    private void onReturn(Operation operation) {
        int slot = slots.remove(operation.number());
        ConfigurationSet reached = new ConfigurationSet(budget);
        ConfigurationSet tried = new ConfigurationSet(budget);
        Deque<Configuration> toTry = new ArrayDeque<>();
        ways.forEach(way -> sort(way, slot, reached, tried, toTry));
        while (!toTry.isEmpty() && !budget.isSpent()) {
            Configuration way = toTry.remove();
            for (int i = 0; i < slotLimit; i++) {
                Operation next = open[i];
                if (next != null && !way.has(i) && next.fits(way.value)) {
                    long value = next.after(way.value);
                    sort(way.with(withReads(way.taken | 1L << i, value), value), slot, reached, tried, toTry);
                }
            }
            for (int i = 0; i < unknowns.size(); i++) {
                Operation next = unknowns.get(i);
                long value = next.after(way.value);
                boolean isWrite = next.kind() == OperationKind.WRITE;
                // One that leaves the value as it is explains nothing, nor does one that hides a guess nobody has seen.
                if (way.used(i) < unknownCounts.get(i)
                        && next.fits(way.value)
                        && value != way.value
                        && !(isWrite && way.isUnseenGuess)) {
                    sort(way.withOneMore(i, isWrite, withReads(way.taken, value), value), slot, reached, tried, toTry);
                }
            }
            budget.spend(slotLimit + unknowns.size());
        }
        ways = reached;
        unplaceableSlot = slot;
        if (!reached.isEmpty()) {
            open[slot] = null;
        }
    }

    private static void sort(
            Configuration way, int slot, ConfigurationSet reached, ConfigurationSet tried, Deque<Configuration> toTry) {
        if (way.has(slot)) {
            reached.add(way.without(slot));
        } else if (tried.add(way)) {
            toTry.add(way);
        }
    }

    /** Adds the open reads that this value answers. */
    private long withReads(long taken, long value) {
        long more = taken;
        for (int i = 0; i < slotLimit; i++) {
            Operation operation = open[i];
            if (operation != null && !operation.isUpdate() && operation.fits(value)) {
                more |= 1L << i;
            }
        }
        return more;
    }
}
