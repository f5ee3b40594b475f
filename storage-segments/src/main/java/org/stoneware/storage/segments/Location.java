package org.stoneware.storage.segments;

/** A place in a log as one number: segment in the upper half, byte offset in the lower. Later appends have greater locations. */
public final class Location {
    /** No place. */
    public static final long NULL = -1;

    private Location() {}

    public static long of(int segment, int offset) {
        return (long) segment << 32 | offset;
    }

    public static int segment(long location) {
        return (int) (location >>> 32);
    }

    public static int offset(long location) {
        return (int) location;
    }

    /** Readable form, for messages. */
    public static String text(long location) {
        return "segment=" + segment(location) + " offset=" + offset(location);
    }
}
