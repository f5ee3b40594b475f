package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/** The store under {@code samples}, built as its author would: by Maven, against the published artifacts alone. */
class StoreSampleIT {
    @Test
    void shouldPassTheContractAndBecomeOneDeployableJar() throws IOException {
        try (JarFile jar = new JarFile(RocksDbSample.jar().toFile())) {
            Attributes manifest = jar.getManifest().getMainAttributes();
            assertThat(manifest.getValue("Provide-Capability")).contains("org.stoneware.storage;mode=rocksdb");
            assertThat(manifest.getValue("Import-Package"))
                    .contains("org.stoneware.spi.storage", "org.agrona")
                    .doesNotContain("org.rocksdb", "org.jspecify");
            assertThat(jar.getEntry("librocksdbjni-linux64.so")).isNotNull();
        }
    }
}
