package org.stoneware.launcher;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.AccountFiles;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.api.config.ArrayKeyException;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ManagementAccessException;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.config.Problem;
import org.stoneware.config.Problem.Severity;
import org.stoneware.config.ServerChoice;
import org.stoneware.config.TcConfig;

/** {@code start-server}: configuration, directory lock, logging, then the server until it ends. */
final class StartServer {
    private static final String USAGE =
            """
            Usage: start-server [-f FILE] [-n NAME] [--bundle-set NAME|FILE] [--check]
              -f, --config FILE   tc-config.xml; otherwise it is looked for in the current directory, beside the script
                                  and in conf/, and if there is none, a built-in default is used
              -n, --name NAME     which server of the file to start; not needed when only one is on this machine
              --bundle-set SET    which bundles to start: a list in conf/bundle-sets, or a file (default: default)
              --check             print the effective configuration with the origin of every value; start nothing
              --version           print the version
              -h, -?, --help      print this
            Exit codes: 0 clean, 1 data directory in use, 2 configuration or port, 3 fatal.""";
    private static final int LOCK_ATTEMPTS = 5;
    private static final long LOCK_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Terminal terminal;

    StartServer(Terminal terminal) {
        this.terminal = terminal;
    }

    int run(List<String> arguments) throws ProgramException {
        Options options = new Options("start-server", USAGE)
                .value("--config", "-f")
                .value("--name", "-n")
                .value("--bundle-set")
                .flag("--check")
                .flag("--version")
                .parse(arguments);
        if (options.isGiven("--help")) {
            terminal.out().println(options.usage());
            return ExitCode.CLEAN;
        }
        if (options.isGiven("--version")) {
            terminal.out().println(ProductVersion.line());
            return ExitCode.CLEAN;
        }
        TcConfig config = new ConfigLocator(terminal).load(options.get("--config"));
        String source = config.text().source();
        terminal.out().println("configuration: " + source);
        ServerChoice choice = choose(config, options.get("--name"));
        List<Problem> problems = choice.isChosen() ? config.problems(choice.position()) : config.problems();
        if (!TcConfig.isValid(problems) || !config.isValid()) {
            ConfigReport.printProblems(terminal.err(), source, problems);
            throw new ProgramException(ExitCode.CONFIGURATION, ConfigReport.summary(problems));
        }
        arrayKey(config.arrayKey(terminal.home()));
        checkAccounts(config, choice);
        boolean isCheck = options.isGiven("--check");
        if (!choice.isChosen() && (!isCheck || options.isGiven("--name"))) {
            throw new ProgramException(ExitCode.CONFIGURATION, choice.problem());
        }
        String setName = options.get("--bundle-set");
        if (isCheck) {
            return check(config, choice, problems, setName);
        }
        BundleSet bundles = BundleSet.load(terminal, setName == null ? BundleSet.DEFAULT : setName);
        return start(config, choice.position(), problems, bundles);
    }

    /** Reads the array's key; null when there is none. */
    static @Nullable ArrayKey arrayKey(@Nullable Path file) throws ProgramException {
        try {
            return file == null ? null : ArrayKey.read(file);
        } catch (ArrayKeyException e) {
            throw new ProgramException(ExitCode.CONFIGURATION, e.text());
        }
    }

    private void checkAccounts(TcConfig config, ServerChoice choice) throws ProgramException {
        if (!choice.isChosen()) {
            return;
        }
        ArraySettings settings = config.settings(choice.position(), terminal.home());
        Path passwords = settings.passwordFile();
        try {
            if (passwords != null) {
                AccountFiles.open(passwords, settings.accessFile());
            }
        } catch (ManagementAccessException e) {
            throw new ProgramException(ExitCode.CONFIGURATION, e.text());
        }
    }

    private static String describe(@Nullable Path arrayKey) {
        return arrayKey == null
                ? "none; servers and Tomcats prove nothing to each other (bin/make-key makes one)"
                : arrayKey + ", asked of every server and Tomcat";
    }

    private static ServerChoice choose(TcConfig config, @Nullable String name) {
        return config.choose(name != null ? name : System.getProperty("tc.server.name"));
    }

