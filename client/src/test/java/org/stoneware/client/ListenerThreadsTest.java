package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ListenerThreadsTest {
    private static final long PATIENCE_SEC = 20;

    private final AtomicBoolean hasThreads = new AtomicBoolean(true);
    private final ListenerThreads threads = new ListenerThreads(task -> {
        if (!hasThreads.get()) {
            throw new OutOfMemoryError("unable to create native thread");
        }
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((failed, error) -> {});
        return thread;
    });
    private final CountDownLatch end = new CountDownLatch(1);

    @AfterEach
    void stop() {
        end.countDown();
        threads.shutdown();
    }

    @Test
    void shouldCallListenersOfOneApplicationWhileThoseOfOthersHang() {
        CountDownLatch isCalled = new CountDownLatch(2);
        for (int i = 0; i < ListenerThreads.MAX_THREADS - 1; i++) {
            threads.execute("hangs" + i, () -> await(end));
            threads.execute("hangs" + i, () -> await(end));
        }

        threads.execute("shop", isCalled::countDown);
        threads.execute("shop", isCalled::countDown);

        await(isCalled);
    }

    @Test
    void shouldCallListenersOfAnApplicationInOrderAndOneAtATime() {
        List<Integer> called = Collections.synchronizedList(new ArrayList<>());
        AtomicBoolean isBusy = new AtomicBoolean();
        AtomicBoolean wasTwice = new AtomicBoolean();
        CountDownLatch isDone = new CountDownLatch(1);
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            int number = i;
            expected.add(i);
            threads.execute("shop", () -> {
                wasTwice.compareAndSet(false, !isBusy.compareAndSet(false, true));
                called.add(number);
                isBusy.set(false);
            });
        }
        threads.execute("shop", isDone::countDown);
        await(isDone);

        assertThat(called).isEqualTo(expected);
        assertThat(wasTwice).isFalse();
    }

    @Test
    void shouldCallListenersOfAnApplicationWhileMoreThanThereAreThreadsForHaveMoreAndMore() {
        CountDownLatch isCalled = new CountDownLatch(1);
        for (int i = 0; i < 2 * ListenerThreads.MAX_THREADS; i++) {
            goOn("busy" + i);
            goOn("busy" + i);
        }

        threads.execute("shop", isCalled::countDown);

        await(isCalled);
    }

    private void goOn(String application) {
        threads.execute(application, () -> {
            if (end.getCount() > 0) {
                goOn(application);
            }
        });
    }

    @Test
    void shouldGoOnBehindAListenerThatFailedWithAnError() {
        CountDownLatch isQueued = new CountDownLatch(1);
        CountDownLatch isCalled = new CountDownLatch(1);
        threads.execute("shop", () -> {
            await(isQueued);
            throw new StackOverflowError("as the test wants");
        });
        threads.execute("shop", isCalled::countDown);

        isQueued.countDown();

        await(isCalled);
    }

    @Test
    void shouldGoOnBehindAnErrorWhenNoThreadCanBeStarted() {
        CountDownLatch isQueued = new CountDownLatch(1);
        CountDownLatch isCalled = new CountDownLatch(2);
        threads.execute("shop", () -> {
            await(isQueued);
            throw new StackOverflowError("as the test wants");
        });
        threads.execute("shop", isCalled::countDown);
        threads.execute("shop", isCalled::countDown);
        hasThreads.set(false);

        isQueued.countDown();

        await(isCalled);
    }

    @Test
    void shouldGoOnWithAnApplicationThatCannotBePutBehindOthersForWantOfAThread() {
        CountDownLatch mayEnd = new CountDownLatch(1);
        CountDownLatch isCalled = new CountDownLatch(1);
        CountDownLatch areOthersCalled = new CountDownLatch(2 * ListenerThreads.MAX_THREADS);
        hold("shop", mayEnd);
        for (int i = 1; i < ListenerThreads.MAX_THREADS; i++) {
            hold("fails" + i, mayEnd);
        }
        for (int i = 0; i < 2 * ListenerThreads.MAX_THREADS; i++) {
            threads.execute("other" + i, areOthersCalled::countDown);
        }
        threads.execute("shop", isCalled::countDown);
        hasThreads.set(false);

        mayEnd.countDown();

        await(isCalled);
        await(areOthersCalled);
    }

    /** Keeps a thread until the latch opens. */
    private void hold(String application, CountDownLatch mayEnd) {
        CountDownLatch isRunning = new CountDownLatch(1);
        threads.execute(application, () -> {
            isRunning.countDown();
            await(mayEnd);
            throw new StackOverflowError("as the test wants");
        });
        await(isRunning);
    }

    @Test
    void shouldTakeTasksAgainOnceThereAreThreads() {
        CountDownLatch isCalled = new CountDownLatch(1);
        hasThreads.set(false);

        assertThatThrownBy(() -> threads.execute("shop", () -> {})).isInstanceOf(OutOfMemoryError.class);
        hasThreads.set(true);
        threads.execute("shop", isCalled::countDown);

        await(isCalled);
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(PATIENCE_SEC, TimeUnit.SECONDS)) {
                throw new AssertionError("did not come");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
