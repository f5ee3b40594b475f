package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.ChildProcess;

/** The store under {@code samples}, built as its author would: by Maven, against the published artifacts alone. */
class StoreSampleIT {
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    @Test
    void shouldPassTheContractAndBecomeOneDeployableJar() throws IOException {
        Path sample = Layout.distribution()
                .resolve("../../../samples/storage-rocksdb")
                .normalize();
        int exit;
        String output;
        try (ChildProcess build = ChildProcess.start(
                "sample",
                List.of(sample.resolve("build").toString(), "verify"),
                Map.of("MAVEN_REPO_LOCAL", System.getProperty("org.ops4j.pax.url.mvn.localRepository")),
                directory,
                Files.createFile(directory.resolve("build.log")))) {
            exit = build.awaitExit(PATIENCE);
            output = build.output();
        }

        assumeFalse(
                exit != 0 && output.matches("(?s).*(Could not|Cannot).*org\\.rocksdb:rocksdbjni.*"),
                "RocksDB can't be fetched from here");
        assertThat(exit).as(output).isZero();
        try (JarFile jar = new JarFile(
                sample.resolve("target/stoneware-storage-rocksdb-1.0.0.jar").toFile())) {
            Attributes manifest = jar.getManifest().getMainAttributes();
            assertThat(manifest.getValue("Provide-Capability")).contains("org.stoneware.storage;mode=rocksdb");
            assertThat(manifest.getValue("Import-Package"))
                    .contains("org.stoneware.spi.storage", "org.agrona")
                    .doesNotContain("org.rocksdb", "org.jspecify");
            assertThat(jar.getEntry("librocksdbjni-linux64.so")).isNotNull();
        }
    }
}
