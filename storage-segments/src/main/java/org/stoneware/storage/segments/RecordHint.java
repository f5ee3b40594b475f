package org.stoneware.storage.segments;

/**
 * What a reader of the log learns of a record without its content. The log keeps the fields as they are and uses only the two that
 * name the key.
 * <p>
 * <b>Ownership:</b> mutable and reused; copy what is kept.
 */
public final class RecordHint {
    private long keyHash64;
    private long fingerprint;
    private long version;
    private long lastAccessedTimeMs;
    private int maxInactiveIntervalSec;
    private long contentHash;

    /** Sets all fields. */
    public RecordHint set(
            long keyHash64,
            long fingerprint,
            long version,
            long lastAccessedTimeMs,
            int maxInactiveIntervalSec,
            long contentHash) {
        this.keyHash64 = keyHash64;
        this.fingerprint = fingerprint;
        this.version = version;
        this.lastAccessedTimeMs = lastAccessedTimeMs;
        this.maxInactiveIntervalSec = maxInactiveIntervalSec;
        this.contentHash = contentHash;
        return this;
    }

    public RecordHint set(RecordHint other) {
        return set(
                other.keyHash64,
                other.fingerprint,
                other.version,
                other.lastAccessedTimeMs,
                other.maxInactiveIntervalSec,
                other.contentHash);
    }

    /** Hash of the key; with {@link #fingerprint()} it names the key. */
    public long keyHash64() {
        return keyHash64;
    }

    /** A second, independent hash of the whole key. */
    public long fingerprint() {
        return fingerprint;
    }

    public long version() {
        return version;
    }

    public long lastAccessedTimeMs() {
        return lastAccessedTimeMs;
    }

    public int maxInactiveIntervalSec() {
        return maxInactiveIntervalSec;
    }

    public long contentHash() {
        return contentHash;
    }
}
