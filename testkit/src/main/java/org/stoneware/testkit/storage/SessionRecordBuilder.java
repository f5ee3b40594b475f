package org.stoneware.testkit.storage;

import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.AttributeKind;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/** Makes session records for tests; every field has an ordinary value until set. */
public final class SessionRecordBuilder {
    private final SessionKey key;
    private final SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer());
    private long version = 1;
    private long epoch = 1;
    private long index = 1;
    private long creationTimeMs = 1_000;
    private long lastAccessedTimeMs = 1_000;

    public SessionRecordBuilder(SessionKey key) {
        this.key = key;
        delta.maxInactiveIntervalSec(1800);
    }

    /** Copies the bytes of a record, as a store would keep them. */
    public static byte[] bytesOf(SessionRecord record) {
        byte[] bytes = new byte[record.length()];
        record.buffer().getBytes(record.offset(), bytes);
        return bytes;
    }

    public SessionRecordBuilder version(long version) {
        this.version = version;
        return this;
    }

    /** Epoch and index of the log entry that made the last change. */
    public SessionRecordBuilder logPlace(long epoch, long index) {
        this.epoch = epoch;
        this.index = index;
        return this;
    }

    public SessionRecordBuilder creationTimeMs(long creationTimeMs) {
        this.creationTimeMs = creationTimeMs;
        return this;
    }

    public SessionRecordBuilder lastAccessedTimeMs(long lastAccessedTimeMs) {
        this.lastAccessedTimeMs = lastAccessedTimeMs;
        return this;
    }

    public SessionRecordBuilder maxInactiveIntervalSec(int seconds) {
        delta.maxInactiveIntervalSec(seconds);
        return this;
    }

    public SessionRecordBuilder attribute(String name, byte[] value) {
        return attribute(AttributeKind.APPLICATION, name, value);
    }

    public SessionRecordBuilder attribute(AttributeKind kind, String name, byte[] value) {
        delta.put(kind, name, new UnsafeBuffer(value), 0, value.length);
        return this;
    }

    /** A record in memory of its own. */
    public SessionRecord build() {
        delta.finish();
        DirectBuffer buffer = delta.buffer();
        SessionDelta changes = new SessionDelta().wrap(buffer, 0);
        UnsafeBuffer out = new UnsafeBuffer(new byte[SessionRecord.maxLength(key, null, changes)]);
        RecordStamp stamp = new RecordStamp(version, epoch, index, lastAccessedTimeMs, lastAccessedTimeMs);
        SessionRecord.write(out, 0, key, null, changes, stamp, creationTimeMs);
        return new SessionRecord().wrap(out, 0);
    }
}
