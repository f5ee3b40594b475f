package org.stoneware.storage.segments.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A JVM of its own that is killed at a moment of the test's choice. It tells what it has acknowledged line by line, so that somebody has
 * it who outlives the kill.
 */
public final class KilledProcess {
    private static final int MAX_RUN_SEC = 120;
    /** Ends each line; the last one read may be half of one. */
    private static final char END = '.';

    private KilledProcess() {}

    /** Says something to the test, from inside the process: one line, or several that end with {@code ".\n"} each. */
    public static void tell(StringBuilder lines) {
        byte[] bytes = lines.toString().getBytes(StandardCharsets.US_ASCII);
        System.out.write(bytes, 0, bytes.length);
        System.out.flush();
    }

    /**
     * Runs a main class until it is killed.
     *
     * @param main      a class of the test's class path.
     * @param killAfter the line, counted from 0, after which it is killed.
     * @param delayMs   milliseconds from that line to the kill, so that it meets any moment of a write.
     * @param onLine    takes each line it told, without the end.
     * @return lines told, the ones on their way when it died included.
     * @throws IOException when it ended by itself, with what is wrong in the output of the test, or was not killed within {@value
     *                     #MAX_RUN_SEC} s since it told too little.
     */
    public static int run(Class<?> main, List<String> arguments, int killAfter, int delayMs, Consumer<String> onLine)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-exports",
                "java.base/jdk.internal.misc=ALL-UNNAMED",
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        CompletableFuture.delayedExecutor(MAX_RUN_SEC, TimeUnit.SECONDS).execute(process::destroyForcibly);
        int count = 0;
        boolean isKilled = false;
        try (BufferedReader told =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = told.readLine(); line != null; line = told.readLine()) {
                if (!line.isEmpty() && line.charAt(line.length() - 1) == END) {
                    onLine.accept(line.substring(0, line.length() - 1));
                }
                if (count++ == killAfter) {
                    Thread.sleep(delayMs); // the moment of the kill, not a wait for anything
                    isKilled = process.isAlive();
                    process.toHandle().destroyForcibly(); // the process itself would close the stream that is read here
                }
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        if (!isKilled) {
            throw new IOException("the process ended by itself, or told nothing for too long: exitCode="
                    + process.exitValue() + " lines=" + count);
        }
        return count;
    }
}
