package org.stoneware.launcher;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.config.ServerChoice;
import org.stoneware.config.TcConfig;
import org.stoneware.shell.client.ShellClient;
import org.stoneware.shell.client.ShellTerminal;

/** {@code shell}: finds the servers that may be meant and runs commands on one of them. */
final class Shell {
    private static final String PROGRAM = "shell";
    private static final String USAGE =
            """
            Usage: shell [-n NAME] [-f FILE] [COMMAND [ARGUMENT...]]
              -n, --name NAME     the server to talk to; otherwise one that runs on this machine, the active first
              -f, --config FILE   tc-config.xml; found like start-server does
              -h, -?, --help      print this
            Without a command: reads commands from a terminal, with editing, history and completion, or from a pipe until one fails.
              shell cluster:status                 the array, and what is wrong with it
              shell session:list --json            for scripts; every command of ours has --json and --help
              shell "server:sweep; session:stats"  a command in one piece may be several
              shell help                           all commands
            Works on the machine of the server, for the user who runs it.
            Exit codes: 0 done, 1 not done, 2 bad command, option or configuration, 3 no server reached, 4 only the active does
            this: ask it with -n, 130 interrupted.""";

    private final Terminal terminal;

    Shell(Terminal terminal) {
        this.terminal = terminal;
    }

    int run(List<String> arguments) throws ProgramException {
        int command = firstWord(arguments);
        Options options = new Options(PROGRAM, USAGE)
                .value("--name", "-n")
                .value("--config", "-f")
                .parse(arguments.subList(0, command));
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
        List<ShellClient.Candidate> candidates = new ArrayList<>();
        for (ServerSettings server : config.settings(0).servers()) {
            candidates.add(new ShellClient.Candidate(server.name(), server.dataDirectory()));
        }
        @Nullable String name = options.get("--name");
        if (name != null) {
            ServerChoice choice = config.choose(name);
            if (!choice.isChosen()) {
                throw new ProgramException(ExitCode.CONFIGURATION, PROGRAM + ": " + choice.problem());
            }
            candidates = List.of(candidates.get(choice.position()));
        }
        return new ShellClient(ShellTerminal.ofProcess(), candidates).run(arguments.subList(command, arguments.size()));
    }

    /** Where the command begins: behind the options of this program, whose values are the only other words without a dash. */
    private static int firstWord(List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (!argument.startsWith("-")) {
                return i;
            }
            boolean takesNext = List.of("-n", "--name", "-f", "--config").contains(argument);
            i += takesNext ? 1 : 0;
        }
        return arguments.size();
    }
}
