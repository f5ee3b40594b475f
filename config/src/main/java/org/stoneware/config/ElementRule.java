package org.stoneware.config;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** What may stand in one element, and what it does here. */
final class ElementRule {
    /** What becomes of an element. */
    enum Effect {
        /** Read. */
        HONOURED,
        /** Accepted with everything in it, and said once to have no effect. */
        NO_EFFECT,
        /** Accepted like {@link #NO_EFFECT}, but as a warning: somebody may rely on it. */
        NO_EFFECT_WARNING,
        /** An error: it asks for something whose silent absence would do harm. */
        REFUSED
    }

    private final String name;
    private final Effect effect;
    private final String note;
    private final boolean hasValue;
    private final Map<String, ElementRule> children = new LinkedHashMap<>();
    private final Set<String> attributes = new LinkedHashSet<>();
    private boolean isRepeatable;
    private String aliasOf = "";

    private ElementRule(String name, Effect effect, String note, boolean hasValue) {
        this.name = name;
        this.effect = effect;
        this.note = note;
        this.hasValue = hasValue;
    }

    static ElementRule group(String name, ElementRule... children) {
        ElementRule rule = new ElementRule(name, Effect.HONOURED, "", false);
        for (ElementRule child : children) {
            rule.children.put(child.name, child);
        }
        return rule;
    }

    static ElementRule value(String name) {
        return new ElementRule(name, Effect.HONOURED, "", true);
    }

    /** An element that may hold a value or children. */
    static ElementRule valueOrGroup(String name, ElementRule... children) {
        ElementRule rule = new ElementRule(name, Effect.HONOURED, "", true);
        for (ElementRule child : children) {
            rule.children.put(child.name, child);
        }
        return rule;
    }

    static ElementRule noEffect(String name, String why) {
        return new ElementRule(name, Effect.NO_EFFECT, why, true);
    }

    static ElementRule noEffectWarning(String name, String why) {
        return new ElementRule(name, Effect.NO_EFFECT_WARNING, why, true);
    }

    static ElementRule refused(String name, String why) {
        return new ElementRule(name, Effect.REFUSED, why, true);
    }

    ElementRule attributes(String... names) {
        attributes.addAll(Set.of(names));
        return this;
    }

    ElementRule repeatable() {
        isRepeatable = true;
        return this;
    }

    /** Marks it as the name a later schema gave to {@code originalPath}. */
    ElementRule readAs(String originalPath) {
        aliasOf = originalPath;
        return this;
    }

    String name() {
        return name;
    }

    Effect effect() {
        return effect;
    }

    String note() {
        return note;
    }

    boolean hasValue() {
        return hasValue;
    }

    boolean isRepeatable() {
        return isRepeatable;
    }

    /** Path of the element it stands for; empty when it is no alias. */
    String aliasOf() {
        return aliasOf;
    }

    Map<String, ElementRule> children() {
        return children;
    }

    Set<String> attributes() {
        return attributes;
    }
}
