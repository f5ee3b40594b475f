package org.stoneware.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.stoneware.config.ConfigElement.Attribute;

/** Holds a file against {@link TcSchema}: names, places, repetitions, namespaces, aliases. Values are not its business. */
final class SchemaCheck {

    /** Names under which plug-ins of later versions ask for protection. */
    private static final Set<String> PROTECTIONS = Set.of("security", "login-config-name", "ssl-tls", "white-list");

    private final Problems problems;
    private boolean hasQualifiedChildren;
    private boolean hasAliases;

    SchemaCheck(Problems problems) {
        this.problems = problems;
    }

    /** @return false when the root is so wrong that looking further makes no sense. */
    boolean check(ConfigElement root) {
        if (!root.name().equals(TcSchema.ROOT)) {
            problems.error(
                    root.position(),
                    "",
                    "the root element is <" + root.name() + ">",
                    "<tc-config xmlns=\"" + TcSchema.NAMESPACE + "\">",
                    "is this a tc-config file?");
            return false;
        }
        if (root.namespace().isEmpty()) {
            problems.notice(root.position(), "", "<tc-config> has no namespace; read as " + TcSchema.NAMESPACE, "");
        } else if (!root.namespace().equals(TcSchema.NAMESPACE)) {
            problems.error(
                    root.position(),
                    "",
                    "<tc-config> is in namespace '" + root.namespace() + "'",
                    TcSchema.NAMESPACE,
                    "correct the xmlns declaration");
            return false;
        }
        checkElement(root, TcSchema.root());
        return true;
    }

    /** Children carry the namespace, as from version 10 on. */
    boolean hasQualifiedChildren() {
        return hasQualifiedChildren;
    }

    /** At least one name of a later schema was read. */
    boolean hasAliases() {
        return hasAliases;
    }

    private void checkElement(ConfigElement element, ElementRule rule) {
        checkAttributes(element, rule);
        if (!rule.hasValue() && !element.text().isEmpty()) {
            problems.error(
                    element.textPosition(),
                    element.path(),
                    "text '" + shortened(element.text()) + "' between elements",
                    "elements only",
                    "delete it, or make it a comment <!-- -->");
        }
        if (rule.hasValue()
                && !rule.children().isEmpty()
                && !element.text().isEmpty()
                && !element.children().isEmpty()) {
            problems.error(
                    element.textPosition(), element.path(), "both text and elements", "one of the two", "keep one");
        }
        Map<String, ConfigElement> firstOfName = new HashMap<>();
        for (ConfigElement child : element.children()) {
            checkNamespace(child);
            ElementRule childRule = rule.children().get(child.name());
            if (childRule == null) {
                unknown(child, rule);
                continue;
            }
            ConfigElement first = firstOfName.putIfAbsent(child.name(), child);
            if (first != null && !childRule.isRepeatable()) {
                problems.error(
                        child.position(),
                        child.path(),
                        "<" + child.name() + "> stands here a second time, the first is in line "
                                + first.position().line(),
                        "once",
                        "delete one of them");
            }
            checkChild(child, childRule);
        }
    }

    private void checkChild(ConfigElement child, ElementRule rule) {
        ConfigElement protection = rule.effect() == ElementRule.Effect.HONOURED ? null : firstOf(child, PROTECTIONS);
        if (protection != null && rule.effect() != ElementRule.Effect.REFUSED) {
            problems.error(
                    protection.position(),
                    protection.path(),
                    "<" + protection.name() + "> is refused: it asks for a protection that is not implemented",
                    "",
                    "remove it and protect the ports by other means, for example a firewall");
        }
        if (!rule.aliasOf().isEmpty()) {
            hasAliases = true;
            problems.notice(child.position(), child.path(), "read as " + rule.aliasOf(), "");
        }
        switch (rule.effect()) {
            case HONOURED -> checkElement(child, rule);
            case NO_EFFECT -> problems.notice(child.position(), child.path(), "has no effect here: " + rule.note(), "");
            case NO_EFFECT_WARNING ->
                problems.warning(child.position(), child.path(), "has no effect here: " + rule.note(), "");
            case REFUSED ->
                problems.error(
                        child.position(),
                        child.path(),
                        "<" + child.name() + "> is refused: " + rule.note(),
                        "",
                        "remove it and protect the ports by other means, for example a firewall");
        }
    }

    private void checkAttributes(ConfigElement element, ElementRule rule) {
        for (Attribute attribute : element.attributes().values()) {
            if (!rule.attributes().contains(attribute.name())) {
                problems.error(
                        attribute.position(),
                        element.path() + "@" + attribute.name(),
                        "unknown attribute '" + attribute.name() + "'",
                        rule.attributes().isEmpty()
                                ? "no attribute"
                                : String.join(", ", new TreeSet<>(rule.attributes())),
                        NearestName.advice(attribute.name(), rule.attributes(), "delete it"));
            }
        }
    }

    private void checkNamespace(ConfigElement element) {
        if (element.namespace().equals(TcSchema.NAMESPACE)) {
            hasQualifiedChildren = true;
        } else if (!element.namespace().isEmpty()) {
            problems.error(
                    element.position(),
                    element.path(),
                    "<" + element.name() + "> is in namespace '" + element.namespace() + "'",
                    "none, or " + TcSchema.NAMESPACE,
                    "correct its prefix");
        }
    }

    private void unknown(ConfigElement element, ElementRule parent) {
        List<String> known = parent.children().values().stream()
                .filter(rule -> rule.effect() != ElementRule.Effect.REFUSED
                        && rule.aliasOf().isEmpty())
                .map(ElementRule::name)
                .toList();
        String allowed =
                known.isEmpty() ? (parent.hasValue() ? "a value only" : "nothing inside") : String.join(", ", known);
        String nearest = NearestName.of(element.name(), known);
        String elsewhere = nearest == null ? homeOf(element.name()) : null;
        problems.error(
                element.position(),
                element.path(),
                "unknown element <" + element.name() + ">",
                allowed,
                nearest != null
                        ? "did you mean <" + nearest + ">?"
                        : elsewhere != null ? "it belongs into <" + elsewhere + ">" : "delete it");
    }

    /** Name of an element that may hold {@code name}, for something written in the wrong place. */
    private static @Nullable String homeOf(String name) {
        return homeOf(name, TcSchema.root());
    }

    private static @Nullable String homeOf(String name, ElementRule rule) {
        if (rule.children().containsKey(name)) {
            return rule.name();
        }
        for (ElementRule child : rule.children().values()) {
            String home = homeOf(name, child);
            if (home != null) {
                return home;
            }
        }
        return null;
    }

    /** The element itself or the first below it with one of these names. */
    private static @Nullable ConfigElement firstOf(ConfigElement element, Set<String> names) {
        if (names.contains(element.name())) {
            return element;
        }
        for (ConfigElement child : element.children()) {
            ConfigElement found = firstOf(child, names);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static String shortened(String value) {
        return value.length() <= 60 ? value : value.substring(0, 57) + "...";
    }
}
