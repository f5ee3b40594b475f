package org.stoneware.server.replication;

import org.agrona.DirectBuffer;
import org.stoneware.api.session.ByteHash;
import org.stoneware.spi.replication.StateMachine;

/** The result of the entry applied last as one number, so that a replica can tell whether another had the same. */
final class ResultHash implements StateMachine.ResultSink {
    private final StateMachine.ResultSink next;
    private long value;

    /** @param next hears every result as well. */
    ResultHash(StateMachine.ResultSink next) {
        this.next = next;
    }

    /** An entry is about to be applied. */
    void begin() {
        value = 0;
    }

    @Override
    public void onResult(DirectBuffer result, int offset, int length) {
        value = ByteHash.of(result, offset, length);
        next.onResult(result, offset, length);
    }

    /** 0 when the entry had no result. */
    long value() {
        return value;
    }
}
