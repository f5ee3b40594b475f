package org.stoneware.testkit.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionProvider;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;

/** What every election policy must pass; see also {@link SelfElectingContract}. A subclass supplies the provider and nothing else. */
public abstract class ElectionContract {
    static final long SECOND_NS = 1_000_000_000L;
    private static final int SEEDS = 12;

    @TempDir
    Path directory = Path.of("");

    /** The policy under test; keeps its register in the directory it is given. */
    protected abstract ElectionProvider provider();

    @Test
    void shouldNameItsPolicy() {
        assertThat(provider().policy()).isNotBlank();
    }

    @Test
    void shouldBeActiveWhenNoOtherServerIsConfigured() {
        try (SimulatedElectionNetwork network = network(1, 1, ElectionFaults.NONE)) {
            network.start(0);
            network.runFor(SECOND_NS);

            assertThat(network.view(0).role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
            assertThat(network.view(0).epoch()).isPositive();
        }
    }

    @Test
    void shouldWaitTheElectionTimeForAServerThatCannotBeReached() {
        try (SimulatedElectionNetwork network = network(2, 1, ElectionFaults.NONE)) {
            network.cut(0, 1);
            network.start(0);
            network.runFor(SimulatedElectionNetwork.ELECTION_TIME_NS * 3 / 4);
            ServerRole early = network.view(0).role();
            network.runFor(SimulatedElectionNetwork.ELECTION_TIME_NS);

            assertThat(early).isEqualTo(ServerRole.START);
            assertThat(network.view(0).role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        }
    }

    @Test
    void shouldHaveOneActiveOfTwoThatStartTogether() {
        for (long seed = 0; seed < SEEDS; seed++) {
            try (SimulatedElectionNetwork network = network(2, seed, ElectionFaults.NONE)) {
                network.startAfter(0, seed * 4_000_000);
                network.startAfter(1, (SEEDS - seed) * 4_000_000);
                network.runFor(2 * SimulatedElectionNetwork.ELECTION_TIME_NS);

                network.assertOneActive();
                assertThat(network.mostActives()).as("seed %d", seed).isEqualTo(1);
            }
        }
    }

    @Test
    void shouldKeepTheRulesThroughCrashesCutsAndFreezes() {
        for (long seed = 0; seed < SEEDS; seed++) {
            try (SimulatedElectionNetwork network = network(2, seed, ElectionFaults.HARSH)) {
                network.runChaos(4 * SECOND_NS);
                network.settle();
            } catch (AssertionError e) {
                throw new AssertionError("seed=" + seed + ": " + e.getMessage(), e);
            }
        }
    }

    @Test
    void shouldIgnoreGarbage() {
        SplittableRandom random = new SplittableRandom(7);
        Recorder recorder = new Recorder(new ArrayList<>());
        try (Election election = open("garbage", 11, recorder)) {
            election.onEvidence(hello(ServerRole.START, 0), 0);
            ElectionView before = election.view();
            for (int i = 0; i < 2_000; i++) {
                byte[] bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
                int sender = random.nextInt(4) - 1;
                election.onMessage(sender, new UnsafeBuffer(bytes), 0, bytes.length, 0);
            }

            assertThat(election.view()).isEqualTo(before);
        }
    }

    @Test
    void shouldHaveOnDiskWhatLedToAView() throws IOException {
        Path home = Files.createDirectories(directory.resolve("durable"));
        Path copy = Files.createDirectories(directory.resolve("copy"));
        List<ElectionView> views = new ArrayList<>();
        ElectionOutput output = new Recorder(new ArrayList<>()) {
            @Override
            public void onView(ElectionView before, ElectionView now) {
                views.add(now);
                copyFiles(home, copy);
            }
        };
        try (Election election = provider().open(context(home, 11), output)) {
            election.onEvidence(new Evidence(Evidence.Kind.REFUSED, 1, 0, ServerRole.START, 0, 0), 0);
            election.doWork(0);
        }
        ElectionView last = views.get(views.size() - 1);
        assertThat(last.role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);

        try (Election restarted = provider().open(context(copy, 12), new Recorder(new ArrayList<>()))) {
            assertThat(restarted.view().epoch()).isGreaterThanOrEqualTo(last.epoch());
            restarted.onEvidence(new Evidence(Evidence.Kind.REFUSED, 1, 0, ServerRole.START, 0, 0), 0);
            restarted.doWork(0);
            // It may give others the time to say that the server that refuses is heard.
            restarted.doWork(10 * SECOND_NS);
            assertThat(restarted.view().epoch()).isGreaterThan(last.epoch());
        }
    }

    @Test
    void shouldBeStoppedForGood() {
        try (Election election = open("stopped", 11, new Recorder(new ArrayList<>()))) {
            election.onEvidence(new Evidence(Evidence.Kind.REFUSED, 1, 0, ServerRole.START, 0, 0), 0);
            election.onStop(1);
            election.doWork(10 * SECOND_NS);
            election.onEvidence(new Evidence(Evidence.Kind.REFUSED, 1, 0, ServerRole.START, 0, 0), 11 * SECOND_NS);

            assertThat(election.view().role()).isEqualTo(ServerRole.STOPPED);
        }
    }

    SimulatedElectionNetwork network(int size, long seed, ElectionFaults faults) {
        Path home = directory.resolve("array-" + size + "-" + seed + "-" + faults.hashCode());
        try {
            Files.createDirectories(home);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new SimulatedElectionNetwork(provider(), home, size, false, seed, faults);
    }

    Election open(String name, long incarnation, ElectionOutput output) {
        Path home = directory.resolve(name);
        try {
            Files.createDirectories(home);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return provider().open(context(home, incarnation), output);
    }

    private static ElectionContext context(Path home, long incarnation) {
        return new ElectionContext(
                0, List.of("Server1", "Server2"), incarnation, SimulatedElectionNetwork.ELECTION_TIME_NS, home, false);
    }

    static Evidence hello(ServerRole role, long epoch) {
        return new Evidence(Evidence.Kind.HELLO, 1, 5, role, epoch, 0);
    }

    private static void copyFiles(Path from, Path to) {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Keeps what was sent. */
    static class Recorder implements ElectionOutput {
        private final List<byte[]> sent;

        Recorder(List<byte[]> sent) {
            this.sent = sent;
        }

        @Override
        public void send(int memberId, DirectBuffer buffer, int offset, int length) {
            byte[] copy = new byte[length];
            buffer.getBytes(offset, copy);
            sent.add(copy);
        }

        @Override
        public void onView(ElectionView before, ElectionView now) {}
    }
}
