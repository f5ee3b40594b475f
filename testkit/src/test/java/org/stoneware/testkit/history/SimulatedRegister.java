package org.stoneware.testkit.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Clients of one true register per session, on time that is drawn: what they see can always be ordered. */
final class SimulatedRegister {
    private final Random random;
    private final History.Recorder recorder;
    private final String session;
    private final int kinds;
    private final boolean isPlain;
    private final List<Step> late = new ArrayList<>();
    private long value;
    private long writes;
    private long nowNs;

    private static final class Step {
        final History.Call call;

        final OperationKind kind;
        final long argument;
        long answer;
        boolean isApplied;
        boolean isMismatch;

        Step(OperationKind kind, long argument, History.Call call) {
            this.kind = kind;
            this.argument = argument;
            this.call = call;
        }
    }

    private SimulatedRegister(Random random, History.Recorder recorder, String session, boolean isPlain) {
        this.isPlain = isPlain;
        this.random = random;
        this.recorder = recorder;
        this.session = session;
        kinds = isPlain ? 0 : random.nextInt(3);
    }

    /** A history of the given number of sessions, operations in each, and clients at once in each; some are not answered. */
    static History history(long seed, int sessions, int operations, int clients) {
        return history(seed, sessions, operations, clients, false);
    }

    /** The same; plain ones only read and count, and every operation is answered. */
    static History history(long seed, int sessions, int operations, int clients, boolean isPlain) {
        Random random = new Random(seed);
        History.Recorder recorder = new History.Recorder();
        for (int i = 0; i < sessions; i++) {
            new SimulatedRegister(random, recorder, "s" + i, isPlain).run(operations, clients);
        }
        return recorder.history();
    }

    private void run(int operations, int clients) {
        Step[] steps = new Step[clients];
        int left = operations;
        int busy = 0;
        while (left > 0 || busy > 0) {
            nowNs += random.nextInt(4);
            applyLate();
            int client = random.nextInt(clients);
            Step step = steps[client];
            if (step == null) {
                if (left > 0) {
                    steps[client] = begin("T" + client % 2);
                    left--;
                    busy++;
                }
            } else if (step.isApplied || !isPlain && random.nextInt(10) == 0) {
                end(step);
                steps[client] = null;
                busy--;
            } else {
                apply(step);
            }
        }
    }

    private Step begin(String tomcat) {
        OperationKind kind =
                switch (kinds) {
                    case 0 -> random.nextInt(3) == 0 ? OperationKind.READ : OperationKind.INCREMENT;
                    case 1 -> random.nextInt(2) == 0 ? OperationKind.READ : OperationKind.WRITE;
                    default -> OperationKind.values()[random.nextInt(4)];
                };
        long argument =
                switch (kind) {
                    case READ, INCREMENT -> 0;
                    case WRITE -> kinds == 1 ? ++writes : random.nextInt(5);
                    case COMPARE_AND_INCREMENT -> value + random.nextInt(2);
                };
        History.Call call =
                switch (kind) {
                    case READ -> recorder.read(session, tomcat, nowNs);
                    case INCREMENT -> recorder.increment(session, tomcat, nowNs);
                    case WRITE -> recorder.write(session, tomcat, argument, nowNs);
                    case COMPARE_AND_INCREMENT -> recorder.compareAndIncrement(session, tomcat, argument, nowNs);
                };
        return new Step(kind, argument, call);
    }

    private void apply(Step step) {
        step.isApplied = true;
        step.isMismatch = step.kind == OperationKind.COMPARE_AND_INCREMENT && value != step.argument;
        switch (step.kind) {
            case READ -> {}
            case WRITE -> value = step.argument;
            case INCREMENT -> value++;
            case COMPARE_AND_INCREMENT -> value += step.isMismatch ? 0 : 1;
        }
        step.answer = value;
    }

    /** An operation that has not been applied yet fails, or times out and is applied later or never. */
    private void end(Step step) {
        History.Call call = step.call;
        if (!step.isApplied && random.nextBoolean()) {
            call.failed(nowNs);
        } else if (!step.isApplied) {
            call.unknown(nowNs);
            late.add(step);
        } else if (!isPlain && random.nextInt(20) == 0) {
            call.unknown(nowNs);
        } else if (step.isMismatch) {
            call.mismatched(step.answer, nowNs);
        } else {
            call.ok(step.answer, nowNs);
        }
    }

    private void applyLate() {
        if (!late.isEmpty() && random.nextInt(30) == 0) {
            apply(late.remove(random.nextInt(late.size())));
        }
    }
}
