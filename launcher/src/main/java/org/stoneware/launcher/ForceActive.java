package org.stoneware.launcher;

import java.io.IOException;
import java.util.List;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.config.ServerChoice;
import org.stoneware.config.TcConfig;

/** {@code force-active}: tells the server on this machine to become active, as an appointment or as a last resort. */
final class ForceActive {
    private static final String USAGE =
            """
            Usage: force-active [-n NAME] [-f FILE] [--if-complete]
              -n, --name NAME     which server of the file to make active; not needed when only one is on this machine
              -f, --config FILE   tc-config.xml; found like start-server does
              --if-complete       only if it holds every session (for arrays whose active is appointed)
              -h, -?, --help      print this
            UNSAFE without --if-complete: sessions that only another server holds are lost, and if that server is merely out
            of sight and still serves, both serve, each its own sessions. Make sure that it is down. First try to start the
            server this one waits for.
            Works on the machine of the server, for the user who owns its data directory.
            Exit codes: 0 it is active or about to be, 1 refused or unreachable, 2 bad option or configuration.""";
    private final Terminal terminal;

    ForceActive(Terminal terminal) {
        this.terminal = terminal;
    }

    int run(List<String> arguments) throws ProgramException {
        Options options = new Options("force-active", USAGE)
                .value("--name", "-n")
                .value("--config", "-f")
                .flag("--if-complete")
                .parse(arguments);
        if (options.isGiven("--help")) {
            terminal.out().println(options.usage());
            return ExitCode.CLEAN;
        }
        TcConfig config = new ConfigLocator(terminal).load(options.get("--config"));
        if (!config.isValid()) {
            ConfigReport.printProblems(terminal.err(), config.text().source(), config.problems());
            throw new ProgramException(
                    ExitCode.CONFIGURATION, "force-active: " + config.text().source() + " is not valid");
        }
        String name = options.get("--name");
        ServerChoice choice = config.choose(name != null ? name : System.getProperty("tc.server.name"));
        if (!choice.isChosen()) {
            throw new ProgramException(ExitCode.CONFIGURATION, "force-active: " + choice.problem());
        }
        return ask(config.settings(choice.position()).self(), !options.isGiven("--if-complete"));
    }

    private int ask(ServerSettings server, boolean isForced) throws ProgramException {
        OwnServer own = new OwnServer(server, "force-active");
        String token = own.token("asked");
        try {
            ManagementPortClient.Answer answer = own.client().post("/api/v1/appoint?force=" + isForced, token);
            if (answer.status() / 100 != 2) {
                throw failed(server, "was not made active: " + OwnServer.describe(answer));
            }
        } catch (IOException e) {
            throw failed(
                    server, "does not answer at " + own.client().address() + ": " + ManagementPortClient.reason(e));
        }
        terminal.out().println("server " + server.name() + " becomes active; see server-stat");
        return ExitCode.CLEAN;
    }

    private static ProgramException failed(ServerSettings server, String what) {
        return new ProgramException(ExitCode.FAILED, "force-active: server " + server.name() + " " + what);
    }
}
