package org.stoneware.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One program started by the demo or a test, its output kept in a file.
 * <p>
 * <b>Threading:</b> safe from any thread.
 * <p>
 * <b>Ownership:</b> whoever starts it stops it; {@link #close()} never leaves the program running.
 */
public final class ChildProcess implements AutoCloseable {
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(15);

    private static final Path OWN_STATUS = Path.of("/proc/self/status");
    private static final int SIGINT_BIT = 1;

    private final String name;
    private final Process process;
    private final Path log;

    private ChildProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /**
     * Starts a program; its output and errors are appended to {@code log}.
     *
     * @throws IOException when it cannot be started at all.
     */
    public static ChildProcess start(
            String name, List<String> command, Map<String, String> environment, Path directory, Path log)
            throws IOException {
        List<String> words = new ArrayList<>(isInterruptIgnored() ? List.of("env", "--default-signal=INT") : List.of());
        words.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        return new ChildProcess(name, builder.start(), log);
    }

    /**
     * A shell starts background jobs with SIGINT ignored, and children inherit that: Ctrl-C could not be tried on them.
     */
    private static boolean isInterruptIgnored() {
        try {
            for (String line : Files.readAllLines(OWN_STATUS)) {
                if (line.startsWith("SigIgn:")) {
                    long ignored = Long.parseUnsignedLong(
                            line.substring("SigIgn:".length()).trim(), 16);
                    return (ignored >>> SIGINT_BIT & 1) != 0;
                }
            }
        } catch (IOException e) {
            // Not Linux: taken as it is.
        }
        return false;
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    public Path log() {
        return log;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Everything printed so far. */
    public String output() {
        try {
            // Not readString: what is printed is in the character set of the machine.
            return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Sends a signal by its name without {@code SIG}, for example {@code STOP}, {@code CONT}, {@code INT}, {@code KILL}.
     */
    public void signal(String signal) {
        try {
            new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** {@code kill -9}: nothing is flushed, nobody is told. Returns when the process is gone. */
    public void killHard() {
        process.destroyForcibly();
        awaitExit(STOP_PATIENCE);
    }

    /**
     * Waits for the end of the program.
     *
     * @return its exit code.
     * @throws IllegalStateException when it still runs after {@code patience}.
     */
    public int awaitExit(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(
                        name + " still runs after " + patience + ": pid=" + process.pid() + " log=" + log);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the end of " + name, e);
        }
    }

    /** Asks the program to end, and kills it when it does not. */
    @Override
    public void close() {
        askToStop();
        awaitStop();
    }

    /** The first half of {@link #close()}: several programs stop side by side when all are asked first. */
    public void askToStop() {
        // A stopped process handles no signal until it goes on.
        if (process.isAlive()) {
            signal("CONT");
            process.destroy();
        }
    }

    /** The second half of {@link #close()}. */
    public void awaitStop() {
        boolean isInterrupted = Thread.interrupted();
        try {
            if (!process.waitFor(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                process.waitFor(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            isInterrupted = true;
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
