package org.stoneware.wire.replication;

/** What a {@code Diverged} says of a session. Codes never change meaning. */
public enum DivergedKind {
    /** It was changed or created; the content is the whole session, behind the key it had at the fork if that was another. */
    SESSION(1),
    /** It was removed by its application; the content is its key. */
    REMOVED(2),
    /** It was used but not changed; the content is its key. */
    TOUCHED(3);

    private final int code;

    DivergedKind(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    static DivergedKind ofCode(int code) {
        return switch (code) {
            case 1 -> SESSION;
            case 2 -> REMOVED;
            case 3 -> TOUCHED;
            default -> throw new IllegalArgumentException("unknown kind of divergence: code=" + code);
        };
    }
}
