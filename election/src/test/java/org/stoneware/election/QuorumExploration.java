package org.stoneware.election;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.Epoch;
import org.stoneware.voting.MemoryElectionStore;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterMessageCodec;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.Voter;
import org.stoneware.voting.VoterId;

/**
 * Tries every order in which two servers and some voters can change the register, on the classes that ship: the counting of a round,
 * the rules, the acceptor, the voter and the bytes between them. Only what decides when to try is left out: every server may try at
 * any moment, whether it makes sense or not. A question may be lost, its answer may be lost, and questions of the round before may
 * arrive late. Servers crash and come back with their memory, without it, or with it again; a Tomcat comes back as another voter.
 * <p>
 * Checked at every step: no two processes are active in one epoch, no acknowledged write is missing on a server that becomes active,
 * and none is acknowledged by an active of whose successor it is missing. A state met before is not gone into again. Nothing here can be
 * copied, so every state is reached by repeating its steps.
 */
final class QuorumExploration {
    private static final int WALK_STEPS = 60;

    private final QuorumFault fault;
    private final QuorumBounds bounds;
    private final Set<Fingerprint> met = new HashSet<>();
    private int[] first = new int[0];
    private String violation = "";

    QuorumExploration(QuorumFault fault, QuorumBounds bounds) {
        this.fault = fault;
        this.bounds = bounds;
    }

    /** What the walk that failed has done. */
    String violation() {
        return violation;
    }

    /** Goes one way only, told as a violation tells it. */
    void replay(String story) {
        after(story);
        repeat(first);
    }

    /** Everything is tried from there, told as a violation tells it, instead of from the start. */
    QuorumExploration after(String story) {
        first = QuorumStep.path(story);
        return this;
    }

    int states() {
        return met.size();
    }

