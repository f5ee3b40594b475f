package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.ChildProcess;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.ServerProcess;

/**
 * What a server process takes of memory for so many sessions of about 2 KiB, started as {@code bin/start-server} starts it by default. A
 * measurement: run on demand, with {@code -Dstoneware.itests.many.sessions=1000000}; other options of its JVM, which come last and win, in
 * {@code stoneware.itests.many.options}, another mode in {@code stoneware.itests.many.mode}.
 */
@EnabledIfSystemProperty(
        named = "stoneware.itests.many.sessions",
        matches = "\\d+",
        disabledReason = "measures on demand")
class ManySessionsIT {
    private static final String NAME = "Server1";
    private static final int VALUE_LENGTH = 2_000;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @TempDir
    private Path directory;

    @Test
    void shouldTellWhatItTakesOfMemory() throws Exception {
        int sessions = Integer.getInteger("stoneware.itests.many.sessions");
        String options = System.getProperty("stoneware.itests.many.options", "");
        String mode = System.getProperty("stoneware.itests.many.mode", "permanent-store");
        try (TestServerArray array = TestServerArray.create(directory, Hosts.loopback(NAME), "", mode, List.of(NAME));
                ServerProcess server = ServerProcess.start(Layout.distribution(), array.config(), NAME, options)) {
            server.awaitRole(Cluster.ACTIVE);
            long pid = server.process().pid();
            String before = memory(pid);
            long beginNs = System.nanoTime();
            new StoredSessions(array.config(), "many", sessions, VALUE_LENGTH).create();
            long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNs);

            assertThat(server.role()).isEqualTo(Cluster.ACTIVE);
            System.out.println("mode=" + mode + " options=\"" + options + "\" before any session:\n" + before + "\n"
                    + sessions + " sessions created in " + tookMs + " ms:\n" + memory(pid));
        }
    }

    /** Heap in use after a collection, and what the operating system counts as the process's. */
    private String memory(long pid) throws IOException {
        jcmd(pid, "GC.run");
        String heap = jcmd(pid, "GC.heap_info");
        return heap
                + String.join(
                        "\n",
                        Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                                .filter(line -> line.startsWith("VmRSS") || line.startsWith("Rss"))
                                .toList());
    }

    private String jcmd(long pid, String what) throws IOException {
        String program = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Path out = Files.createTempFile(directory, "jcmd", ".txt");
        List<String> command = List.of(program, Long.toString(pid), what);
        try (ChildProcess process = ChildProcess.start("jcmd", command, Map.of(), directory, out)) {
            assertThat(process.awaitExit(PATIENCE)).as(process.output()).isZero();
            return process.output();
        }
    }
}
