package org.stoneware.spi.storage;

import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Settings of one store instance.
 *
 * @param directory       belongs to this instance alone; exists. A store that keeps nothing on disk leaves it empty.
 * @param maxMemoryBytes  bytes of memory for sessions, keys and bookkeeping included; more is {@link StoreResult#FULL} or goes to
 *                        disk, as the mode promises.
 * @param maxDiskBytes    bytes of disk to use; more is {@link StoreResult#FULL}. 0: as much as the file system gives.
 * @param maxRecordLength bytes of the largest record to keep; a longer one is {@link StoreResult#FULL}.
 * @param durability      when a change counts as durable; of no meaning to a store that keeps nothing over the end of the process.
 * @param notices         takes one readable line per fact an operator should know. Callable from any thread.
 * @param wakeup          makes the agent call {@link SessionStore#doWork} soon: for a thread of the store's own that has something to
 *                        tell. Callable from any thread.
 */
public record StoreContext(
        Path directory,
        long maxMemoryBytes,
        long maxDiskBytes,
        int maxRecordLength,
        Durability durability,
        Consumer<String> notices,
        Runnable wakeup) {
    /** Settings of a store that has no thread to wake the agent from, or leaves it to the agent when it asks. */
    public StoreContext(
            Path directory,
            long maxMemoryBytes,
            long maxDiskBytes,
            int maxRecordLength,
            Durability durability,
            Consumer<String> notices) {
        this(directory, maxMemoryBytes, maxDiskBytes, maxRecordLength, durability, notices, () -> {});
    }

    /** Settings without a bound of the disk, and with every change forced. */
    public StoreContext(Path directory, long maxMemoryBytes, int maxRecordLength, Consumer<String> notices) {
        this(directory, maxMemoryBytes, 0, maxRecordLength, Durability.FSYNC, notices);
    }
}
