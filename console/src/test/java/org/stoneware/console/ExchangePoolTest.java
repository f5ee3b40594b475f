package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ExchangePoolTest {
    private final ExchangePool pool = new ExchangePool(Integer.MAX_VALUE);

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void shouldCutOffWhoKeepsAThreadWhileOthersWait() throws Exception {
        AtomicInteger cutOff = new AtomicInteger();
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch ran = new CountDownLatch(1);
        for (int i = 0; i < ExchangePool.THREADS; i++) {
            pool.execute(() -> hold(never, cutOff));
        }

        pool.execute(ran::countDown);
        ran.await();

        assertThat(cutOff.get()).isPositive();
    }

    @Test
    void shouldNotLetACutReachTheNextExchange() throws Exception {
        AtomicBoolean wasInterrupted = new AtomicBoolean();
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch ran = new CountDownLatch(ExchangePool.THREADS);
        for (int i = 0; i < ExchangePool.THREADS; i++) {
            pool.execute(() -> hold(never, new AtomicInteger()));
        }

        for (int i = 0; i < ExchangePool.THREADS; i++) {
            pool.execute(() -> {
                if (Thread.currentThread().isInterrupted()) {
                    wasInterrupted.set(true);
                }
                ran.countDown();
            });
        }
        ran.await();

        assertThat(wasInterrupted).isFalse();
    }

    @Test
    void shouldRunWhatComesAfterExchangesThatEndWithAnError() throws Exception {
        CountDownLatch ran = new CountDownLatch(1);
        for (int i = 0; i <= ExchangePool.THREADS; i++) {
            pool.execute(() -> {
                throw new OutOfMemoryError("planted");
            });
        }

        pool.execute(ran::countDown);

        ran.await();
    }

    @Test
    void shouldLeaveASlowExchangeAloneWhileNobodyWaits() throws Exception {
        AtomicInteger cutOff = new AtomicInteger();
        CountDownLatch release = new CountDownLatch(1);
        pool.execute(() -> hold(release, cutOff));

        // Longer than it would last if others waited; a cut that comes too late to be seen here can only make this
        // pass.
        Thread.sleep(500);
        release.countDown();
        pool.awaitIdle(Long.MAX_VALUE / 1_000_000);

        assertThat(cutOff).hasValue(0);
    }

    @Test
    void shouldCutOffWhatRunsWhenClosed() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        pool.execute(() -> {
            running.countDown();
            hold(new CountDownLatch(1), new AtomicInteger());
            ended.countDown();
        });
        running.await();

        pool.close();

        ended.await();
    }

    private static void hold(CountDownLatch latch, AtomicInteger cutOff) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            cutOff.incrementAndGet();
            Thread.currentThread().interrupt();
        }
    }
}
