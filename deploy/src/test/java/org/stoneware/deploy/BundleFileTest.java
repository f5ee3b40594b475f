package org.stoneware.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundleFileTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.stoneware.storage;mode=\"rocksdb\"",
                "osgi.service;objectClass=\"x\",org.stoneware.storage;mode=\"rocksdb\"",
                "osgi.service;objectClass=\"x\", org.stoneware.storage ; mode=\"rocksdb\""
            })
    void shouldRecogniseBundleThatOffersAStore(String capability) throws IOException {
        Path jar = jar("store.jar", "com.example.store;singleton:=true", "1.2.3", capability);

        BundleFile found = BundleFile.read(jar.toFile());

        assertThat(found).isNotNull();
        assertThat(found.offersStore()).isTrue();
        assertThat(found.inWords()).isEqualTo("com.example.store 1.2.3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"org.stoneware.transport;name=\"x\"", "com.example.org.stoneware.storage;mode=\"x\"", ""})
    void shouldNotTakeOtherBundlesForStores(String capability) throws IOException {
        Path jar = jar("other.jar", "com.example.other", "1.0.0", capability);

        BundleFile found = BundleFile.read(jar.toFile());

        assertThat(found).isNotNull();
        assertThat(found.offersStore()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "osgi.service;objectClass:List<String>=\"a.B,org.stoneware.spi.election.ElectionProvider\";uses:=\"x\"",
                "osgi.service;objectClass:List=\"a.B, org.stoneware.spi.election.ElectionProvider\"",
                "osgi.service;objectClass=a.B;effective:=active,osgi.service;objectClass=org.stoneware.spi.election.ElectionProvider"
            })
    void shouldTellTheServicesOfABundle(String capability) throws IOException {
        Path jar = jar("election.jar", "com.example.election", "1.0.0", capability);

        BundleFile found = BundleFile.read(jar.toFile());

        assertThat(found).isNotNull();
        assertThat(found.services()).containsExactlyInAnyOrder("a.B", "org.stoneware.spi.election.ElectionProvider");
    }

    @Test
    void shouldReadADirectoryLikeAJar() throws IOException {
        Path bundle = Files.createDirectories(directory.resolve("unpacked"));
        Files.createDirectory(bundle.resolve("META-INF"));
        Files.writeString(
                bundle.resolve("META-INF/MANIFEST.MF"),
                "Manifest-Version: 1.0\nBundle-SymbolicName: com.example.part\nBundle-Version: 2\n"
                        + "Fragment-Host: org.stoneware.election;bundle-version=0\n");

        BundleFile found = BundleFile.read(bundle.toFile());

        assertThat(found).isNotNull();
        assertThat(found.inWords()).isEqualTo("com.example.part 2.0.0");
        assertThat(found.host()).isEqualTo("org.stoneware.election");
    }

    @Test
    void shouldLeaveAFileAloneThatIsNoJar() throws IOException {
        Path file = Files.writeString(directory.resolve("half.jar"), "PK half of it");

        assertThat(BundleFile.read(file.toFile())).isNull();
    }

    private Path jar(String name, String symbolicName, String version, String capability) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-SymbolicName", symbolicName);
        main.putValue("Bundle-Version", version);
        if (!capability.isEmpty()) {
            main.putValue("Provide-Capability", capability);
        }
        Path jar = directory.resolve(name);
        new JarOutputStream(Files.newOutputStream(jar), manifest).close();
        return jar;
    }
}
