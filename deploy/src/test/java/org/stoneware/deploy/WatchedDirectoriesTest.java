package org.stoneware.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedDirectoriesTest {
    @TempDir
    private Path directory;

    @Test
    void shouldFindTheJarsOfEveryDirectoryInTheOrderOfTheirNames() throws IOException {
        Path one = Files.createDirectories(directory.resolve("one"));
        Path two = Files.createDirectories(directory.resolve("two"));
        Files.createFile(one.resolve("b.jar"));
        Files.createFile(one.resolve("a.jar"));
        Files.createFile(one.resolve("README.txt"));
        Files.createFile(two.resolve("c.jar"));

        assertThat(WatchedDirectories.jars(one + ", " + two + "," + directory.resolve("missing") + ","))
                .extracting(File::getName)
                .containsExactly("a.jar", "b.jar", "c.jar");
        assertThat(WatchedDirectories.jars(null)).isEmpty();
    }

    @Test
    void shouldMoveARetiredJarToWhereItIsNotFoundAgain() throws IOException {
        Path jar = Files.writeString(directory.resolve("store.jar"), "second");
        Files.createDirectories(directory.resolve("retired"));
        Files.writeString(directory.resolve("retired/store.jar"), "first");

        String place = WatchedDirectories.retire(jar);

        assertThat(Path.of(place))
                .isEqualTo(directory.resolve("retired/store.jar"))
                .hasContent("second");
        assertThat(WatchedDirectories.jars(directory.toString())).isEmpty();
        assertThat(WatchedDirectories.retire(jar)).as("gone already").isEmpty();
    }
}
