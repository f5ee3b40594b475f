package org.stoneware.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Keeps processors busy, as neighbours on a shared machine do.
 * <p>
 * <b>Ownership:</b> {@link #end} ends the threads.
 */
final class BusyMachine {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<Thread> threads = new ArrayList<>();
    private volatile double sink;

    /** @param processors threads that never wait. */
    BusyMachine(int processors) {
        for (int i = 0; i < processors; i++) {
            Thread thread = new Thread(this::burn, "busy-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private void burn() {
        double value = 1;
        while (!stop.get()) {
            for (int i = 0; i < 10_000; i++) {
                value = Math.sqrt(value + i);
            }
            sink = value;
        }
    }

    void end() throws InterruptedException {
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
