package org.stoneware.server.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.stoneware.server.storage.FaultyStore.Fault;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.SessionStoreProvider;
import org.stoneware.spi.storage.StoreContext;

/** What a store is asked before any session of a user comes near it. */
class StoreTrialTest {
    /** Of 400 sessions written three times, and every fourth removed. */
    private static final int CHANGES = 1_300;
    /** One after each of the three rounds, and one at the end. */
    private static final int LOOKS = 4;

    private final StoreContext context = new StoreContext(Path.of(""), 64 << 20, 64 * 1024, line -> {});
    private long clockNs;
    private long changeNs;

    @Test
    void shouldRefuseAStoreThatNeedsMoreThanTwoMillisecondsForAChange() {
        changeNs = TimeUnit.MICROSECONDS.toNanos(2_100);

        assertThat(trial().run(provider(new FaultyStore("slow")), context))
                .startsWith("too slow: 2")
                .endsWith(" us for a change on average, at most 2000");
    }

    @Test
    void shouldTakeAStoreThatNeedsLess() {
        changeNs = TimeUnit.MICROSECONDS.toNanos(1_900);

        assertThat(trial().run(provider(new FaultyStore("quick")), context)).isEmpty();
    }

    @Test
    void shouldSayThatTheMachineIsWhyAStoreDoesNotTakeAChange() {
        StoreTrial full = trial();
        StoreTrial broken = trial();

        assertThat(full.run(provider(new FaultyStore("full").failing(Fault.FULL, 10)), context))
                .contains("FULL");
        assertThat(broken.run(provider(new FaultyStore("broken").failing(Fault.FAILED, 10)), context))
                .contains("FAILED");
        assertThat(full.isHindered()).isTrue();
        assertThat(broken.isHindered()).isFalse();
    }

    @Test
    void shouldSayThatTheMachineIsWhyAStoreCannotWriteItsFiles() {
        StoreTrial trial = trial();

        String problem = trial.run(
                new SessionStoreProvider() {
                    @Override
                    public String mode() {
                        return "other";
                    }

                    @Override
                    public SessionStore open(StoreContext where) {
                        throw new UncheckedIOException(new IOException("No space left on device"));
                    }
                },
                context);

        assertThat(problem).contains("No space left on device");
        assertThat(trial.isHindered()).isTrue();
    }

    private StoreTrial trial() {
        long stepNs = changeNs * CHANGES / LOOKS;
        return new StoreTrial(() -> clockNs += stepNs);
    }

    private static SessionStoreProvider provider(SessionStore store) {
        return new SessionStoreProvider() {
            @Override
            public String mode() {
                return store.mode();
            }

            @Override
            public SessionStore open(StoreContext where) {
                return store;
            }
        };
    }
}
