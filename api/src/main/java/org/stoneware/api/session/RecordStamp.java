package org.stoneware.api.session;

/**
 * What the array adds to a change when it is applied; the same on every server.
 *
 * @param version             version of the session after the change, greater than any before.
 * @param epoch               epoch of the log entry that made the change.
 * @param index               index of that entry.
 * @param logTimeMs           log time of that entry, in milliseconds; set by the active only.
 * @param lastAccessedTimeMs  last access of a browser, in log time.
 */
public record RecordStamp(long version, long epoch, long index, long logTimeMs, long lastAccessedTimeMs) {}
