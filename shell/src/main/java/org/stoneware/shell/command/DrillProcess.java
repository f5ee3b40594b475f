package org.stoneware.shell.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Runs {@code bin/drill}: a process of its own, since it joins the array as a Tomcat does, with the client's classes. */
final class DrillProcess {
    private static final String HOME = "stoneware.home";

    private final String configSource;

    /** @param configSource the tc-config.xml this server was started with. */
    DrillProcess(String configSource) {
        this.configSource = configSource;
    }

    /**
     * Runs it to its end, or ends it when interrupted.
     *
     * @param report takes each line it prints.
     * @return its exit code.
     */
    int run(List<String> options, Consumer<String> report) throws InterruptedException {
        Path script = Path.of(System.getProperty(HOME, "."), "bin", "stoneware");
        if (!Files.isExecutable(script)) {
            throw CommandFailure.failed(
                    "there is no drill here: " + script + " is missing; run bin/drill of an installation");
        }
        List<String> command = new ArrayList<>(List.of(script.toString(), "drill"));
        if (Files.isRegularFile(Path.of(configSource))) {
            command.addAll(List.of("-f", configSource));
        }
        command.addAll(options);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // Options of this server are not for a small program beside it.
        builder.environment().remove("STONEWARE_OPTS");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw CommandFailure.failed("the drill does not start: " + e.getMessage());
        }
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            String line;
            while ((line = lines.readLine()) != null) {
                report.accept(line);
            }
            return process.waitFor();
        } catch (IOException e) {
            throw CommandFailure.failed("the drill's report can't be read: " + e.getMessage());
        } finally {
            process.destroy();
        }
    }
}
