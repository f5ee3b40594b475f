package org.stoneware.config;

import org.jspecify.annotations.Nullable;
import org.stoneware.config.ConfigElement.Attribute;

/**
 * Where a value is written: the text of an element or an attribute.
 *
 * @param text     its text, blanks at the ends removed.
 * @param position its place.
 * @param path     element path, {@code path@attribute} for an attribute.
 */
record Source(String text, Position position, String path) {
    static @Nullable Source of(@Nullable ConfigElement element) {
        return element == null ? null : new Source(element.text(), element.textPosition(), element.path());
    }

    static @Nullable Source of(@Nullable ConfigElement element, String attributeName) {
        Attribute attribute = element == null ? null : element.attribute(attributeName);
        return attribute == null || element == null
                ? null
                : new Source(attribute.stripped(), attribute.position(), element.path() + "@" + attributeName);
    }

    String origin() {
        return "line " + position.line();
    }

    /** Last step of the path. */
    String name() {
        String step = path.substring(path.lastIndexOf('/') + 1);
        return step.substring(step.lastIndexOf('@') + 1);
    }
}
