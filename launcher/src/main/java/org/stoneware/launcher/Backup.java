package org.stoneware.launcher;

import java.util.ArrayList;
import java.util.List;
import org.stoneware.shell.client.ShellClient;
import org.stoneware.shell.client.ShellTerminal;

/** {@code backup}: has a running server write all its sessions into a file. */
final class Backup {
    private static final String PROGRAM = "backup";
    private static final String USAGE =
            """
            Usage: backup FILE [-n NAME] [-f FILE] [--json]
              FILE                written by the server, with its user's rights, on its machine; must not exist
              -n, --name NAME     the server that writes it; otherwise one that runs on this machine, a standby first
              -f, --config FILE   tc-config.xml; found like start-server does
              --json              the outcome as one JSON value
              -h, -?, --help      print this
            Works while Tomcats are served, for the user who runs the server. Each session is as it was at one moment between begin and
            end. The file has its name only once it is whole, read back and on disk (before, it ends in .part), and only its
            owner may read it: whoever can holds everybody's sessions.
            Exit codes: 0 written, 1 not written, 2 bad option or configuration, 3 no server reached, 4 this server may lack
            sessions: ask another one with -n, 130 interrupted.""";

    private final Terminal terminal;

    Backup(Terminal terminal) {
        this.terminal = terminal;
    }

    int run(List<String> given) throws ProgramException {
        BackupArguments arguments = new BackupArguments(PROGRAM, USAGE, terminal, List.of("--json"), given);
        if (arguments.isGiven("--help")) {
            terminal.out().println(USAGE);
            return ExitCode.CLEAN;
        }
        List<String> command =
                new ArrayList<>(List.of("session:backup", arguments.file().toString()));
        if (arguments.isGiven("--json")) {
            command.add("--json");
        }
        return ShellClient.preferringStandby(ShellTerminal.ofProcess(), arguments.candidates())
                .calledAs(PROGRAM)
                .run(command);
    }
}
