package org.stoneware.election;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;

/**
 * Tries every order in which the first start of two servers can go, on the shipped classes: who starts first, whose connection is made
 * first or refused, every order of messages and evidence, lost messages, passing time and crashes, each up to a bound. A state met
 * before is not gone into again. Elections can't be copied, so every state is reached by repeating its steps.
 */
final class FirstStartExploration {
    private static final long ELECTION_TIME_NS = 5_000_000_000L;
    private static final long TICK_NS = 500_000_000L;
    private static final int FINISHING_ROUNDS = 120;

    private final PlantedFault fault;
    private final int drops;
    private final int ticks;
    private final int crashes;
    private final int maxStates;
    private final Set<Fingerprint> met = new HashSet<>();
    private int finished;

    FirstStartExploration(PlantedFault fault, int drops, int ticks, int crashes, int maxStates) {
        this.fault = fault;
        this.drops = drops;
        this.ticks = ticks;
        this.crashes = crashes;
        this.maxStates = maxStates;
    }

    int states() {
        return met.size();
    }

    /** Ends of histories, where the two servers were given peace and had to agree. */
    int finished() {
        return finished;
    }

    /**
     * @return true when everything within the bounds was tried, false when the number of states was.
     * @throws AssertionError with the steps that led to a violation.
     */
    boolean run() {
        ArrayDeque<int[]> open = new ArrayDeque<>();
        open.push(new int[0]);
        while (!open.isEmpty()) {
            int[] path = open.pop();
            World world = repeat(path);
            List<Integer> steps = world.enabled();
            if (steps.isEmpty()) {
                finish(world, path);
            }
            for (int step : steps) {
                int[] next = Arrays.copyOf(path, path.length + 1);
                next[path.length] = step;
                if (met.add(repeat(next).fingerprint())) {
                    open.push(next);
                }
            }
            if (met.size() >= maxStates) {
                return false;
            }
        }
        return true;
    }

