package org.stoneware.shell.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;
import org.jspecify.annotations.Nullable;
import org.stoneware.shell.link.ShellExit;

/**
 * A person at a terminal: line editing, history, completion by the server, Ctrl-C for what runs, Ctrl-D or {@code exit} to leave.
 * <p>
 * The terminal hands over single keys from the first prompt to the end, also while a command runs (ADR 0190). If it went back to whole
 * lines for each command, it would show what is typed meanwhile above the next prompt, and again in it, and would make its own of keys
 * like Ctrl-D and Ctrl-U that are meant for the editor.
 */
final class TypedShell {
    private static final int HISTORY = 1_000;

    private final ShellTerminal streams;
    private final ServerLink link;
    private boolean isAsking;

    TypedShell(ShellTerminal streams, ServerLink link) {
        this.streams = streams;
        this.link = link;
    }

    int run() throws IOException {
        // The terminal program stty needs no native code and no permission of the JVM for it.
        try (Terminal terminal = TerminalBuilder.builder()
                .system(true)
                .exec(true)
                .jni(false)
                .ffm(false)
                .nativeSignals(true)
                .encoding(StandardCharsets.UTF_8)
                .build()) {
            // Closing the terminal gives back how it was, also when the process is ended from outside.
            terminal.enterRawMode();
            terminal.handle(Terminal.Signal.INT, signal -> link.cancel());
            // Who was stopped by Ctrl-Z finds the terminal as the other shell left it.
            terminal.handle(Terminal.Signal.CONT, signal -> terminal.enterRawMode());
            LineReader reader = reader(terminal);
            terminal.writer()
                    .println("Shell of " + link.server()
                            + ". help lists the commands, COMMAND --help explains one, exit or Ctrl-D leaves.");
            return loop(terminal, reader);
        }
    }

    private LineReader reader(Terminal terminal) {
        DefaultParser parser = new DefaultParser();
        // A line is gogo's to understand, not the editor's.
        parser.setEscapeChars(null);
        parser.setQuoteChars(new char[0]);
        LineReaderBuilder builder = LineReaderBuilder.builder()
                .terminal(terminal)
                .appName("stoneware")
                .parser(parser)
                .variable(LineReader.HISTORY_SIZE, HISTORY)
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.HISTORY_IGNORE_SPACE, true)
                .completer((lineReader, parsed, candidates) ->
                        complete(parsed.line().substring(0, parsed.cursor()), candidates));
        try {
            builder.variable(LineReader.HISTORY_FILE, historyFile());
        } catch (IOException e) {
            terminal.writer().println("What you type is not kept for the next time: " + e);
        }
        return builder.build();
    }

    private void complete(String line, List<Candidate> candidates) {
        if (isAsking) {
            // The server waits for the answer and for nothing else.
            return;
        }
        List<String> found = new ArrayList<>();
        Thread asking = new Thread(
                () -> {
                    try {
                        found.addAll(link.candidates(line));
                    } catch (IOException e) {
                        // The next command says that the server is gone.
                    }
                },
                "shell-completion");
        asking.setDaemon(true);
        asking.start();
        // Ctrl-C interrupts who edits; one that asks the server itself would close the connection by it.
        boolean wasInterrupted = false;
        while (asking.isAlive()) {
            try {
                asking.join();
            } catch (InterruptedException e) {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
        found.forEach(each -> candidates.add(new Candidate(each)));
    }

    private int loop(Terminal terminal, LineReader reader) throws IOException {
        int exitCode = ShellExit.DONE;
        Screen person = new Screen(terminal, reader);
        int width = streams.width();
        while (true) {
            String line;
            try {
                line = reader.readLine(prompt(terminal));
            } catch (UserInterruptException e) {
                // The editor may leave a second Ctrl-C behind; it is not for what comes next.
                Thread.interrupted();
                continue;
            } catch (EndOfFileException e) {
                return exitCode;
            }
            String command = line.strip();
            if (command.equals("exit") || command.equals("quit")) {
                return exitCode;
            }
            if (terminal.getWidth() != width) {
                width = terminal.getWidth();
                link.resize(width);
            }
            if (!command.isEmpty()) {
                exitCode = link.execute(line, person);
                terminal.flush();
            }
        }
    }

    private String prompt(Terminal terminal) {
        if (!streams.isColoured()) {
            return link.server() + " " + link.role() + "> ";
        }
        int colour =
                switch (link.role()) {
                    case "ACTIVE-COORDINATOR" -> AttributedStyle.GREEN;
                    case "PASSIVE-STANDBY" -> AttributedStyle.CYAN;
                    case "FENCED", "STOP-STATE" -> AttributedStyle.RED;
                    default -> AttributedStyle.YELLOW;
                };
        return new AttributedStringBuilder()
                .append(new AttributedString(link.server(), AttributedStyle.BOLD))
                .append(' ')
                .append(new AttributedString(link.role(), AttributedStyle.DEFAULT.foreground(colour)))
                .append("> ")
                .toAnsi(terminal);
    }

    /** Ids of sessions are as good as passwords while they live, so nobody else reads the file. */
    private static Path historyFile() throws IOException {
        Path directory = Path.of(System.getProperty("user.home", "."), ".stoneware");
        Path file = directory.resolve("shell-history");
        Files.createDirectories(directory);
        if (!Files.exists(file)) {
            Files.createFile(file);
        }
        if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
        return file;
    }

    /** Answers go through the terminal, so that they and the edited line do not cross. */
    private final class Screen implements ServerLink.Person {
        private final Terminal terminal;
        private final LineReader reader;

        private Screen(Terminal terminal, LineReader reader) {
            this.terminal = terminal;
            this.reader = reader;
        }

        @Override
        public void out(byte[] bytes) throws IOException {
            terminal.writer().flush();
            terminal.output().write(bytes);
            terminal.output().flush();
        }

        @Override
        public void err(byte[] bytes) throws IOException {
            out(bytes);
        }

        @Override
        public @Nullable String ask(String question) {
            boolean wasKept = Boolean.TRUE.equals(reader.getVariable(LineReader.DISABLE_HISTORY));
            reader.setVariable(LineReader.DISABLE_HISTORY, true);
            isAsking = true;
            try {
                return reader.readLine(question);
            } catch (UserInterruptException | EndOfFileException e) {
                Thread.interrupted();
                return null;
            } finally {
                isAsking = false;
                reader.setVariable(LineReader.DISABLE_HISTORY, wasKept);
            }
        }
    }
}
