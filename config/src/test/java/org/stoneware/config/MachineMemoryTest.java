package org.stoneware.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachineMemoryTest {
    @ParameterizedTest
    @CsvSource({
        // total, heap, sessions: MiB
        "24576, 512, 6016",
        "2048, 512, 384",
        "1024, 512, 256",
        "512, 512, 128",
        "128, 64, 64",
        "524288, 1024, 16384"
    })
    void shouldTakeAQuarterOfWhatIsBesideTheHeapWithinBounds(long total, long heap, long sessions) {
        assertThat(new MachineMemory(total << 20, heap << 20).sessionBytes()).isEqualTo(sessions << 20);
    }

    @Test
    void shouldSayHowItWasFound() {
        assertThat(new MachineMemory(2L << 30, 512L << 20).origin())
                .contains("a quarter of the 2048 MiB of this machine", "512 MiB of heap", "set offheap/maxDataSize");
    }

    @Test
    void shouldKnowThisMachine() {
        MachineMemory here = MachineMemory.ofThisProcess();

        assertThat(here.heapBytes()).isEqualTo(Runtime.getRuntime().maxMemory());
        assertThat(here.totalBytes()).isGreaterThan(64L << 20);
    }
}