    private World repeat(int[] path) {
        World world = new World();
        try {
            for (int step : path) {
                world.take(step);
            }
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + world.story(path), e);
        }
        return world;
    }

    private void finish(World world, int[] path) {
        finished++;
        try {
            world.finish();
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + world.story(path), e);
        }
    }

    private record Message(int from, int to, byte[] bytes) {}

    private enum Kind {
        START,
        ATTEMPT,
        EVIDENCE,
        HEARTBEAT,
        WORK,
        CRASH,
        MESSAGE,
        DROP
    }

    private final class World {
        private final MemoryRegisters registers = new MemoryRegisters(1, fault);
        private final Process[] processes = {new Process(0), new Process(1)};
        private final List<Message> messages = new ArrayList<>();
        private final Map<Long, Long> incarnationByEpoch = new HashMap<>();
        private long nowNs;
        private boolean isConnected;
        private int dropsLeft = drops;
        private int ticksLeft = ticks;
        private int crashesLeft = crashes;

        List<Integer> enabled() {
            List<Integer> steps = new ArrayList<>();
            for (Process process : processes) {
                boolean isOtherUp = processes[1 - process.id].election != null;
                boolean isUp = process.election != null;
                add(steps, !isUp, Kind.START, process.id);
                add(steps, isUp && !isConnected && (isOtherUp || process.refusals < 1), Kind.ATTEMPT, process.id);
                add(steps, isUp && !process.evidence.isEmpty(), Kind.EVIDENCE, process.id);
                add(steps, isUp && isConnected && process.isNews(), Kind.HEARTBEAT, process.id);
                add(steps, isUp && ticksLeft > 0, Kind.WORK, process.id);
                add(steps, isUp && crashesLeft > 0, Kind.CRASH, process.id);
            }
            for (int i = 0; i < messages.size(); i++) {
                steps.add(Kind.MESSAGE.ordinal() * 100 + i);
                add(steps, dropsLeft > 0, Kind.DROP, i);
            }
            return steps;
        }

        private void add(List<Integer> steps, boolean isEnabled, Kind kind, int argument) {
            if (isEnabled) {
                steps.add(kind.ordinal() * 100 + argument);
            }
        }

        void take(int step) {
            int argument = step % 100;
            switch (Kind.values()[step / 100]) {
                case START -> processes[argument].start();
                case ATTEMPT -> attempt(processes[argument], processes[1 - argument]);
                case EVIDENCE -> processes[argument].learn();
                case HEARTBEAT -> processes[argument].tell(Evidence.Kind.HEARTBEAT, false);
                case WORK -> {
                    ticksLeft--;
                    nowNs += TICK_NS;
                    processes[argument].election.doWork(nowNs);
                }
                case CRASH -> {
                    crashesLeft--;
                    processes[argument].crash();
                }
                case MESSAGE -> receive(messages.remove(argument));
                case DROP -> {
                    dropsLeft--;
                    messages.remove(argument);
                }
            }
            check(!(processes[0].isActive() && processes[1].isActive()), "both are active");
        }

        private void attempt(Process caller, Process callee) {
            if (callee.election == null) {
                caller.refusals++;
                caller.evidence.add(new Evidence(Evidence.Kind.REFUSED, callee.id, 0, ServerRole.START, 0, 0));
            } else {
                isConnected = true;
                callee.tell(Evidence.Kind.HELLO, false);
                caller.tell(Evidence.Kind.HELLO, true);
            }
        }

        private void receive(Message message) {
            RegisterElection election = processes[message.to].election;
            if (election != null) {
                election.onMessage(message.from, new UnsafeBuffer(message.bytes), 0, message.bytes.length, nowNs);
            }
        }

        /** Peace: everyone runs, everything arrives, time passes. Then exactly one is active and the other beside it. */
        void finish() {
            for (int round = 0; round < FINISHING_ROUNDS; round++) {
                for (Process process : processes) {
                    if (process.election == null) {
                        process.start();
                    }
                }
                if (!isConnected) {
                    attempt(processes[0], processes[1]);
                }
                for (Process process : processes) {
                    process.tell(Evidence.Kind.HEARTBEAT, false);
                    while (!process.evidence.isEmpty()) {
                        process.learn();
                    }
                }
                while (!messages.isEmpty()) {
                    receive(messages.remove(0));
                }
                nowNs += TICK_NS / 8;
                processes[0].election.doWork(nowNs);
                processes[1].election.doWork(nowNs);
                check(!(processes[0].isActive() && processes[1].isActive()), "both are active");
            }
            int active = processes[0].isActive() ? 0 : 1;
            boolean isAgreed = processes[active].isActive()
                    && processes[1 - active].view.role() == ServerRole.PASSIVE_UNINITIALIZED
                    && processes[1 - active].view.activeId() == active;
            check(isAgreed, "not one active with the other beside it");
        }

        private void check(boolean isTrue, String what) {
            if (!isTrue) {
                throw new AssertionError(what + ": " + processes[0].view + " " + processes[1].view);
            }
        }

        String story(int[] path) {
            StringBuilder story = new StringBuilder("\nsteps:");
            for (int step : path) {
                story.append(' ').append(Kind.values()[step / 100]).append(step % 100);
            }
            return story.toString();
        }

        Fingerprint fingerprint() {
            StringBuilder text = new StringBuilder(4096);
            text.append(isConnected).append(dropsLeft).append(ticksLeft).append(crashesLeft);
            for (Process process : processes) {
                text.append('|')
                        .append(process.election)
                        .append(process.evidence)
                        .append(process.told);
                text.append(process.refusals);
            }
            // Messages may be taken in any order, so their own order says nothing.
            int sum = 0;
            for (Message message : messages) {
                sum += 31 * Arrays.hashCode(message.bytes) + message.to + 1;
            }
            text.append(sum);
            return Fingerprint.of(text);
        }

        private final class Process implements ElectionOutput {
            private final int id;
            private final ArrayDeque<Evidence> evidence = new ArrayDeque<>();
            private RegisterElection election;
            private ElectionView view;
            private ElectionView told;
            private long incarnation;
            private int refusals;
            private int starts;

            Process(int id) {
                this.id = id;
            }

            void start() {
                incarnation = 100 * (id + 1) + ++starts;
                told = null;
                refusals = 0;
                election = registers.openRegister(
                        new ElectionContext(
                                id,
                                List.of("Server1", "Server2"),
                                incarnation,
                                ELECTION_TIME_NS,
                                Path.of("server-" + id),
                                false),
                        this);
                view = election.view();
            }

            void crash() {
                election = null;
                evidence.clear();
                if (isConnected) {
                    isConnected = false;
                    processes[1 - id].evidence.add(
                            new Evidence(Evidence.Kind.CLOSED, id, incarnation, ServerRole.START, 0, 0));
                }
            }

            /** Whether the other has not yet been told this role and epoch; a changed reason is no news. */
            boolean isNews() {
                return told == null || told.role() != view.role() || told.epoch() != view.epoch();
            }

            boolean isActive() {
                return election != null && view.role() == ServerRole.ACTIVE_COORDINATOR;
            }

            void learn() {
                election.onEvidence(evidence.remove(), nowNs);
            }

            /** Queues what this process says of itself now for the other. */
            void tell(Evidence.Kind kind, boolean isBare) {
                told = isBare ? null : view;
                processes[1 - id].evidence.add(new Evidence(
                        kind, id, incarnation, isBare ? ServerRole.START : view.role(), isBare ? 0 : view.epoch(), 0));
            }

            @Override
            public void send(int memberId, DirectBuffer buffer, int offset, int length) {
                byte[] bytes = new byte[length];
                buffer.getBytes(offset, bytes);
                messages.add(new Message(id, memberId, bytes));
            }

            @Override
            public void onView(ElectionView before, ElectionView now) {
                view = now;
                boolean isActivation = now.role() == ServerRole.ACTIVE_COORDINATOR
                        && (before.role() != now.role() || before.epoch() != now.epoch());
                if (isActivation) {
                    Long other = incarnationByEpoch.put(now.epoch(), incarnation);
                    check(other == null, "second to be active in its epoch");
                }
            }
        }
    }
}
