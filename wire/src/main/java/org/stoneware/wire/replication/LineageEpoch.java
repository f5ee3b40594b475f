package org.stoneware.wire.replication;

/**
 * One epoch of a log.
 *
 * @param lastIndex   last entry of this epoch; the last entry before it when it has none.
 * @param startTimeMs log time of the last entry before this epoch.
 */
public record LineageEpoch(long epoch, long lastIndex, long startTimeMs) {}
