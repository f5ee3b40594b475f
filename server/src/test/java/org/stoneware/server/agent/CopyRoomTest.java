package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Room for a second copy: what is held, and a quarter more. */
class CopyRoomTest {
    private static final long PAYLOAD_BYTES = 1_000;

    @ParameterizedTest
    @CsvSource({
        // keeps sessions, free disk, free memory, most a store may use, problem
        "true, 1250, 1250, 5000, ''",
        "true, 1249, 9999, 5000, not enough disk for a second copy: needBytes=1250 freeBytes=1249",
        "false, 1249, 9999, 5000, ''",
        "true, 9999, 1249, 5000, not enough memory for a second copy: needBytes=1250 freeBytes=1249",
        "false, 9999, 1249, 5000, not enough memory for a second copy: needBytes=1250 freeBytes=1249",
        "false, 9999, 600, 600, ''",
        "false, 9999, 599, 600, not enough memory for a second copy: needBytes=600 freeBytes=599",
        "true, 0, -1, 5000, ''"
    })
    void shouldSayWhatThereIsNotEnoughOf(
            boolean keepsSessions, long diskBytes, long memoryBytes, long maxMemoryBytes, String problem) {
        CopyRoom room = new CopyRoom(Path.of("data"), maxMemoryBytes, () -> diskBytes, () -> memoryBytes);

        String found = room.problem(keepsSessions, PAYLOAD_BYTES);

        if (problem.isEmpty()) {
            assertThat(found).isEmpty();
        } else {
            assertThat(found).contains(problem);
        }
    }
}
