package org.stoneware.shell;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.jline.reader.LineReader;
import org.stoneware.api.cluster.ManagementService;
import org.stoneware.shell.client.ShellClient;

/** The client in a JVM of its own at a pseudo-terminal, and a person at its keys. */
final class PseudoTerminal implements AutoCloseable {
    static final Path SCRIPT = Path.of("/usr/bin/script");
    private static final long PATIENCE_SEC = 60;

    private final Path screenFile;
    private final Process process;
    private final OutputStream keys;
    private int read;

    PseudoTerminal(Path directory, int columns, Map<String, String> environment) throws IOException {
        screenFile = directory.resolve("screen.txt");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String command =
                "stty cols " + columns + " rows 40; exec " + java + " -Xmx64m -XX:TieredStopAtLevel=1 -Duser.home="
                        + directory + " -Dstoneware.shell.tty=in,out -Dstoneware.shell.columns=" + columns + " -cp "
                        + classPath() + " "
                        + TypedClient.class.getName() + " " + directory;
        ProcessBuilder builder = new ProcessBuilder(
                        SCRIPT.toString(),
                        "-qefc",
                        command,
                        directory.resolve("typescript").toString())
                .redirectErrorStream(true)
                .redirectOutput(screenFile.toFile());
        builder.environment().put("TERM", "xterm-256color");
        builder.environment().remove("NO_COLOR");
        builder.environment().putAll(environment);
        process = builder.start();
        keys = process.getOutputStream();
    }

    private static String classPath() {
        return Stream.of(
                        PseudoTerminal.class,
                        ShellClient.class,
                        ManagementService.class,
                        DirectBuffer.class,
                        CommandProcessorImpl.class,
                        LineReader.class,
                        JsonFactory.class)
                .map(PseudoTerminal::codeSource)
                .distinct()
                .collect(Collectors.joining(":"));
    }

    private static String codeSource(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    void type(String text) throws IOException {
        keys.write(text.getBytes(StandardCharsets.UTF_8));
        keys.flush();
    }

    /** Everything shown so far, with the terminal's control sequences. */
    String screen() throws IOException {
        return Files.readString(screenFile, StandardCharsets.UTF_8);
    }

    /** Waits until the text is shown behind what was waited for before; returns what was shown from there to its end. */
    String await(String text) throws Exception {
        long startNs = System.nanoTime();
        while (true) {
            String screen = screen();
            int at = screen.indexOf(text, read);
            if (at >= 0) {
                String shown = screen.substring(read, at + text.length());
                read = at + text.length();
                return shown;
            }
            if (System.nanoTime() - startNs > TimeUnit.SECONDS.toNanos(PATIENCE_SEC)) {
                throw new AssertionError(
                        "not on the screen: " + text + "\n" + screen.substring(read) + "\nall:\n" + screen);
            }
            // A terminal is a file here; nobody tells when it grows.
            Thread.sleep(20);
        }
    }

    /** Its exit code. */
    int awaitEnd() throws Exception {
        if (!process.waitFor(PATIENCE_SEC, TimeUnit.SECONDS)) {
            throw new AssertionError("still there:\n" + screen());
        }
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        keys.close();
    }
}
