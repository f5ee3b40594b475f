package org.stoneware.config;

/**
 * One value in effect, with where it came from.
 *
 * @param value    the value.
 * @param origin   for people: {@code line 12}, {@code default}, {@code derived from dso-port + 10}.
 * @param position place of the value; that of the nearest element above when it is a default.
 * @param isFaulty the file says something unreadable and {@code value} is only a stand-in; never checked against other values.
 */
record Setting<T>(T value, String origin, Position position, boolean isFaulty) {
    static <T> Setting<T> ofDefault(T value, Position position) {
        return new Setting<>(value, "default", position, false);
    }

    static <T> Setting<T> read(T value, Source source) {
        return new Setting<>(value, source.origin(), source.position(), false);
    }

    static <T> Setting<T> faulty(T standIn, Source source) {
        return new Setting<>(standIn, source.origin(), source.position(), true);
    }

    boolean isDefault() {
        return origin.startsWith("default");
    }

    <U> Setting<U> with(U other) {
        return new Setting<>(other, origin, position, isFaulty);
    }

    Setting<T> withOrigin(String other) {
        return new Setting<>(value, other, position, isFaulty);
    }
}
