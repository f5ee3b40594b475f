package org.stoneware.spi.storage;

/**
 * What a store holds. A maximum of 0 means none.
 *
 * @param sessions        sessions held, exactly: a copy is checked against it.
 * @param payloadBytes    sum of record lengths.
 * @param memoryUsedBytes memory taken, bookkeeping included (may be an estimate for objects on the heap).
 * @param memoryMaxBytes  bound of it.
 * @param diskUsedBytes   disk taken.
 * @param diskMaxBytes    bound of it.
 */
public record StoreFigures(
        long sessions,
        long payloadBytes,
        long memoryUsedBytes,
        long memoryMaxBytes,
        long diskUsedBytes,
        long diskMaxBytes) {}
