package org.stoneware.wire.replication;

/** What a {@code SnapshotRecord} carries. Codes never change meaning. */
public enum RecordKind {
    /** A whole session. */
    SESSION(1),
    /** The key of a session that is no more. */
    REMOVED(2),
    /** A row of the replicated state that is not a session. */
    STATE_ROW(3);

    private final int code;

    RecordKind(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    static RecordKind ofCode(int code) {
        return switch (code) {
            case 1 -> SESSION;
            case 2 -> REMOVED;
            case 3 -> STATE_ROW;
            default -> throw new IllegalArgumentException("unknown record kind: code=" + code);
        };
    }
}
