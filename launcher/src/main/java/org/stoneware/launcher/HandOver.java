package org.stoneware.launcher;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.config.ServerChoice;
import org.stoneware.config.TcConfig;

/** {@code hand-over}: has the active server give its role to the standby, waits until that one is active, and says what happened. */
final class HandOver {
    private static final String PROGRAM = "hand-over";
    private static final String USAGE =
            """
            Usage: hand-over [-n NAME] [-f FILE]
              -n, --name NAME     the server that hands its role over; otherwise the one that is active
              -f, --config FILE   tc-config.xml; found like start-server does
              -h, -?, --help      print this
            No process stops and no session is lost: requests wait until the standby is active. Works on the machine of the
            active server, for the user who owns its data directory. Servers with accounts on other machines are asked with
            the 'user password' in the file STONEWARE_LOGIN_FILE names.
            Exit codes: 0 the standby is active, 1 refused, unreachable or taken back, 2 bad option or configuration.""";
    private static final String CLUSTER = "/api/v1/cluster";
    /** Draining takes up to 2 s, the takeover up to 1 s; the rest is for servers that have to find each other again. */
    private static final long WAIT_LIMIT_NS = TimeUnit.SECONDS.toNanos(15);

    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Terminal terminal;
    private @Nullable String logIn;

    HandOver(Terminal terminal) {
        this.terminal = terminal;
    }

    int run(List<String> arguments) throws ProgramException {
        Options options = new Options(PROGRAM, USAGE)
                .value("--name", "-n")
                .value("--config", "-f")
                .parse(arguments);
        if (options.isGiven("--help")) {
            terminal.out().println(options.usage());
            return ExitCode.CLEAN;
        }
        TcConfig config = new ConfigLocator(terminal).load(options.get("--config"));
        if (!config.isValid()) {
            ConfigReport.printProblems(terminal.err(), config.text().source(), config.problems());
            throw new ProgramException(
                    ExitCode.CONFIGURATION, PROGRAM + ": " + config.text().source() + " is not valid");
        }
        logIn = ManagementPortClient.logIn(terminal, PROGRAM);
        List<ServerSettings> servers = config.settings(0).servers();
        ServerSettings from = servers.get(position(config, servers, options.get("--name")));
        long startNs = System.nanoTime();
        ask(from);
        String to = awaitOther(from, servers);
        terminal.out()
                .println("server " + from.name() + " has handed over: " + to + " is active after "
                        + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs) + " ms");
        return ExitCode.CLEAN;
    }

    private int position(TcConfig config, List<ServerSettings> servers, @Nullable String name) throws ProgramException {
        if (name != null) {
            ServerChoice choice = config.choose(name);
            if (!choice.isChosen()) {
                throw new ProgramException(ExitCode.CONFIGURATION, PROGRAM + ": " + choice.problem());
            }
            return choice.position();
        }
        List<String> answers = new ArrayList<>();
        for (ServerSettings server : servers) {
            Seen seen = look(server);
            if (seen.isActive()) {
                return server.position();
            }
            answers.add(server.name() + " " + seen.text());
        }
        throw new ProgramException(ExitCode.FAILED, PROGRAM + ": no server is active: " + String.join(", ", answers));
    }

    private void ask(ServerSettings from) throws ProgramException {
        OwnServer own = new OwnServer(from, PROGRAM);
        String token = own.token("asked");
        try {
            ManagementPortClient.Answer answer = own.client().post("/api/v1/hand-over", token);
            if (answer.status() / 100 != 2) {
                throw failed(from, "does not hand over: " + OwnServer.describe(answer));
            }
        } catch (IOException e) {
            throw failed(from, "does not answer: " + own.client().address() + ": " + ManagementPortClient.reason(e));
        }
    }

    /** Returns the name of the server that is active now. */
    private String awaitOther(ServerSettings from, List<ServerSettings> servers) throws ProgramException {
        long deadlineNs = System.nanoTime() + WAIT_LIMIT_NS;
        while (System.nanoTime() - deadlineNs < 0) {
            for (ServerSettings server : servers) {
                boolean isOther = server.position() != from.position();
                if (isOther && look(server).isActive()) {
                    return server.name();
                }
            }
            LockSupport.parkNanos(POLL_NS);
        }
        throw failed(
                from,
                "was asked to hand over, but no other server is active after "
                        + TimeUnit.NANOSECONDS.toSeconds(WAIT_LIMIT_NS) + " s; it "
                        + look(from).text() + "; see the events of both servers");
    }

    /** What a server says it is, or why it does not say. */
    private Seen look(ServerSettings server) {
        try {
            ManagementPortClient.Answer answer =
                    new OwnServer(server, PROGRAM).client(logIn).get(CLUSTER);
            if (answer.status() == 401) {
                return new Seen("", ManagementPortClient.logInWanted(logIn));
            }
            Map<String, Object> cluster = JsonTree.object(answer.body());
            String self = JsonTree.text(cluster, "self");
            return JsonTree.objects(cluster, "servers").stream()
                    .filter(candidate -> JsonTree.text(candidate, "name").equals(self))
                    .map(candidate -> JsonTree.text(candidate, "role"))
                    .findFirst()
                    .map(role -> new Seen(role, "is " + PrintableText.of(role)))
                    .orElse(new Seen("", "does not say what it is: HTTP " + answer.status()));
        } catch (IOException e) {
            return new Seen("", "is not reachable (" + ManagementPortClient.reason(e) + ")");
        }
    }

    /**
     * What a server answered.
     *
     * @param role empty when it told none.
     * @param text goes on where its name ends.
     */
    private record Seen(String role, String text) {
        boolean isActive() {
            return role.equals(ServerRole.ACTIVE_COORDINATOR.stateName());
        }
    }

    private static ProgramException failed(ServerSettings server, String what) {
        return new ProgramException(ExitCode.FAILED, PROGRAM + ": server " + server.name() + " " + what);
    }
}
