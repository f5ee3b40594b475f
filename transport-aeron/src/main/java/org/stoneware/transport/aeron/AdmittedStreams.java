package org.stoneware.transport.aeron;

import org.agrona.collections.LongHashSet;

/**
 * The incoming streams this transport expects. A datagram of any other is dropped before Aeron sees it, so that a stranger can
 * neither make the driver allocate a stream nor fill its tables.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class AdmittedStreams {
    private final LongHashSet expected = new LongHashSet();
    private long rejected;

    boolean add(StreamIdentity identity) {
        return expected.add(identity.packed());
    }

    void remove(StreamIdentity identity) {
        expected.remove(identity.packed());
    }

    void clear() {
        expected.clear();
    }

    /** Tells whether a datagram may pass, and counts it when not. */
    boolean admits(int streamId, int sessionId) {
        if (expected.contains(StreamIdentity.packed(streamId, sessionId))) {
            return true;
        }
        rejected++;
        return false;
    }

    /** Counts a datagram or frame dropped for another reason. */
    void countRejected() {
        rejected++;
    }

    long rejected() {
        return rejected;
    }
}
