package org.stoneware.spi.storage;

import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Settings of one store instance.
 *
 * @param directory       belongs to this instance alone; exists. A store that keeps nothing on disk leaves it empty.
 * @param maxMemoryBytes  bytes of memory for sessions, keys and bookkeeping included; more is {@link StoreResult#FULL} or goes to
 *                        disk, as the mode promises.
 * @param maxRecordLength bytes of the largest record to keep; a longer one is {@link StoreResult#FULL}.
 * @param notices         takes one readable line per fact an operator should know. Callable from any thread.
 */
public record StoreContext(Path directory, long maxMemoryBytes, int maxRecordLength, Consumer<String> notices) {}
