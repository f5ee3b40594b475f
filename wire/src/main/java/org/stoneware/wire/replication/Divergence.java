package org.stoneware.wire.replication;

/**
 * What one server acknowledged alone about one session, but for the content.
 *
 * @param number             1 for the first, one more for each.
 * @param forkIndex          last entry both logs have.
 * @param logTimeMs          the sender's log time now, by which all its times are to be read.
 * @param lastAccessedTimeMs last access, in the sender's log time.
 * @param originLength       the content begins with so many bytes of the key the session had at the fork; 0: the same key.
 * @param isNew              the session was created after the fork.
 */
public record Divergence(
        long number,
        long forkIndex,
        long logTimeMs,
        long lastAccessedTimeMs,
        int originLength,
        DivergedKind kind,
        boolean isNew) {}
