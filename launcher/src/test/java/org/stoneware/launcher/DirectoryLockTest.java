package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryLockTest {
    @TempDir
    Path directory;

    @Test
    void shouldLockOutASecondHolderAndNameTheFirst() throws IOException {
        try (DirectoryLock first = DirectoryLock.acquire(directory)) {
            assertThat(first).isNotNull();
            assertThat(DirectoryLock.acquire(directory)).isNull();
            assertThat(DirectoryLock.isHeld(directory)).isTrue();
            assertThat(DirectoryLock.holder(directory))
                    .isEqualTo(ProcessHandle.current().pid());
        }
        assertThat(DirectoryLock.isHeld(directory)).isFalse();
    }

    @Test
    void shouldNotBeLockedOutByAFileLeftBehind() throws IOException {
        Files.writeString(directory.resolve(DirectoryLock.FILE_NAME), "4711\n");

        try (DirectoryLock lock = DirectoryLock.acquire(directory)) {
            assertThat(lock).isNotNull();
        }
    }

    @Test
    void shouldTakeAStrangeFileForNoHolder() throws IOException {
        Files.writeString(directory.resolve(DirectoryLock.FILE_NAME), "not a number");

        assertThat(DirectoryLock.holder(directory)).isZero();
        assertThat(DirectoryLock.isHeld(directory)).isFalse();
    }
}
