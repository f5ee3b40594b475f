package org.stoneware.testkit.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Everything clients saw of some sessions, for {@link HistoryChecker}. Immutable; made by a {@link Recorder}.
 * <p>
 * All times are of one monotonic clock, so clients on several machines cannot be put into one history.
 */
public final class History {
    private final Map<String, List<Operation>> bySession = new TreeMap<>();
    private final Map<String, Long> initialValues;
    private final int size;
    private final long startNs;

    /**
     * @param operations     in any order.
     * @param initialValues  values sessions had before the first operation; 0 for those not named.
     */
    History(List<Operation> operations, Map<String, Long> initialValues) {
        for (Operation operation : operations) {
            bySession
                    .computeIfAbsent(operation.session(), session -> new ArrayList<>())
                    .add(operation);
        }
        this.initialValues = Map.copyOf(initialValues);
        size = operations.size();
        startNs = operations.stream().mapToLong(Operation::invokedNs).min().orElse(0);
    }

    public int size() {
        return size;
    }

    /** Operations by session; sessions in the order of their names, operations in the order of recording. */
    Map<String, List<Operation>> bySession() {
        return Collections.unmodifiableMap(bySession);
    }

    long initialValue(String session) {
        return initialValues.getOrDefault(session, 0L);
    }

    /** Time of the first invocation; what printed times count from. */
    long startNs() {
        return startNs;
    }

    /**
     * Writes down operations while clients make them.
     * <p>
     * <b>Threading:</b> any number of clients at once; a {@link Call} belongs to one of them until it is ended. Time is
     * passed in: take it just before sending and just after the answer, never earlier or later than that.
     * <p>
     * A request that a client or a proxy may have sent twice is two operations: begin a second one and leave it without an answer.
     * <p>
     * <b>Limits:</b> {@value #MAX_OPERATIONS} operations.
     * <p>
     * <b>Failure:</b> a call that is never ended, because its client died or threw, is recorded as UNKNOWN.
     */
    public static final class Recorder {
        /** More is refused: a history is held in memory. */
        public static final int MAX_OPERATIONS = 5_000_000;

        private final AtomicInteger numbers = new AtomicInteger();
        private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
        private final Map<String, Long> initialValues = new ConcurrentHashMap<>();

        /** States the value a session had before the first recorded operation; without it, 0. */
        public Recorder initially(String session, long value) {
            initialValues.put(session, value);
            return this;
        }

        public Call read(String session, String tomcat, long nowNs) {
            return begin(session, tomcat, OperationKind.READ, 0, nowNs);
        }

        public Call write(String session, String tomcat, long value, long nowNs) {
            return begin(session, tomcat, OperationKind.WRITE, value, nowNs);
        }

        /** For a counter page: the answer is the value after the increment. */
        public Call increment(String session, String tomcat, long nowNs) {
            return begin(session, tomcat, OperationKind.INCREMENT, 0, nowNs);
        }

        public Call compareAndIncrement(String session, String tomcat, long expected, long nowNs) {
            return begin(session, tomcat, OperationKind.COMPARE_AND_INCREMENT, expected, nowNs);
        }

        /** What has been recorded so far; calls still open count as UNKNOWN. */
        public History history() {
            List<Operation> operations = new ArrayList<>();
            for (Call call : calls) {
                operations.add(call.operation());
            }
            return new History(operations, initialValues);
        }

        private Call begin(String session, String tomcat, OperationKind kind, long argument, long nowNs) {
            int number = numbers.incrementAndGet();
            if (number > MAX_OPERATIONS) {
                throw new IllegalStateException("history is full: operations=" + MAX_OPERATIONS);
            }
            Call call = new Call(
                    new Operation(number, session, tomcat, kind, argument, Outcome.UNKNOWN, 0, nowNs, Long.MAX_VALUE));
            calls.add(call);
            return call;
        }
    }

    /** An operation on its way; ended once by one of its methods. */
    public static final class Call {
        private final Operation open;
        private volatile @Nullable Operation ended;
        private volatile String tomcat;

        private Call(Operation open) {
            this.open = open;
            tomcat = open.tomcat();
        }

        /** Names the Tomcat once the answer tells it: behind a proxy nobody knows it when asking. */
        public Call answeredBy(String tomcat) {
            this.tomcat = tomcat;
            return this;
        }

        /**
         * It was answered.
         *
         * @param answer  the value read, or the value after the change.
         */
        public void ok(long answer, long nowNs) {
            end(open.kind(), Outcome.OK, answer, nowNs);
        }

        /** A compare-and-increment was answered: nothing done, since another value was there. The same as reading that value. */
        public void mismatched(long seen, long nowNs) {
            if (open.kind() != OperationKind.COMPARE_AND_INCREMENT || seen == open.argument()) {
                throw new IllegalStateException("no mismatch: kind=" + open.kind() + " seen=" + seen);
            }
            end(OperationKind.READ, Outcome.OK, seen, nowNs);
        }

        /** It has certainly had no effect and will have none. */
        public void failed(long nowNs) {
            end(open.kind(), Outcome.FAILED, 0, nowNs);
        }

        /** Nobody can say whether it has had or will have an effect: a time-out, a broken connection, an error page. */
        public void unknown(long nowNs) {
            end(open.kind(), Outcome.UNKNOWN, 0, nowNs);
        }

        private void end(OperationKind kind, Outcome outcome, long answer, long nowNs) {
            if (ended != null) {
                throw new IllegalStateException("ended twice: number=" + open.number());
            }
            if (kind == OperationKind.WRITE && outcome == Outcome.OK && answer != open.argument()) {
                throw new IllegalArgumentException("a write answers what it wrote: number=" + open.number());
            }
            ended = new Operation(
                    open.number(),
                    open.session(),
                    tomcat,
                    kind,
                    kind == OperationKind.READ ? 0 : open.argument(),
                    outcome,
                    answer,
                    open.invokedNs(),
                    nowNs);
        }

        private Operation operation() {
            Operation operation = ended;
            return operation == null ? open : operation;
        }
    }
}
