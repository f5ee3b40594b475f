package org.stoneware.config;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * Memory for sessions where the configuration names none: a quarter of what the machine, or the container, has beside the heap, so that two
 * copies of the sessions fit while one replaces the other. See docs/adr/0183.
 *
 * @param totalBytes memory of the machine or container.
 * @param heapBytes  largest heap of this process.
 */
record MachineMemory(long totalBytes, long heapBytes) {
    static final long MAX_BYTES = 16L << 30;
    static final long MIN_BYTES = 64L << 20;
    private static final int SHARE = 4;

    /** That of this process. */
    static MachineMemory ofThisProcess() {
        long total = ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine
                ? machine.getTotalMemorySize()
                : 0;
        return new MachineMemory(total, Runtime.getRuntime().maxMemory());
    }

    /** Bytes for the sessions of one server. */
    long sessionBytes() {
        long beside = (totalBytes - heapBytes) / SHARE;
        // A machine that is hardly larger than the heap: what the heap takes less than its bound is left for sessions.
        long least = Math.max(MIN_BYTES, Math.min(heapBytes / 2, totalBytes / SHARE));
        return Math.min(MAX_BYTES, Math.max(least, beside));
    }

    String origin() {
        return "default: a quarter of the " + mebibytes(totalBytes) + " MiB of this machine less the "
                + mebibytes(heapBytes) + " MiB of heap, " + mebibytes(MIN_BYTES) + " MiB to " + mebibytes(MAX_BYTES)
                + " MiB; set offheap/maxDataSize";
    }

    private static long mebibytes(long bytes) {
        return bytes >> 20;
    }
}
