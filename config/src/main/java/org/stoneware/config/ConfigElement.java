package org.stoneware.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One element of the file with the place of everything in it. Filled by {@link XmlReader}, only read afterwards. */
final class ConfigElement {
    private final String name;
    private final String namespace;
    private final String path;
    private final Position position;
    private final Map<String, Attribute> attributes = new LinkedHashMap<>();
    private final List<ConfigElement> children = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private Position textPosition;

    ConfigElement(String name, String namespace, String path, Position position, Position textPosition) {
        this.name = name;
        this.namespace = namespace;
        this.path = path;
        this.position = position;
        this.textPosition = textPosition;
    }

    String name() {
        return name;
    }

    /** Namespace URI; empty for none. */
    String namespace() {
        return namespace;
    }

    String path() {
        return path;
    }

    /** Place of its {@code <}. */
    Position position() {
        return position;
    }

    /** Place of its value; that of the element when it has none. */
    Position textPosition() {
        return text().isEmpty() ? position : textPosition;
    }

    /** Its own text without surrounding blanks. */
    String text() {
        return text.toString().strip();
    }

    List<ConfigElement> children() {
        return children;
    }

    Map<String, Attribute> attributes() {
        return attributes;
    }

    @Nullable
    Attribute attribute(String attributeName) {
        return attributes.get(attributeName);
    }

    /** First child of that name, or null. */
    @Nullable
    ConfigElement child(String childName) {
        for (ConfigElement child : children) {
            if (child.name.equals(childName)) {
                return child;
            }
        }
        return null;
    }

    /** Child of a child of …; null as soon as one is missing. */
    @Nullable
    ConfigElement at(String... names) {
        ConfigElement element = this;
        for (String next : names) {
            element = element.child(next);
            if (element == null) {
                return null;
            }
        }
        return element;
    }

    List<ConfigElement> children(String childName) {
        return children.stream().filter(child -> child.name.equals(childName)).toList();
    }

    void add(ConfigElement child) {
        children.add(child);
    }

    void add(Attribute attribute) {
        attributes.put(attribute.name(), attribute);
    }

    void append(String characters) {
        text.append(characters);
    }

    /** An attribute with the place of its value. */
    record Attribute(String name, String value, Position position) {
        String stripped() {
            return value.strip();
        }
    }
}