    private int check(TcConfig config, ServerChoice choice, List<Problem> problems, @Nullable String setName)
            throws ProgramException {
        ConfigReport.printProblems(terminal.out(), config.text().source(), problems);
        terminal.out()
                .println(
                        choice.isChosen()
                                ? "this server: " + config.serverNames().get(choice.position())
                                : "this server: none chosen, so its own host was not checked: " + choice.problem());
        ConfigReport.printEffectiveValues(terminal.out(), config);
        terminal.out().println("array key: " + describe(config.arrayKey(terminal.home())));
        if (choice.isChosen()) {
            Path data =
                    config.settings(choice.position(), terminal.home()).self().dataDirectory();
            String chosen = ChosenStorage.inWords(data);
            if (!chosen.isEmpty()) {
                terminal.out().println("storage: " + chosen);
            }
        }
        if (setName != null) {
            BundleSet bundles = BundleSet.load(terminal, setName);
            terminal.out()
                    .println("bundle set: " + bundles.file() + ", "
                            + bundles.entries().size() + " bundles");
        }
        terminal.out().println("the configuration is valid; nothing was started");
        return ExitCode.CLEAN;
    }

    private int start(TcConfig config, int self, List<Problem> problems, BundleSet bundles) throws ProgramException {
        ArraySettings settings = config.settings(self, terminal.home());
        ServerSettings server = settings.self();
        createDirectory(server);
        try (DirectoryLock lock = lock(server)) {
            String logProblem = LogSetup.install(server, terminal.out());
            Logger logger = System.getLogger("org.stoneware.launcher");
            banner(logger, settings, bundles);
            if (!logProblem.isEmpty()) {
                logger.log(Level.WARNING, logProblem);
            }
            for (Problem problem : problems) {
                Level level = problem.severity() == Severity.WARNING ? Level.WARNING : Level.INFO;
                logger.log(level, problem.format(settings.source()));
            }
            assert lock != null;
            return new ServerProcess(config.text(), server, bundles, terminal.home()).run();
        } catch (IOException e) {
            throw new ProgramException(
                    ExitCode.CONFIGURATION,
                    server.dataDirectory() + " can't be used as data directory: " + ConfigLocator.reason(e));
        }
    }

    private static void createDirectory(ServerSettings server) throws ProgramException {
        Path directory = server.dataDirectory();
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new ProgramException(
                    ExitCode.CONFIGURATION,
                    "data directory " + directory + " can't be created: " + ConfigLocator.reason(e)
                            + "; make its parent writable for user " + System.getProperty("user.name")
                            + ", or change <data> in the configuration");
        }
    }

    /** A stop-server that is just looking may hold the lock for a moment, so one refusal is not the last word. */
    private static DirectoryLock lock(ServerSettings server) throws IOException, ProgramException {
        Path directory = server.dataDirectory();
        for (int attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
            DirectoryLock lock = DirectoryLock.acquire(directory);
            if (lock != null) {
                return lock;
            }
            LockSupport.parkNanos(LOCK_PAUSE_NS);
        }
        long holder = DirectoryLock.holder(directory);
        throw new ProgramException(
                ExitCode.FAILED,
                "data directory " + directory + " is in use by another process"
                        + (holder > 0 ? " (pid " + holder + ")" : "")
                        + ": server '" + server.name() + "' seems to run already; stop it with stop-server -n "
                        + server.name() + ", or choose another server with -n");
    }

    private void banner(Logger logger, ArraySettings settings, BundleSet bundles) {
        ServerSettings server = settings.self();
        logger.log(
                Level.INFO,
                ProductVersion.line() + ", pid " + ProcessHandle.current().pid());
        logger.log(Level.INFO, "server:           " + server.name() + ", host " + server.host());
        logger.log(Level.INFO, "configuration:    " + settings.source());
        logger.log(
                Level.INFO, "dso-port:         " + address(server.clientAddress(), server.clientPort()) + " (Tomcats)");
        logger.log(Level.INFO, "jmx-port:         " + address(server.jmxAddress(), server.jmxPort()));
        logger.log(
                Level.INFO, "l2-group-port:    " + address(server.groupAddress(), server.groupPort()) + " (servers)");
        logger.log(
                Level.INFO,
                "management-port:  " + address(server.managementAddress(), server.managementPort()) + " (HTTP)");
        logger.log(Level.INFO, "array key:        " + describe(settings.arrayKey()));
        logger.log(Level.INFO, "data directory:   " + server.dataDirectory());
        logger.log(
                Level.INFO,
                "logs directory:   " + (server.logsToConsole() ? "none, console only" : server.logsDirectory()));
        logger.log(
                Level.INFO,
                "bundle set:       " + bundles.name() + ", " + bundles.entries().size() + " bundles, "
                        + bundles.file());
    }

    private static String address(String host, int port) {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