    /** Returns whether everything within the bounds was tried; a violation tells the steps that led to it. */
    boolean run() {
        ArrayDeque<int[]> open = new ArrayDeque<>();
        open.add(first);
        while (!open.isEmpty()) {
            int[] path = open.remove();
            for (int step : repeat(path).enabled()) {
                int[] next = Arrays.copyOf(path, path.length + 1);
                next[path.length] = step;
                if (met.add(repeat(next).fingerprint())) {
                    open.add(next);
                }
            }
            if (met.size() >= bounds.maxStates()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Goes on at random instead: deeper than everything can be tried.
     *
     * @return walks without a violation before the first one, or all.
     */
    int walk(int walks) {
        for (int walk = 0; walk < walks; walk++) {
            SplittableRandom random = new SplittableRandom(walk);
            World world = new World();
            List<Integer> steps = world.enabled();
            StringBuilder story = new StringBuilder();
            try {
                for (int step = 0; step < WALK_STEPS && !steps.isEmpty(); step++) {
                    int next = steps.get(random.nextInt(steps.size()));
                    story.append(' ').append(QuorumStep.told(next));
                    world.take(next);
                    steps = world.enabled();
                }
            } catch (AssertionError e) {
                violation = e.getMessage() + "\nsteps:" + story;
                return walk;
            }
        }
        return walks;
    }

    private World repeat(int[] path) {
        World world = new World();
        try {
            for (int step : path) {
                world.take(step);
            }
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\nsteps: " + QuorumStep.told(path), e);
        }
        return world;
    }

    private final class World {
        private final Server[] servers = {new Server(0), new Server(1)};
        private final VoterNode[] voters = new VoterNode[bounds.voters()];
        private final Set<Integer> acknowledged = new TreeSet<>();
        private final java.util.Map<Long, Long> processByEpoch = new java.util.TreeMap<>();
        private int roundsLeft = bounds.rounds();
        private int crashesLeft = bounds.crashes();
        private int lossesLeft = bounds.losses();
        private int writesLeft = bounds.writes();
        private int seatChangesLeft = bounds.seatChanges();
        private int lostAnswersLeft = bounds.lostAnswers();
        private int lastWrite;
        private long lastId = 10;

        /** Both in sync; when seats are to be changed, only the first voter has one. */
        World() {
            int seated = bounds.seatChanges() > 0 ? 1 : bounds.voters();
            for (int i = 0; i < voters.length; i++) {
                voters[i] = new VoterNode(++lastId);
            }
            List<RegisterValue.Voter> all = new ArrayList<>();
            all.add(new RegisterValue.Voter(0, servers[0].acceptor.identity()));
            all.add(new RegisterValue.Voter(1, servers[1].acceptor.identity()));
            for (int i = 0; i < seated; i++) {
                all.add(new RegisterValue.Voter(RegisterValue.Voter.NOT_A_SERVER, voters[i].acceptor.identity()));
            }
            Ballot first = new Ballot(1, servers[0].acceptor.identity());
            RegisterValue value = new RegisterValue(
                    Epoch.of(1, 0, first.proposer()),
                    0,
                    List.of(servers[0].rules.own(), servers[1].rules.own()),
                    all,
                    0);
            servers[0].acceptor.accept(first, value);
            servers[1].acceptor.accept(first, value);
            servers[0].activate(first, value);
            servers[1].isStandby = true;
        }

        List<Integer> enabled() {
            List<Integer> steps = new ArrayList<>();
            for (Server server : servers) {
                int id = server.id;
                boolean mayBegin = roundsLeft > 0;
                add(steps, mayBegin && !server.isActive(), QuorumStep.LEAD, id);
                boolean isPair = server.inSync.size() > 1;
                boolean mayCopy = !servers[1 - id].isActive();
                add(steps, mayBegin && server.isActive() && (isPair || server.isPaused), QuorumStep.DROP, id);
                add(steps, mayBegin && server.isActive() && !isPair && mayCopy, QuorumStep.ADD, id);
                add(steps, mayBegin && server.isActive() && seatChangesLeft > 0, QuorumStep.RESEAT, id);
                add(steps, server.isActive() && writesLeft > 0, QuorumStep.WRITE, id);
                add(steps, crashesLeft > 0, QuorumStep.CRASH, id);
                add(steps, lossesLeft > 0, QuorumStep.LOSE, id);
                add(steps, server.away != null, QuorumStep.RESTORE, id);
                for (int other = 0; other < 2 + voters.length; other++) {
                    if (other != id && server.isAsking(identity(other))) {
                        steps.add(QuorumStep.ASK.ordinal() * 100 + 10 * id + other);
                        add(steps, lostAnswersLeft > 0, QuorumStep.ASK_IN_VAIN, 10 * id + other);
                    }
                    boolean isLate = server.lateValue != null && other != id && lostAnswersLeft > 0;
                    add(steps, isLate, QuorumStep.ASK_LATE, 10 * id + other);
                }
            }
            for (int i = 0; i < voters.length; i++) {
                add(steps, lossesLeft > 0, QuorumStep.RENEW, i);
            }
            return steps;
        }

        private void add(List<Integer> steps, boolean isEnabled, QuorumStep kind, int argument) {
            if (isEnabled) {
                steps.add(kind.ordinal() * 100 + argument);
            }
        }

        void take(int step) {
            int argument = step % 100;
            QuorumStep kind = QuorumStep.values()[step / 100];
            switch (kind) {
                case LEAD, DROP, ADD, RESEAT -> {
                    roundsLeft--;
                    seatChangesLeft -= kind == QuorumStep.RESEAT ? 1 : 0;
                    servers[argument].begin(kind);
                }
                case ASK -> ask(servers[argument / 10], argument % 10, true);
                case ASK_IN_VAIN -> {
                    lostAnswersLeft--;
                    ask(servers[argument / 10], argument % 10, false);
                }
                case ASK_LATE -> {
                    lostAnswersLeft--;
                    Server server = servers[argument / 10];
                    deliver(server, argument % 10, RegisterMessage.Type.ACCEPT, server.lateBallot, server.lateValue);
                }
                case WRITE -> write(servers[argument], servers[1 - argument]);
                case CRASH -> {
                    crashesLeft--;
                    servers[argument].restart(false);
                }
                case LOSE -> {
                    lossesLeft--;
                    servers[argument].restart(true);
                }
                case RESTORE -> servers[argument].restore();
                case RENEW -> {
                    lossesLeft--;
                    voters[argument] = new VoterNode(++lastId);
                }
            }
        }

        private VoterId identity(int node) {
            return node < 2 ? servers[node].acceptor.identity() : voters[node - 2].acceptor.identity();
        }

        /** One question to one node, and if it is not lost, its answer. */
        private void ask(Server server, int node, boolean isAnswerHeard) {
            boolean isPreparing = server.round.phase() == QuorumRound.Phase.PREPARING;
            RegisterMessage.Type type = isPreparing ? RegisterMessage.Type.PREPARE : RegisterMessage.Type.ACCEPT;
            RegisterMessage answer = deliver(server, node, type, server.round.ballot(), server.round.value());
            if (answer != null && isAnswerHeard) {
                server.onAnswer(node < 2 ? node : RegisterValue.Voter.NOT_A_SERVER, answer);
            }
        }

        private @Nullable RegisterMessage deliver(
                Server from, int node, RegisterMessage.Type type, Ballot ballot, @Nullable RegisterValue value) {
            RegisterMessage question =
                    new RegisterMessage(type, from.acceptor.identity(), from.incarnation, ballot, Ballot.NONE, value);
            UnsafeBuffer in = new UnsafeBuffer(new byte[RegisterMessageCodec.MAX_LENGTH]);
            UnsafeBuffer out = new UnsafeBuffer(new byte[RegisterMessageCodec.MAX_LENGTH]);
            int length = RegisterMessageCodec.encode(question, in, 0);
            Voter voter = node < 2 ? servers[node].onQuestion(from) : voters[node - 2].voter;
            if (voter == null) {
                return null;
            }
            int answered = voter.onMessage(in, 0, length, out, 0);
            if (node < 2) {
                servers[node].onAccepted();
            }
            return answered == 0 ? null : RegisterMessageCodec.decode(out, 0, answered);
        }

        private void write(Server active, Server other) {
            writesLeft--;
            int write = ++lastWrite;
            active.held.add(write);
            boolean isPair = active.inSync.size() > 1;
            boolean isTaken = other.isStandby && other.incarnation == active.partnerIncarnation;
            if (isPair && !isTaken || active.isPaused) {
                return;
            }
            if (isPair) {
                other.held.add(write);
            }
            acknowledged.add(write);
            boolean isSucceeded = other.isActive() && other.epoch > active.epoch;
            check(!isSucceeded || other.held.contains(write), "acknowledged by an active that has a successor");
        }

        private void check(boolean isTrue, String what) {
            if (!isTrue) {
                throw new AssertionError(what + ": " + Arrays.toString(servers) + " acknowledged=" + acknowledged);
            }
        }

        Fingerprint fingerprint() {
            StringBuilder text = new StringBuilder(2048);
            text.append(roundsLeft).append(crashesLeft).append(lossesLeft).append(writesLeft);
            text.append(seatChangesLeft).append(lostAnswersLeft).append(acknowledged);
            for (Server server : servers) {
                text.append(server);
            }
            for (VoterNode voter : voters) {
                text.append(voter.acceptor);
            }
            return Fingerprint.of(text);
        }

        /** A Tomcat or external voter. */
        private static final class VoterNode {
            private final RegisterAcceptor acceptor;
            private final Voter voter;

            VoterNode(long id) {
                acceptor = new RegisterAcceptor(new MemoryElectionStore(new VoterId(0, id)));
                voter = new Voter(acceptor, id);
            }
        }

        private final class Server {
            private final int id;
            private RegisterAcceptor acceptor;
            private QuorumRules rules;
            private QuorumRound round;
            private QuorumStep purpose = QuorumStep.LEAD;
            private long incarnation;
            private boolean isStandby;
            private boolean isPassive;
            private long epoch;
            private Ballot chosen = Ballot.NONE;
            private List<RegisterValue.InSync> inSync = List.of();
            private long partnerIncarnation;
            private boolean isPaused;
            private RegisterValue.InSync copied;
            private Ballot lateBallot = Ballot.NONE;
            private @Nullable RegisterValue lateValue;
            private Set<Integer> held = new TreeSet<>();
            /** The register before it was lost, and the sessions of then. */
            private @Nullable RegisterAcceptor away;

            private Set<Integer> heldAway = Set.of();

            Server(int id) {
                this.id = id;
                this.incarnation = 100 * (id + 1);
                this.acceptor = new RegisterAcceptor(new MemoryElectionStore(new VoterId(0, id + 1)));
                this.rules = fault.rules(id, acceptor.identity(), incarnation, bounds.isPersistent());
                this.round = fault.round(acceptor.identity(), 2);
                this.copied = rules.own();
            }

            boolean isActive() {
                return epoch != 0;
            }

            boolean isAsking(VoterId voter) {
                return round.isRunning() && round.isAwaited(voter);
            }

            void restart(boolean isMemoryLost) {
                incarnation++;
                if (isMemoryLost) {
                    away = bounds.isPersistent() ? acceptor : null;
                    heldAway = Set.copyOf(held);
                    acceptor = new RegisterAcceptor(new MemoryElectionStore(new VoterId(0, ++lastId)));
                } else if (fault.isVoteForgotten()) {
                    acceptor = new RegisterAcceptor(new MemoryElectionStore(acceptor.identity()));
                }
                acceptor.start(incarnation);
                rules = fault.rules(id, acceptor.identity(), incarnation, bounds.isPersistent());
                round = fault.round(acceptor.identity(), 2);
                isStandby = false;
                isPassive = false;
                if (!bounds.isPersistent()) {
                    if (isActive() && inSync.size() == 1 || isDropping()) {
                        // The only copy has ended, or may have been the only one.
                        acknowledged.clear();
                    }
                    held = new TreeSet<>();
                }
                epoch = 0;
                inSync = List.of();
                isPaused = false;
                lateValue = null;
            }

            /** Starts again with the disk that was away. */
            void restore() {
                acceptor = Objects.requireNonNull(away);
                held = new TreeSet<>(heldAway);
                away = null;
                restart(false);
            }

            /** Whether it has begun to go on alone: it may have had the votes without knowing. */
            private boolean isDropping() {
                RegisterValue value = acceptor.acceptedValue();
                return isActive() && value != null && value.inSync().size() == 1;
            }

            void begin(QuorumStep kind) {
                if (round.value() != null) {
                    lateBallot = round.ballot();
                    lateValue = round.value();
                }
                Ballot ballot = new Ballot(acceptor.nextCounter(), acceptor.identity());
                acceptor.prepare(ballot);
                purpose = kind;
                if (kind == QuorumStep.ADD) {
                    // The copy is complete and nothing is acknowledged any more when the election is asked.
                    Server other = servers[1 - id];
                    isPaused = true;
                    copied = other.rules.own();
                    other.held = new TreeSet<>(held);
                    other.isPassive = true;
                    other.round.abandon();
                }
                round.begin(ballot);
                round.onPromise(
                        id,
                        new RegisterMessage(
                                RegisterMessage.Type.PROMISE,
                                acceptor.identity(),
                                incarnation,
                                ballot,
                                acceptor.acceptedBallot(),
                                acceptor.acceptedValue()));
                advance();
            }

            void onAnswer(int memberId, RegisterMessage answer) {
                switch (answer.type()) {
                    case PROMISE -> round.onPromise(memberId, answer);
                    case ACCEPTED -> round.onAccepted(answer.sender(), answer.ballot());
                    case REFUSE -> acceptor.note(Epoch.of(answer.other().counter(), 0, VoterId.NONE));
                    default -> throw new AssertionError("unexpected answer: " + answer);
                }
                advance();
            }

            /** As {@link ConsistencyElection} and {@link QuorumKeeper} go on, without their patience. */
            private void advance() {
                if (round.phase() == QuorumRound.Phase.PREPARING) {
                    QuorumRound.Base base = round.base(this::isUsable);
                    if (base == null) {
                        return;
                    }
                    RegisterValue next = next(base);
                    if (next == null || !acceptor.accept(round.ballot(), next)) {
                        round.abandon();
                        return;
                    }
                    round.propose(next);
                }
                RegisterValue value = round.value();
                if (round.phase() == QuorumRound.Phase.CHOSEN && value != null) {
                    onChosen(value);
                }
            }

            private boolean isUsable(QuorumRound.Base base) {
                if (isActive()) {
                    return rules.isMine(base, epoch);
                }
                if (isStandby) {
                    return rules.mayTakeOver(base);
                }
                return isPassive ? rules.mayLeadAfterPassive(base) : rules.mayLead(base);
            }

            private @Nullable RegisterValue next(QuorumRound.Base base) {
                long newEpoch = Epoch.of(round.ballot().counter(), id, acceptor.identity());
                Server other = servers[1 - id];
                RegisterValue value = base.value();
                if (value == null || purpose == QuorumStep.LEAD) {
                    return rules.promotion(base, newEpoch);
                }
                return switch (purpose) {
                    case DROP -> rules.withInSync(base, chosen, List.of(rules.own()), value.epoch());
                    case ADD ->
                        value.isVoter(other.acceptor.identity())
                                ? rules.withInSync(base, chosen, List.of(rules.own(), copied), epoch)
                                : null;
                    default -> rules.withVoters(base, chosen, seats(value));
                };
            }

            /** The server's and the voters' present identities, one change at a time; the last voter gets a seat first. */
            private List<RegisterValue.Voter> seats(RegisterValue value) {
                if (fault.isEverySeatChanged()) {
                    List<RegisterValue.Voter> next =
                            new ArrayList<>(value.voters().subList(0, 2));
                    for (int i = 1; i < voters.length; i++) {
                        next.add(new RegisterValue.Voter(
                                RegisterValue.Voter.NOT_A_SERVER, voters[i].acceptor.identity()));
                    }
                    return next;
                }
                if (!value.former().isEmpty()) {
                    return value.voters();
                }
                List<RegisterValue.Voter> next = new ArrayList<>(value.voters());
                Server other = servers[1 - id];
                if (!value.isVoter(other.acceptor.identity())) {
                    next.removeIf(voter -> voter.memberId() == other.id);
                    next.add(new RegisterValue.Voter(other.id, other.acceptor.identity()));
                    return next;
                }
                for (int i = voters.length - 1; i >= 0; i--) {
                    VoterId waiting = voters[i].acceptor.identity();
                    if (!value.isVoter(waiting)) {
                        next.add(new RegisterValue.Voter(RegisterValue.Voter.NOT_A_SERVER, waiting));
                        return next;
                    }
                }
                return next;
            }

            private void onChosen(RegisterValue value) {
                Ballot ballot = round.ballot();
                if (purpose == QuorumStep.LEAD) {
                    check(
                            held.containsAll(acknowledged) || isStartedEmpty(),
                            "server " + id + " becomes active without acknowledged writes");
                    round.abandon();
                    activate(ballot, value);
                    return;
                }
                boolean isStandbyAsked = purpose == QuorumStep.ADD;
                if (isStandbyAsked && !round.isAcceptedBy(servers[1 - id].acceptor.identity())) {
                    return;
                }
                chosen = ballot;
                inSync = value.inSync();
                partnerIncarnation = inSync.size() > 1 ? inSync.get(1).incarnation() : 0;
                isPaused &= purpose == QuorumStep.RESEAT;
                round.abandon();
            }

            /** Nobody holds anything any more in a mode that promises nothing then. */
            private boolean isStartedEmpty() {
                return !bounds.isPersistent() && servers[0].held.isEmpty() && servers[1].held.isEmpty();
            }

            void activate(Ballot ballot, RegisterValue value) {
                Long other = processByEpoch.put(value.epoch(), incarnation);
                check(other == null, "second to be active in its epoch");
                epoch = value.epoch();
                chosen = ballot;
                inSync = value.inSync();
                partnerIncarnation = inSync.size() > 1 ? inSync.get(1).incarnation() : 0;
                isStandby = false;
                isPaused = false;
                if (isStartedEmpty()) {
                    acknowledged.clear();
                }
            }

            /** Whether, and as which voter, this server answers another one. */
            @Nullable
            Voter onQuestion(Server from) {
                if (isActive()) {
                    if (!from.isActive() || from.epoch < epoch) {
                        return null;
                    }
                    // Deposed: what it held is replaced before it holds anything again.
                    epoch = 0;
                    inSync = List.of();
                    isPassive = true;
                }
                if (isStandby && !from.isActive()) {
                    return null;
                }
                return new Voter(acceptor, incarnation);
            }

            /** Takes over what it has accepted: in sync, or dropped. */
            void onAccepted() {
                RegisterValue value = acceptor.acceptedValue();
                boolean isOthers = value != null && value.activeId() != id;
                if (isOthers && !isActive()) {
                    boolean wasStandby = isStandby;
                    isStandby = value.isInSync(acceptor.identity(), incarnation) && isStandbyNow(value);
                    isPassive |= wasStandby && !isStandby;
                }
            }

            private boolean isStandbyNow(RegisterValue value) {
                Server active = servers[value.activeId()];
                return active.isActive() && active.epoch == value.epoch();
            }

            @Override
            public String toString() {
                return "|" + id + ":" + incarnation + " standby=" + isStandby + isPassive + " epoch=" + epoch
                        + " chosen=" + chosen + isPaused + copied
                        + " " + inSync + " held=" + held + " " + purpose + " " + acceptor + " " + round + " late="
                        + lateBallot + lateValue + " away=" + away + heldAway;
            }
        }
    }
}
