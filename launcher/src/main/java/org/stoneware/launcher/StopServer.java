package org.stoneware.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.config.ServerChoice;
import org.stoneware.config.TcConfig;

/** {@code stop-server}: asks the server at its management-port, waits until the process has ended, and says what happened. */
final class StopServer {
    private static final String USAGE =
            """
            Usage: stop-server [-n NAME] [-f FILE] [--force]
              -n, --name NAME     which server of the file to stop; not needed when only one is on this machine
              -f, --config FILE   tc-config.xml; found like start-server does
              --force             stop even if the sessions have no other home, and end a process that does not answer
              -h, -?, --help      print this
            Works on the machine of the server, for the user who owns its data directory.
            Exit codes: 0 it has ended, 1 refused or unreachable or not running, 2 bad option or configuration.""";
    private static final long WAIT_LIMIT_NS = TimeUnit.SECONDS.toNanos(60);
    /** The server itself gives up an orderly stop after 20 s. */
    private static final long TERMINATION_LIMIT_NS = TimeUnit.SECONDS.toNanos(25);

    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Terminal terminal;

    StopServer(Terminal terminal) {
        this.terminal = terminal;
    }

    int run(List<String> arguments) throws ProgramException {
        Options options = new Options("stop-server", USAGE)
                .value("--name", "-n")
                .value("--config", "-f")
                .flag("--force")
                .parse(arguments);
        if (options.isGiven("--help")) {
            terminal.out().println(options.usage());
            return ExitCode.CLEAN;
        }
        TcConfig config = new ConfigLocator(terminal).load(options.get("--config"));
        if (!config.isValid()) {
            ConfigReport.printProblems(terminal.err(), config.text().source(), config.problems());
            throw new ProgramException(
                    ExitCode.CONFIGURATION, "stop-server: " + config.text().source() + " is not valid");
        }
        String name = options.get("--name");
        ServerChoice choice = config.choose(name != null ? name : System.getProperty("tc.server.name"));
        if (!choice.isChosen()) {
            throw new ProgramException(ExitCode.CONFIGURATION, "stop-server: " + choice.problem());
        }
        return stop(config.settings(choice.position()).self(), options.isGiven("--force"));
    }

    private int stop(ServerSettings server, boolean isForced) throws ProgramException {
        Path directory = server.dataDirectory();
        try {
            if (!DirectoryLock.isHeld(directory)) {
                throw failed(
                        server,
                        "is not running: nobody holds " + directory + "; for a server on another machine, run"
                                + " stop-server there");
            }
        } catch (IOException e) {
            throw failed(
                    server,
                    "can't be looked for in " + directory + ": " + ConfigLocator.reason(e)
                            + "; run stop-server as the user who started it");
        }
        long pid = DirectoryLock.holder(directory);
        try {
            request(server, isForced);
        } catch (IOException e) {
            if (!isForced) {
                throw failed(
                        server,
                        "runs (pid " + pid + ") but does not answer: "
                                + new OwnServer(server, "stop-server").client().address() + ": "
                                + ManagementPortClient.reason(e)
                                + "; it may still be starting; otherwise end it with stop-server --force");
            }
            return terminate(server, pid);
        }
        terminal.out().println("server " + server.name() + " (pid " + pid + ") is stopping");
        if (!isEnded(server, pid, WAIT_LIMIT_NS)) {
            throw failed(
                    server,
                    "has accepted to stop, but pid " + pid + " still runs after "
                            + TimeUnit.NANOSECONDS.toSeconds(WAIT_LIMIT_NS)
                            + " s; see its log, or end it with --force");
        }
        terminal.out().println("server " + server.name() + " has ended");
        return ExitCode.CLEAN;
    }

    private void request(ServerSettings server, boolean isForced) throws IOException, ProgramException {
        if (isForced && !Files.exists(server.dataDirectory().resolve(OwnServer.TOKEN_FILE))) {
            throw new IOException("its management port is not open");
        }
        OwnServer own = new OwnServer(server, "stop-server");
        ManagementPortClient.Answer answer = own.client().post("/api/v1/stop?force=" + isForced, own.token("stopped"));
        if (answer.status() / 100 == 2) {
            return;
        }
        throw failed(server, "was not stopped: " + OwnServer.describe(answer));
    }

    /** For a process that does not answer: SIGTERM, and if even that does not help, SIGKILL. */
    private int terminate(ServerSettings server, long pid) throws ProgramException {
        Optional<ProcessHandle> process = pid == 0 ? Optional.empty() : ProcessHandle.of(pid);
        if (process.isEmpty() || !process.get().destroy()) {
            throw failed(
                    server,
                    "does not answer, and its process (pid " + pid + ") can't be signalled by "
                            + System.getProperty("user.name"));
        }
        terminal.out().println("server " + server.name() + " does not answer; sent SIGTERM to pid " + pid);
        if (!isEnded(server, pid, TERMINATION_LIMIT_NS)) {
            process.get().destroyForcibly();
            terminal.out().println("it did not react; sent SIGKILL to pid " + pid);
            if (!isEnded(server, pid, WAIT_LIMIT_NS)) {
                throw failed(server, "could not be ended: pid " + pid + " still runs");
            }
        }
        terminal.out().println("server " + server.name() + " has ended");
        return ExitCode.CLEAN;
    }

    /** The operating system gives the lock back at the very end of the process. */
    private static boolean isEnded(ServerSettings server, long pid, long limitNs) throws ProgramException {
        long deadlineNs = System.nanoTime() + limitNs;
        try {
            while (DirectoryLock.isHeld(server.dataDirectory()) || isAlive(pid)) {
                if (System.nanoTime() - deadlineNs > 0) {
                    return false;
                }
                LockSupport.parkNanos(POLL_NS);
            }
            return true;
        } catch (IOException e) {
            throw failed(server, "is stopping, but its end can't be seen: " + ConfigLocator.reason(e));
        }
    }

    private static boolean isAlive(long pid) {
        return pid != 0 && ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    private static ProgramException failed(ServerSettings server, String what) {
        return new ProgramException(ExitCode.FAILED, "stop-server: server " + server.name() + " " + what);
    }
}
