package org.stoneware.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.config.TcConfig;
import org.stoneware.liveness.LivenessSettings;
import org.stoneware.liveness.TcpLivenessNetwork;
import org.stoneware.spi.election.ElectionException;
import org.stoneware.voting.ElectionFile;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.Voter;
import org.stoneware.voting.VoterId;

/**
 * {@code start-voter}: a voter that holds no sessions, on a host without a server, so that either server can lose the other and still
 * have a majority. Its vote is kept in a file that must not be copied or thrown away.
 */
final class StartVoter {
    private static final String USAGE =
            """
            Usage: start-voter [-f FILE] [-n NAME] [--data DIR]
              -f, --config FILE   tc-config.xml of the array; found like start-server does
              -n, --name NAME     name of this voter, for people (default: voter)
              --data DIR          where its vote is kept (default: data/NAME beside the configuration file)
              -h, -?, --help      print this
            For arrays with <failover-priority><consistency><voter count="..."/>; run it on a host without a server.
            The directory is the voter: without it, it is another one. Never copy it.
            An array with a key (conf/array.key) takes no voter without it: copy the servers' file to this host first.
            Exit codes: 0 clean, 1 directory in use, 2 bad option or configuration, 3 its vote can't be kept.""";

    private final Terminal terminal;

    StartVoter(Terminal terminal) {
        this.terminal = terminal;
    }

    int run(List<String> arguments) throws ProgramException {
        Options options = new Options("start-voter", USAGE)
                .value("--config", "-f")
                .value("--name", "-n")
                .value("--data")
                .parse(arguments);
        if (options.isGiven("--help")) {
            terminal.out().println(options.usage());
            return ExitCode.CLEAN;
        }
        TcConfig config = new ConfigLocator(terminal).load(options.get("--config"));
        String source = config.text().source();
        if (!config.isValid()) {
            ConfigReport.printProblems(terminal.err(), source, config.problems());
            throw new ProgramException(ExitCode.CONFIGURATION, "start-voter: " + source + " is not valid");
        }
        ArraySettings settings = config.settings(0);
        if (settings.voterCount() == 0) {
            throw new ProgramException(
                    ExitCode.CONFIGURATION,
                    "start-voter: " + source + " asks for no external voter; write <failover-priority><consistency>"
                            + "<voter count=\"1\"/></consistency></failover-priority> into it, and give every server"
                            + " the same file");
        }
        String name = options.get("--name") == null ? "voter" : String.valueOf(options.get("--name"));
        String data = options.get("--data");
        Path directory = data != null
                ? terminal.workingDirectory().resolve(data)
                : config.text().baseDirectory().resolve("data").resolve(name);
        Path keyFile = config.arrayKey(terminal.home());
        ArrayKey key = StartServer.arrayKey(keyFile);
        if (keyFile != null) {
            terminal.out().println("voter " + name + ": proves to every server that it has the key " + keyFile);
        }
        return vote(settings, key, name, directory.normalize());
    }

    private int vote(ArraySettings settings, @Nullable ArrayKey key, String name, Path directory)
            throws ProgramException {
        try {
            Files.createDirectories(directory);
            try (DirectoryLock lock = DirectoryLock.acquire(directory)) {
                if (lock == null) {
                    throw new ProgramException(
                            ExitCode.FAILED,
                            "start-voter: " + directory + " is in use by process " + DirectoryLock.holder(directory)
                                    + "; one voter per directory");
                }
                return voteIn(settings, key, name, directory);
            }
        } catch (IOException e) {
            throw new ProgramException(
                    ExitCode.CONFIGURATION,
                    "start-voter: " + directory + " can't be used: " + ConfigLocator.reason(e) + "; choose another"
                            + " with --data");
        }
    }

    private int voteIn(ArraySettings settings, @Nullable ArrayKey key, String name, Path directory)
            throws ProgramException {
        SecureRandom random = new SecureRandom();
        try (ElectionFile file = ElectionFile.open(directory, new VoterId(random.nextLong(), random.nextLong() | 1));
                TcpLivenessNetwork network = new TcpLivenessNetwork(LivenessSettings.defaults(), "voter", key)) {
            long incarnation = random.nextLong() | 1;
            RegisterAcceptor acceptor = new RegisterAcceptor(file);
            acceptor.start(incarnation);
            VoterLinks links = new VoterLinks(
                    new Voter(acceptor, incarnation), network, settings.servers(), name, incarnation, terminal.out());
            StopSignals.install(by -> links.stop());
            terminal.out()
                    .println("voter " + name + ": keeps its vote in " + directory + ", as " + acceptor.identity());
            String failure = links.run();
            if (!failure.isEmpty()) {
                throw new ProgramException(ExitCode.FATAL, "start-voter: " + failure);
            }
            terminal.out().println("voter " + name + ": stopped");
            return ExitCode.CLEAN;
        } catch (ElectionException e) {
            throw new ProgramException(ExitCode.FATAL, "start-voter: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.CLEAN;
        }
    }
}
