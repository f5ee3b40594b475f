package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Await;
import org.stoneware.demo.ChildProcess;

/** The checkout's own {@code bin/stoneware}: when it builds, and which layout it then runs. Maven is replaced by a script that tells. */
class CheckoutScriptIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Writes a half layout, waits for a file to appear, then completes the layout; one that was left behind ends with its directory. */
    private static final String BUILD =
            """
            #!/bin/sh
            echo build >>builds
            layout=distribution/target/stoneware-9.9
            mkdir -p $layout/bin
            printf '#!/bin/sh\\necho half\\n' >$layout/bin/stoneware
            chmod +x $layout/bin/stoneware
            while [ ! -f may-finish ] && [ -f pom.xml ]; do sleep 0.1; done
            [ -f may-finish ] || exit 1
            printf '#!/bin/sh\\necho "complete $*"\\n' >$layout/bin/stoneware
            touch distribution/target/layout.complete
            """;

    @TempDir
    private Path directory;

    private Path root;
    private Path mayFinish;
    private int runs;

    @BeforeEach
    void layOut() throws IOException {
        root = Files.createDirectories(directory.resolve("check out"));
        Files.createDirectories(root.resolve("bin"));
        Path checkout = Layout.distribution().resolve("../../../bin").normalize();
        for (String script : List.of("stoneware", "start-server")) {
            Files.copy(checkout.resolve(script), root.resolve("bin").resolve(script));
        }
        Files.writeString(root.resolve("pom.xml"), "<project>\n  <version>9.9</version>\n</project>\n");
        Files.writeString(root.resolve("mvnw"), BUILD);
        Files.setPosixFilePermissions(root.resolve("mvnw"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectories(root.resolve("api/src/main"));
        Files.writeString(root.resolve("api/src/main/A.java"), "");
        mayFinish = Files.writeString(root.resolve("may-finish"), "");
    }

    @Test
    void shouldBuildOnceAndPassArgumentsOn() throws IOException {
        assertThat(run()).contains("building Stoneware", "complete start-server -n Server1");
        assertThat(run()).contains("complete start-server -n Server1").doesNotContain("building");
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void shouldBuildAgainWhenSourceIsNewer() throws IOException {
        run();
        Files.setLastModifiedTime(
                root.resolve("api/src/main/A.java"), FileTime.from(Instant.now().plusSeconds(60)));

        run();

        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void shouldLetSecondStartWaitForBuildOfFirst() throws IOException {
        Files.delete(mayFinish);
        ChildProcess first = start();
        awaitBuild();
        ChildProcess second = start();
        Await.until("the second waits", PATIENCE, () -> second.output().contains("waiting"), second::output);

        Files.writeString(mayFinish, "");

        assertThat(first.awaitExit(PATIENCE)).isZero();
        assertThat(second.awaitExit(PATIENCE)).isZero();
        assertThat(second.output()).contains("complete");
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void shouldNeverUseLayoutOfKilledBuild() throws IOException {
        Files.delete(mayFinish);
        ChildProcess killed = start();
        awaitBuild();
        killed.killHard();

        Files.writeString(mayFinish, "");

        assertThat(run()).contains("complete").doesNotContain("half");
    }

    private void awaitBuild() {
        Path half = root.resolve("distribution/target/stoneware-9.9/bin/stoneware");
        Await.until("the build has begun", PATIENCE, () -> Files.exists(half), () -> "no " + half);
    }

    private int builds() throws IOException {
        return Files.readAllLines(root.resolve("builds")).size();
    }

    private String run() throws IOException {
        ChildProcess process = start();
        assertThat(process.awaitExit(PATIENCE)).isZero();
        return process.output();
    }

    private ChildProcess start() throws IOException {
        return ChildProcess.start(
                "start-server",
                List.of(root.resolve("bin/start-server").toString(), "-n", "Server1"),
                Map.of(),
                root,
                directory.resolve("run-" + ++runs + ".txt"));
    }
}
