package org.stoneware.drill;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.client.Committed;
import org.stoneware.client.Opened;
import org.stoneware.client.SessionClient;

/**
 * One session with a counter, and what the array has said about it.
 * <p>
 * <b>Threading:</b> every method locks the session, as an application does that counts.
 */
final class CountedSession {
    private static final String COUNTER = "counter";
    /** Sessions of a drill that was killed go away by themselves after this time. */
    private static final int IDLE_SEC = 300;

    private final SessionClient client;
    private final SessionKey key;
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[Long.BYTES]);
    private long version = SessionClient.NO_VERSION;
    private long counter;
    private long acknowledged;
    private long unknown;
    private long refused;

    CountedSession(SessionClient client, String application, String id) {
        this.client = client;
        this.key = SessionKey.of(application, id);
    }

    /**
     * How a session ended.
     *
     * @param expected increments acknowledged.
     * @param unknown  increments nobody answered; they may be held or not.
     * @param found    the counter the array holds; 0 when the session is gone, {@link #NOT_READ} when it could not be read.
     */
    record Comparison(String id, long expected, long unknown, long found) {
        static final long NOT_READ = -1;

        long lost() {
            return Math.max(0, expected - Math.max(0, found));
        }

        long doubled() {
            return Math.max(0, found - expected - unknown);
        }

        boolean isRight() {
            return found != NOT_READ && lost() == 0 && doubled() == 0;
        }
    }

    /** Begins the session in the array. */
    synchronized void create() throws DrillException {
        if (!client.create(key)) {
            throw new IllegalStateException("not a fresh id: " + key.id());
        }
        try {
            Committed committed = commit(0);
            if (!committed.isCommitted()) {
                throw new DrillException(
                        DrillException.FAILED,
                        "drill: the array takes no session: " + committed.status() + " " + committed.detail());
            }
            version = committed.version();
        } finally {
            client.end(key, 0);
        }
    }

    /** One request: reads the counter and writes it one higher. */
    synchronized void count() {
        Opened opened = client.open(key, version);
        if (!take(opened)) {
            refused++;
            return;
        }
        try {
            Committed committed = commit(counter + 1);
            if (committed.isCommitted()) {
                acknowledged++;
                counter++;
                version = committed.version();
                return;
            }
            version = SessionClient.NO_VERSION;
            if (committed.status() == Committed.Status.UNAVAILABLE) {
                unknown++;
            } else {
                refused++;
            }
        } finally {
            client.end(key, 0);
        }
    }

    /** Reads the session once more from the array, not from a copy, and takes it away. */
    synchronized Comparison compareAndRemove() {
        version = SessionClient.NO_VERSION;
        counter = 0;
        Opened opened = client.open(key, version);
        if (!take(opened)) {
            boolean isGone = opened.status() == Opened.Status.ABSENT;
            return new Comparison(key.id(), acknowledged, unknown, isGone ? 0 : Comparison.NOT_READ);
        }
        try {
            client.remove(key);
        } finally {
            client.end(key, 0);
        }
        return new Comparison(key.id(), acknowledged, unknown, counter);
    }

    synchronized long acknowledged() {
        return acknowledged;
    }

    synchronized long unknown() {
        return unknown;
    }

    synchronized long refused() {
        return refused;
    }

    /** Returns whether a use of the session has begun. */
    private boolean take(Opened opened) {
        if (opened.status() == Opened.Status.CURRENT) {
            return true;
        }
        SessionRecord record = opened.record();
        if (opened.status() != Opened.Status.LOADED || record == null) {
            return false;
        }
        version = opened.version();
        record.forEach((kind, name, isRemoval, bytes, offset, length) -> {
            if (name.equals(COUNTER)) {
                counter = bytes.getLong(offset, LITTLE_ENDIAN);
            }
        });
        return true;
    }

    private Committed commit(long next) {
        value.putLong(0, next, LITTLE_ENDIAN);
        SessionDelta.Builder builder = new SessionDelta.Builder(buffer);
        builder.maxInactiveIntervalSec(IDLE_SEC)
                .put(AttributeKind.APPLICATION, COUNTER, value, 0, Long.BYTES)
                .finish();
        SessionDelta delta = new SessionDelta().wrap(builder.buffer(), 0);
        return client.commit(key, version, delta.buffer(), delta.offset(), delta.length(), true);
    }
}
