package org.stoneware.server.session;

import java.util.Arrays;
import org.agrona.collections.Long2LongHashMap;
import org.stoneware.wire.session.WriteStatus;

/**
 * What one client was answered lately, so that a request sent twice takes effect once and gets the same answer.
 * <p>
 * Replicated state: changed only by log entries. <b>Limits:</b> {@link #MAX_ANSWERS} answers; older ones are forgotten, and a
 * request below the window is an error of its sender.
 */
final class ReplyWindow {
    static final int MAX_ANSWERS = 4096;
    static final long NONE = -1;
    /** Versions that can be packed with a status. */
    static final long MAX_VERSION = Long.MAX_VALUE >>> 4;

    private static final int STATUS_BITS = 4;

    private final Long2LongHashMap answers = new Long2LongHashMap(NONE);
    private long lowest;

    /** Packed answer to a request, {@link #NONE} when it has none yet. Unpack with {@link #status} and {@link #version}. */
    long answer(long requestId) {
        return answers.get(requestId);
    }

    boolean isForgotten(long requestId) {
        return requestId < lowest;
    }

    static WriteStatus status(long answer) {
        return WriteStatus.ofCode((int) (answer & ((1 << STATUS_BITS) - 1)));
    }

    static long version(long answer) {
        return answer >>> STATUS_BITS;
    }

    void put(long requestId, WriteStatus status, long version, long answeredBelow) {
        answers.put(requestId, (version << STATUS_BITS) | status.code());
        forgetBelow(Math.min(answeredBelow, requestId));
        if (answers.size() > MAX_ANSWERS) {
            forgetOldest();
        }
    }

    // Ids have gaps as wide as their sender likes, so no step may cost as much as a gap is wide.
    private void forgetBelow(long requestId) {
        if (requestId - lowest > MAX_ANSWERS) {
            answers.keySet().removeIfLong(id -> id < requestId);
            lowest = requestId;
        }
        while (lowest < requestId) {
            answers.remove(lowest++);
        }
    }

    /** Forgets a quarter at once, so that the sorting is paid for by many answers. */
    private void forgetOldest() {
        forgetBelow(requestIds()[MAX_ANSWERS / 4]);
    }

    /** Requests that have an answer here, ascending. */
    long[] requestIds() {
        long[] ids = new long[answers.size()];
        Long2LongHashMap.KeyIterator each = answers.keySet().iterator();
        for (int i = 0; i < ids.length; i++) {
            ids[i] = each.nextValue();
        }
        Arrays.sort(ids);
        return ids;
    }

    /** Request ids below this one are forgotten. */
    long lowest() {
        return lowest;
    }

    /** Makes an empty window begin where another one does. */
    void installLowest(long requestId) {
        lowest = requestId;
    }

    /** Takes an answer of another window over as it is. */
    void install(long requestId, WriteStatus status, long version) {
        answers.put(requestId, (version << STATUS_BITS) | status.code());
    }

    int size() {
        return answers.size();
    }
}
