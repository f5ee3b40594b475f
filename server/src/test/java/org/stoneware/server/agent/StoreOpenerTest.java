package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.server.agent.StoreExchangeRig.ScriptedProvider;

/** Stores whose trial or opening does not end. */
@Timeout(60)
class StoreOpenerTest {
    private static final long TRIAL_LIMIT_SEC = 60;
    private static final long OPENING_LIMIT_SEC = 30;

    @TempDir
    Path data;

    private final List<Thread> threads = new ArrayList<>();
    private CountDownLatch hangs = new CountDownLatch(1);
    private CountDownLatch release = new CountDownLatch(1);

    @Test
    void shouldRefuseAStoreWhoseTrialDoesNotEndAndTakeTheNextOrder() {
        StoreExchangeRig rig = new StoreExchangeRig(data);
        StoreOffer hanging = rig.come(new ScriptedProvider("hanging"), "1.0.0");
        StoreOffer other = rig.come(new ScriptedProvider("other"), "1.0.0");
        rig.use(hanging);
        Runnable opening = rig.openings.remove();

        rig.passSeconds(TRIAL_LIMIT_SEC - 1);
        boolean isStillAwaited = rig.exchange.isBusy();
        rig.passSeconds(2);

        assertThat(isStillAwaited).isTrue();
        assertThat(rig.problems())
                .containsExactly(hanging.inWords() + " is not used: it failed its trial: it had not ended after 60 s");
        assertThat(rig.eventTypes()).contains("store-exchange-refused");
        assertThat(rig.use(other)).isEmpty();
        rig.untilDone();
        opening.run();
        rig.cycle();
        assertThat(rig.inUse()).isEqualTo(other.inWords());
    }

    @Test
    void shouldRefuseAStoreThatDoesNotOpenAndCloseItWhenItHas() throws InterruptedException {
        StoreExchangeRig rig = new StoreExchangeRig(data, this::remembered);
        ScriptedProvider hanging = hanging(2);
        StoreOffer offer = rig.come(hanging, "1.0.0");
        rig.use(offer);
        hangs.await();
        rig.passSeconds(1);
        String progress = rig.exchange.picture().progress();

        rig.passSeconds(OPENING_LIMIT_SEC + 1);

        assertThat(progress).isEqualTo(offer.inWords() + " is being opened");
        assertThat(rig.exchange.isBusy()).isFalse();
        assertThat(rig.problems())
                .containsExactly(
                        offer.inWords() + " is not used: too slow: an empty store of it had not opened after 30 s");
        release.countDown();
        threads.get(0).join();
        rig.cycle();
        rig.awaitClosed();
        assertThat(hanging.last().isClosed).isTrue();
        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(directories()).containsExactly("1");
        assertThat(rig.events()).anyMatch(each -> each.contains("which was given up, has come back and is closed"));
    }

    @Test
    void shouldNotOpenAStoreWhoseTrialEndedTooLate() throws InterruptedException {
        StoreExchangeRig rig = new StoreExchangeRig(data, this::remembered);
        ScriptedProvider hanging = hanging(1);
        rig.use(rig.come(hanging, "1.0.0"));
        hangs.await();
        rig.passSeconds(TRIAL_LIMIT_SEC + 1);

        release.countDown();
        threads.get(0).join();
        rig.cycle();

        assertThat(hanging.opened).as("the trial's").hasSize(1);
        assertThat(data.resolve("store-trial")).isEmptyDirectory();
        assertThat(threads.get(0).getName()).isEqualTo("stoneware-store-opener hanging");
    }

    @Test
    void shouldOpenNothingMoreOnceTooManyThreadsHang() {
        StoreExchangeRig rig = new StoreExchangeRig(data);
        for (int i = 0; i < StoreOpener.MAX_LEFT_BEHIND; i++) {
            rig.use(rig.come(new ScriptedProvider("hanging" + i), "1.0.0"));
            rig.passSeconds(TRIAL_LIMIT_SEC + 1);
        }
        StoreOffer other = rig.come(new ScriptedProvider("other"), "1.0.0");

        String refusal = rig.use(other);
        rig.openings.remove().run();

        assertThat(refusal).contains("4 stores that were given up still hang", "restart this server");
        assertThat(rig.use(other)).as("one has come back").isEmpty();
    }

    /** A store that is interrupted while it waits for its own threads may free what they use. */
    @Test
    void shouldNotCloseAStoreThatWasGivenUpOnAnInterruptedThread() throws InterruptedException {
        for (int nth = 1; nth <= 2; nth++) {
            StoreExchangeRig rig = new StoreExchangeRig(data.resolve("server" + nth), this::remembered);
            hangs = new CountDownLatch(1);
            release = new CountDownLatch(1);
            ScriptedProvider hanging = hanging(nth);
            List<Boolean> interrupts = Collections.synchronizedList(new ArrayList<>());
            hanging.onAnyClose = () -> interrupts.add(Thread.currentThread().isInterrupted());
            rig.use(rig.come(hanging, "1.0.0"));
            hangs.await();
            rig.passSeconds(1);
            rig.passSeconds((nth == 1 ? TRIAL_LIMIT_SEC : OPENING_LIMIT_SEC) + 1);

            release.countDown();
            threads.get(nth - 1).join();

            assertThat(interrupts).hasSize(nth).containsOnly(false);
        }
    }

    @Test
    void shouldRefuseAStoreWhenNoThreadIsToBeHad() {
        StoreExchangeRig rig = new StoreExchangeRig(data, task -> new Thread(task) {
            @Override
            public void start() {
                throw new OutOfMemoryError("unable to create native thread");
            }
        });
        StoreOffer offer = rig.come(new ScriptedProvider("other"), "1.0.0");

        rig.use(offer);
        rig.cycle();

        assertThat(rig.exchange.isBusy()).isFalse();
        assertThat(rig.events())
                .anyMatch(each -> each.startsWith("store-exchange-refused") && each.contains("native thread"));
        assertThat(rig.problems()).as("the machine is to blame").isEmpty();
    }

    /** What is opened for a server that stops is nobody's. */
    @Test
    void shouldCloseAStoreThatOpensWhenTheServerHasStopped() {
        StoreExchangeRig rig = new StoreExchangeRig(data);
        ScriptedProvider other = new ScriptedProvider("other");
        rig.use(rig.come(other, "1.0.0"));

        rig.exchange.close();
        rig.openings.remove().run();

        assertThat(other.opened).allMatch(each -> each.isClosed);
    }

    private Thread remembered(Runnable opening) {
        Thread thread = new Thread(opening);
        threads.add(thread);
        return thread;
    }

    /** A store that hangs when it is opened for the nth time and does not care for interrupts. */
    private ScriptedProvider hanging(int nth) {
        ScriptedProvider provider = new ScriptedProvider("hanging");
        provider.onOpen = () -> {
            if (provider.opened.size() == nth - 1) {
                hangs.countDown();
                boolean isReleased = false;
                boolean isInterrupted = false;
                while (!isReleased) {
                    try {
                        release.await();
                        isReleased = true;
                    } catch (InterruptedException e) {
                        // A store may ignore it, and say so to whoever comes after it.
                        isInterrupted = true;
                    }
                }
                if (isInterrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        return provider;
    }

    private List<String> directories() {
        try (Stream<Path> all = Files.list(data.resolve("store"))) {
            return all.filter(Files::isDirectory)
                    .map(each -> each.getFileName().toString())
                    .toList();
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }
}
