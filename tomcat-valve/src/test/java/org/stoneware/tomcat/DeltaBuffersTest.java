package org.stoneware.tomcat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeltaBuffersTest {
    private static final int MAX_BYTES = 1024 * 1024;

    private final DeltaBuffers buffers = new DeltaBuffers(MAX_BYTES);

    @Test
    void shouldKeepNoMoreBytesThanItMayHoweverManyAreGivenBack() {
        List<DeltaBuffers.Buffer> taken = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            taken.add(used(100 * 1024));
        }

        taken.forEach(buffers::giveBack);

        assertThat(buffers.pooledBytes()).isPositive().isLessThanOrEqualTo(MAX_BYTES);
    }

    @Test
    void shouldUseABufferAgain() {
        DeltaBuffers.Buffer first = used(10 * 1024);
        buffers.giveBack(first);

        DeltaBuffers.Buffer second = buffers.take();

        assertThat(second).isSameAs(first);
        assertThat(second.builder.isEmpty()).isTrue();
        assertThat(buffers.pooledBytes()).isZero();
    }

    @Test
    void shouldNotKeepOneThatHasGrownLarge() {
        buffers.giveBack(used(DeltaBuffers.MAX_POOLED_BYTES + 1));

        assertThat(buffers.pooledBytes()).isZero();
    }

    @Test
    void shouldLetGoOfALargeValueOnceItIsWritten() {
        DeltaBuffers.Buffer buffer = buffers.take();
        buffer.value().checkLimit(1024 * 1024);

        buffer.valuesWritten();

        assertThat(buffer.value().capacity()).isLessThan(16 * 1024);
    }

    private DeltaBuffers.Buffer used(int bytes) {
        DeltaBuffers.Buffer buffer = buffers.take();
        buffer.delta.putByte(bytes - 1, (byte) 1);
        return buffer;
    }
}
