package org.stoneware.itests;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.demo.ChildProcess;

/** The store under {@code samples}, built once, as its author would: by Maven, against the published artifacts alone. */
final class RocksDbSample {
    static final String MODE = "rocksdb";
    private static final Duration PATIENCE = Duration.ofMinutes(15);
    private static @Nullable Built built;

    private RocksDbSample() {}

    private record Built(int exit, String output) {}

    /**
     * The bundle. Skips the test where RocksDB can't be fetched.
     *
     * @throws AssertionError when it can't be built or does not pass the contract.
     */
    static synchronized Path jar() throws IOException {
        // Of the checkout, whatever distribution a test runs its servers from.
        Path sample = Path.of("../samples/storage-rocksdb").toAbsolutePath().normalize();
        Built result = built;
        if (result == null) {
            result = build(sample);
            built = result;
        }
        assumeFalse(
                result.exit != 0 && result.output.matches("(?s).*(Could not|Cannot).*org\\.rocksdb:rocksdbjni.*"),
                "RocksDB can't be fetched from here");
        if (result.exit != 0) {
            throw new AssertionError("the sample can't be built:\n" + result.output);
        }
        return sample.resolve("target/stoneware-storage-rocksdb-1.0.0.jar");
    }

    private static Built build(Path sample) throws IOException {
        Path directory = Files.createTempDirectory("stoneware-sample-");
        Path log = Files.createFile(directory.resolve("build.log"));
        try (ChildProcess build = ChildProcess.start(
                "sample",
                List.of(sample.resolve("build").toString(), "verify"),
                Map.of("MAVEN_REPO_LOCAL", System.getProperty("org.ops4j.pax.url.mvn.localRepository")),
                directory,
                log)) {
            int exit = build.awaitExit(PATIENCE);
            return new Built(exit, build.output());
        } finally {
            Files.deleteIfExists(log);
            Files.deleteIfExists(directory);
        }
    }
}
