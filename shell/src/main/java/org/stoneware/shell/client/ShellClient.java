package org.stoneware.shell.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.shell.link.ShellExit;
import org.stoneware.shell.link.Words;

/**
 * Runs commands on a server of this machine: those given, those that come through a pipe until one fails, or what a person types.
 * <p>
 * <b>Threading:</b> one thread.
 */
public final class ShellClient {
    private static final String ACTIVE = "ACTIVE-COORDINATOR";
    private static final String STANDBY = "PASSIVE-STANDBY";

    private final ShellTerminal terminal;
    private final List<Candidate> candidates;
    private final String preferredRole;
    private final String program;

    /**
     * A server that may be meant.
     *
     * @param dataDirectory where its socket is.
     */
    public record Candidate(String name, Path dataDirectory) {}

    /** @param candidates servers of this machine, in order of preference; of several that run the active one is taken. */
    public ShellClient(ShellTerminal terminal, List<Candidate> candidates) {
        this(terminal, candidates, ACTIVE, "shell");
    }

    private ShellClient(ShellTerminal terminal, List<Candidate> candidates, String preferredRole, String program) {
        this.terminal = terminal;
        this.candidates = List.copyOf(candidates);
        this.preferredRole = preferredRole;
        this.program = program;
    }

    /** As the constructor, but of several servers that run a standby is taken: for work the active need not do. */
    public static ShellClient preferringStandby(ShellTerminal terminal, List<Candidate> candidates) {
        return new ShellClient(terminal, candidates, STANDBY, "shell");
    }

    /** For a program of another name, under which complaints are made. */
    public ShellClient calledAs(String name) {
        return new ShellClient(terminal, candidates, preferredRole, name);
    }

    /**
     * Runs.
     *
     * @param words a command; empty to read commands.
     * @return exit code, one of {@link ShellExit}.
     */
    public int run(List<String> words) {
        boolean isTyped = words.isEmpty() && terminal.isInputTty();
        try (ServerLink link = connect(terminal.width())) {
            if (isTyped) {
                return new TypedShell(terminal, link).run();
            }
            return words.isEmpty() ? pipe(link) : execute(link, Words.line(words));
        } catch (IOException e) {
            terminal.err().println(program + ": " + reason(e));
            return ShellExit.UNREACHABLE;
        }
    }

    private ServerLink connect(int width) throws IOException {
        List<String> refused = new ArrayList<>();
        @Nullable ServerLink chosen = null;
        for (Candidate candidate : candidates) {
            try {
                ServerLink link = ServerLink.open(candidate.dataDirectory(), terminal, width);
                if (chosen == null) {
                    chosen = link;
                } else if (link.role().equals(preferredRole) && !chosen.role().equals(preferredRole)) {
                    chosen.close();
                    chosen = link;
                } else {
                    link.close();
                }
            } catch (IOException e) {
                refused.add(candidate.name() + " (" + reason(e) + "; data in " + candidate.dataDirectory() + ")");
            }
        }
        if (chosen == null) {
            throw new IOException("no server answers on this machine: " + String.join(", ", refused)
                    + "; start it, or name its tc-config with -f, as the user who runs it");
        }
        return chosen;
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        if (message == null) {
            return e.getClass().getSimpleName();
        }
        return message.equals("No such file or directory") || message.equals("Connection refused")
                ? "not running"
                : message;
    }

    private int execute(ServerLink link, String line) throws IOException {
        return link.execute(line, new PlainPerson());
    }

    /** Blank lines and those that begin with {@code #} are passed over. */
    private int pipe(ServerLink link) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
        String line;
        while ((line = lines.readLine()) != null) {
            if (!line.isBlank() && !line.stripLeading().startsWith("#")) {
                if (line.strip().equals("exit")) {
                    return ShellExit.DONE;
                }
                int exitCode = execute(link, line);
                if (exitCode != ShellExit.DONE) {
                    return exitCode;
                }
            }
        }
        return ShellExit.DONE;
    }

    /** Bytes go where they are to go; questions are asked on the error stream, so that the answer may be kept. */
    private final class PlainPerson implements ServerLink.Person {
        @Override
        public void out(byte[] bytes) {
            terminal.out().write(bytes, 0, bytes.length);
            terminal.out().flush();
        }

        @Override
        public void err(byte[] bytes) {
            terminal.err().write(bytes, 0, bytes.length);
            terminal.err().flush();
        }

        @Override
        public @Nullable String ask(String question) {
            terminal.err().print(question);
            terminal.err().flush();
            try {
                return new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8)).readLine();
            } catch (IOException e) {
                return null;
            }
        }
    }
}
