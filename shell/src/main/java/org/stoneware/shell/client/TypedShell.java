package org.stoneware.shell.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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

/** A person at a terminal: line editing, history, completion by the server, Ctrl-C for what runs, Ctrl-D or {@code exit} to leave. */
final class TypedShell {
    private static final int HISTORY = 1_000;

    private final ShellTerminal streams;
    private final ServerLink link;

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
            LineReader reader = reader(terminal);
            terminal.writer()
                    .println("Shell of " + link.server()
                            + ". help lists the commands, COMMAND --help explains one, exit or Ctrl-D" + " leaves.");
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
        Path history = historyFile();
        if (history != null) {
            builder.variable(LineReader.HISTORY_FILE, history);
        }
        return builder.build();
    }

    private void complete(String line, List<Candidate> candidates) {
        try {
            for (String each : link.candidates(line)) {
                candidates.add(new Candidate(each));
            }
        } catch (IOException e) {
            // The next command says that the server is gone.
        }
    }

    private int loop(Terminal terminal, LineReader reader) throws IOException {
        int exitCode = ShellExit.DONE;
        Screen person = new Screen(terminal, reader);
        terminal.handle(Terminal.Signal.INT, signal -> link.cancel());
        int width = streams.width();
        while (true) {
            String line;
            try {
                line = reader.readLine(prompt(terminal));
            } catch (UserInterruptException e) {
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

    /** Ids of sessions are as good as passwords while they live, so nobody else reads the file; null when that can't be had. */
    private static @Nullable Path historyFile() {
        Path directory = Path.of(System.getProperty("user.home", "."), ".stoneware");
        Path file = directory.resolve("shell-history");
        try {
            Files.createDirectories(directory);
            if (!Files.exists(file)) {
                Files.createFile(file);
            }
            if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            }
            return file;
        } catch (IOException e) {
            return null;
        }
    }

    /** Answers go through the terminal, so that they and the edited line do not cross. */
    private static final class Screen implements ServerLink.Person {
        private final Terminal terminal;
        private final LineReader reader;

        private Screen(Terminal terminal, LineReader reader) {
            this.terminal = terminal;
            this.reader = reader;
        }

        @Override
        public void out(byte[] bytes) {
            try {
                terminal.writer().flush();
                terminal.output().write(bytes);
                terminal.output().flush();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        @Override
        public void err(byte[] bytes) {
            out(bytes);
        }

        @Override
        public @Nullable String ask(String question) {
            boolean wasKept = Boolean.TRUE.equals(reader.getVariable(LineReader.DISABLE_HISTORY));
            reader.setVariable(LineReader.DISABLE_HISTORY, true);
            try {
                return reader.readLine(question);
            } catch (UserInterruptException | EndOfFileException e) {
                return null;
            } finally {
                reader.setVariable(LineReader.DISABLE_HISTORY, wasKept);
            }
        }
    }
}
