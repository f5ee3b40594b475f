package org.stoneware.launcher;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.stoneware.api.backup.BackupException;
import org.stoneware.api.backup.BackupReader;
import org.stoneware.shell.client.ShellClient;
import org.stoneware.shell.client.ShellTerminal;

/** {@code restore}: has the active put the sessions of a backup back, or checks a backup without a server. */
final class Restore {
    private static final String PROGRAM = "restore";
    private static final String USAGE =
            """
            Usage: restore FILE [-n NAME] [-f FILE] [--keep | --replace] [--count-time] [--json]
                   restore --check FILE
              FILE                read by the server, with its user's rights, on its machine
              -n, --name NAME     the server to ask; otherwise one that runs on this machine, the active first
              -f, --config FILE   tc-config.xml; found like start-server does
              --keep              a session the array holds stays as it is (so it is without an option)
              --replace           that of the file takes the place of one the array holds, also of a newer one, which is counted
              --count-time        the time since the backup counts as time in which a session was not used; otherwise it does not
              --check             only checks every byte of the file and says what is in it; needs no server
              --json              the outcome as one JSON value
              -h, -?, --help      print this
            Works while Tomcats are served, into any persistence mode. Each session goes to every standby, as durable as any write. The whole
            file is checked first: of a damaged one nothing is put back. Interrupted or refused half way, what is back stays;
            the same command goes on.
            Exit codes: 0 done, 1 not all or nothing put back, or the file is damaged, 2 bad option or configuration, 3 no server
            reached, 4 only the active does this: ask it with -n, 130 interrupted.""";
    private static final int BUFFER_BYTES = 1 << 20;

    private final Terminal terminal;

    Restore(Terminal terminal) {
        this.terminal = terminal;
    }

    int run(List<String> given) throws ProgramException {
        BackupArguments arguments = new BackupArguments(
                PROGRAM, USAGE, terminal, List.of("--keep", "--replace", "--count-time", "--check", "--json"), given);
        if (arguments.isGiven("--help")) {
            terminal.out().println(USAGE);
            return ExitCode.CLEAN;
        }
        Path file = arguments.file();
        if (arguments.isGiven("--keep") && arguments.isGiven("--replace")) {
            throw arguments.wrong("--keep and --replace exclude each other");
        }
        if (arguments.isGiven("--check")) {
            return check(file);
        }
        if (!Files.exists(file)) {
            throw failed(file + ": there is no such file");
        }
        List<String> command = new ArrayList<>(List.of("session:restore", file.toString()));
        for (String option : List.of("--keep", "--replace", "--count-time", "--json")) {
            if (arguments.isGiven(option)) {
                command.add(option);
            }
        }
        return new ShellClient(ShellTerminal.ofProcess(), arguments.candidates())
                .calledAs(PROGRAM)
                .run(command);
    }

    private int check(Path file) throws ProgramException {
        long startNs = System.nanoTime();
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
            BackupReader reader = new BackupReader(in);
            while (reader.next() != null) {
                // Checked, which is all.
            }
            terminal.out()
                    .println(file + " is a whole backup of server "
                            + reader.header().server() + ", mode "
                            + reader.header().mode() + ", begun "
                            + Instant.ofEpochMilli(reader.header().createdTimeMs()) + ": sessions="
                            + reader.summary().sessions() + " bytes=" + reader.position() + " tookMs="
                            + (System.nanoTime() - startNs) / 1_000_000);
            return ExitCode.CLEAN;
        } catch (BackupException e) {
            throw failed(file + ": " + e.getMessage());
        } catch (NoSuchFileException e) {
            throw failed(file + ": there is no such file");
        } catch (IOException e) {
            throw failed(file + " can't be read: " + e.getMessage());
        }
    }

    private static ProgramException failed(String what) {
        return new ProgramException(ExitCode.FAILED, PROGRAM + ": " + what);
    }
}
