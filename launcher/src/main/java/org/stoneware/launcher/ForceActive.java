package org.stoneware.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
    private static final int MAX_TOKEN_BYTES = 4096;

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
        String address = server.managementAddress();
        boolean isEverywhere = address.equals("0.0.0.0") || address.equals("::");
        ManagementPortClient client =
                new ManagementPortClient(isEverywhere ? "127.0.0.1" : address, server.managementPort());
        try {
            ManagementPortClient.Answer answer = client.post("/api/v1/appoint?force=" + isForced, token(server));
            if (answer.status() / 100 != 2) {
                throw failed(server, "was not made active: " + describe(answer));
            }
        } catch (IOException e) {
            throw failed(server, "does not answer at " + client.address() + ": " + ManagementPortClient.reason(e));
        }
        terminal.out().println("server " + server.name() + " becomes active; see server-stat");
        return ExitCode.CLEAN;
    }

    private static String token(ServerSettings server) throws ProgramException {
        Path file = server.dataDirectory().resolve(OwnServer.TOKEN_FILE);
        try {
            if (Files.size(file) <= MAX_TOKEN_BYTES) {
                return Files.readString(file, StandardCharsets.UTF_8).strip();
            }
            throw failed(server, "can't be asked: " + file + " is not a token");
        } catch (IOException e) {
            throw failed(
                    server,
                    "can't be asked: " + file + ": " + ConfigLocator.reason(e) + "; it must run on this machine, and"
                            + " only the user who started it may ask");
        }
    }

    private static String describe(ManagementPortClient.Answer answer) {
        try {
            Map<String, Object> error = JsonTree.object(JsonTree.object(answer.body()), "error");
            String what = JsonTree.text(error, "what");
            return what.isEmpty() ? "HTTP " + answer.status() : what;
        } catch (IOException e) {
            return "HTTP " + answer.status();
        }
    }

    private static ProgramException failed(ServerSettings server, String what) {
        return new ProgramException(ExitCode.FAILED, "force-active: server " + server.name() + " " + what);
    }
}
