package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Getting ready is worth having, and never worth a standby. */
class WarmUpTest {
    private final List<Thread> made = new ArrayList<>();

    @Test
    void shouldLeaveTheStandbyAloneWhenNoThreadIsToBeHad() {
        WarmUp warmUp = new WarmUp(List.of(WarmUp.class), this::refused);

        warmUp.begin();
        warmUp.begin();

        assertThat(made).hasSize(1);
    }

    @Test
    void shouldGetReadyOnceOnADaemonOfItsOwn() throws InterruptedException {
        WarmUp warmUp = new WarmUp(List.of(WarmUp.class), work -> {
            Thread thread = new Thread(work);
            made.add(thread);
            return thread;
        });

        warmUp.begin();
        warmUp.begin();
        made.get(0).join();

        assertThat(made).singleElement().satisfies(thread -> {
            assertThat(thread.getName()).isEqualTo("stoneware-warm-up");
            assertThat(thread.isDaemon()).isTrue();
        });
    }

    /** As where the system gives this process no more threads. */
    private Thread refused(Runnable work) {
        Thread thread = new Thread(work) {
            @Override
            public void start() {
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
        made.add(thread);
        return thread;
    }
}
