package org.stoneware.api.backup;

/**
 * What a whole backup holds.
 *
 * @param sessions records in it.
 * @param bytes    sum of their lengths.
 */
public record BackupSummary(long sessions, long bytes) {}
