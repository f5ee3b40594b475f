package org.stoneware.transport.aeron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.spi.transport.TransportException;

class DriverDirectoryTest {
    /** Beyond what any system gives to a process. */
    private static final long NOBODYS_PID = Long.MAX_VALUE;

    @TempDir
    Path parent;

    private final List<String> notices = new ArrayList<>();

    @Test
    void shouldDeleteWhatADeadProcessLeft() throws IOException {
        Path leftover = leftover("stoneware-Server-1-" + NOBODYS_PID);

        claim(List.of(parent), 1).close();

        assertThat(leftover).doesNotExist();
        assertThat(notices).singleElement().asString().contains(leftover.toString());
    }

    @Test
    void shouldKeepWhatALivingProcessHolds() throws IOException {
        Path held = leftover("stoneware-other-" + ProcessHandle.current().pid());

        claim(List.of(parent), 1).close();

        assertThat(held.resolve("driver")).exists();
    }

    @Test
    void shouldKeepALockedDirectoryWhateverItsProcessIdSays() throws IOException {
        Path held = leftover("stoneware-container-" + NOBODYS_PID);
        try (FileChannel lock =
                FileChannel.open(held.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock();

            claim(List.of(parent), 1).close();

            assertThat(held.resolve("driver")).exists();
        }
    }

    @Test
    void shouldKeepWhatIsNotOurs() throws IOException {
        Path foreign = leftover("stoneware-notes");

        claim(List.of(parent), 1).close();

        assertThat(foreign).exists();
    }

    @Test
    void shouldTakeOverWhatAnOlderProcessOfTheSameIdLeft() throws IOException {
        Path leftover = leftover("stoneware-Server1-" + ProcessHandle.current().pid());

        try (DriverDirectory claimed = claim(List.of(parent), 1)) {
            assertThat(claimed.root()).isEqualTo(leftover);
            assertThat(claimed.driverPath()).doesNotExist();
        }
    }

    @Test
    void shouldFallBackWithANoticeWhenTheFirstPlaceIsMissing() {
        Path missing = parent.resolve("missing");

        try (DriverDirectory claimed = claim(List.of(missing, parent), 1)) {
            assertThat(claimed.root().getParent()).isEqualTo(parent);
        }
        assertThat(notices).singleElement().asString().contains(missing.toString(), parent.toString());
    }

    @Test
    void shouldSayHowMuchRoomIsNeeded() {
        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> claim(List.of(parent), Long.MAX_VALUE))
                .withMessageContaining("needed=" + Long.MAX_VALUE);
    }

    private DriverDirectory claim(List<Path> parents, long requiredBytes) {
        return DriverDirectory.claim(parents, "Server1", requiredBytes, notices::add);
    }

    private Path leftover(String name) throws IOException {
        Path leftover = Files.createDirectory(parent.resolve(name));
        Files.createDirectory(leftover.resolve("driver"));
        Files.writeString(leftover.resolve("driver").resolve("cnc.dat"), "left");
        return leftover;
    }
}
