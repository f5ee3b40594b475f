package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.stoneware.demo.ChildProcess;

/** The programs of {@code bin/}, run for one array as its operator runs them, with {@code -f}. */
final class ArrayPrograms {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final TestServerArray array;

    ArrayPrograms(TestServerArray array) {
        this.array = array;
    }

    /**
     * Runs a program to its end.
     *
     * @return what it printed.
     * @throws AssertionError with what it printed, when it ends with another exit code.
     */
    String run(int exitCode, String name, String... arguments) throws IOException {
        try (ChildProcess program = start(name, arguments)) {
            int exit = program.awaitExit(PATIENCE);
            assertThat(exit)
                    .as(name + " " + List.of(arguments) + "\n" + program.output())
                    .isEqualTo(exitCode);
            return program.output();
        }
    }

    /** Starts a program; the caller closes it. */
    ChildProcess start(String name, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Layout.distribution().resolve("bin").resolve(name).toString(),
                "-f",
                array.config().file().toString()));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(array.directory(), name + '-', ".txt");
        return ChildProcess.start(name, command, Map.of(), array.directory(), out);
    }
}
