package org.stoneware.config;

/**
 * Which server of a file this one is.
 *
 * @param position its place in the file, or {@link #NONE}.
 * @param problem  why none could be chosen; empty otherwise.
 */
public record ServerChoice(int position, String problem) {
    /** No server could be chosen. */
    public static final int NONE = -1;

    public boolean isChosen() {
        return position != NONE;
    }

    static ServerChoice of(int position) {
        return new ServerChoice(position, "");
    }

    static ServerChoice none(String problem) {
        return new ServerChoice(NONE, problem);
    }
}
