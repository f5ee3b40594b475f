package org.stoneware.api.backup;

/**
 * Where a backup comes from.
 *
 * @param createdTimeMs when it was begun, milliseconds since the epoch by the clock of the server.
 * @param logTimeMs     log time then: the clock by which sessions expire.
 * @param server        name of the server whose sessions it holds.
 * @param mode          storage mode they were in.
 */
public record BackupHeader(long createdTimeMs, long logTimeMs, String server, String mode) {}
