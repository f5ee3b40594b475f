package org.stoneware.api.config;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Replaces {@code %h}, {@code %i}, {@code %(property)}, {@code %(property:default)} and the rest of Terracotta's list. What is no
 * placeholder stays as it is, a single or trailing percent sign included. Servers expand their paths with it, Tomcats the path of the client log.
 * <p>
 * <b>Threading:</b> immutable.
 */
public final class Substitution {
    private final PlaceholderValues environment;

    public Substitution(PlaceholderValues environment) {
        this.environment = environment;
    }

    /**
     * A text with its placeholders replaced.
     *
     * @param text            the result.
     * @param isChanged       something was replaced.
     * @param usesHostAddress {@code %i} was among them.
     * @param faults          what could not be replaced, one sentence each.
     */
    public record Result(String text, boolean isChanged, boolean usesHostAddress, List<String> faults) {}

    /** Replaces every placeholder of a text; what can't be replaced is kept and named among the faults. */
    public Result apply(String text) {
        StringBuilder result = new StringBuilder();
        List<String> faults = new ArrayList<>();
        boolean usesHostAddress = false;
        int offset = 0;
        while (offset < text.length()) {
            char character = text.charAt(offset);
            if (character != '%' || offset + 1 == text.length()) {
                result.append(character);
                offset++;
            } else if (text.charAt(offset + 1) == '(') {
                offset = property(text, offset, result, faults);
            } else {
                char letter = text.charAt(offset + 1);
                String value = letter(letter);
                usesHostAddress |= letter == 'i';
                result.append(value == null ? text.substring(offset, offset + 2) : value);
                offset += 2;
            }
        }
        String replaced = result.toString();
        return new Result(replaced, !replaced.equals(text), usesHostAddress, faults);
    }

    private int property(String text, int offset, StringBuilder result, List<String> faults) {
        int close = text.indexOf(')', offset);
        if (close < 0) {
            faults.add("'%(' is never closed by ')'");
            result.append(text, offset, text.length());
            return text.length();
        }
        String content = text.substring(offset + 2, close);
        int colon = content.indexOf(':');
        String name = colon < 0 ? content : content.substring(0, colon);
        String value = name.isEmpty() ? null : environment.property(name);
        if (value != null) {
            result.append(value);
        } else if (colon >= 0) {
            result.append(content, colon + 1, content.length());
        } else {
            faults.add("system property '" + name + "' is not set and %(" + name + ") has no default");
            result.append(text, offset, close + 1);
        }
        return close + 1;
    }

    private @Nullable String letter(char letter) {
        return switch (letter) {
            case 'h' -> environment.hostName();
            case 'c' -> environment.canonicalHostName();
            case 'i' -> environment.hostAddress();
            case 'H' -> environment.property("user.home");
            case 'n' -> environment.property("user.name");
            case 'o' -> environment.property("os.name");
            case 'a' -> environment.property("os.arch");
            case 'v' -> environment.property("os.version");
            case 't' -> environment.property("java.io.tmpdir");
            case 'd' -> environment.freshTemporaryDirectory();
            case 'D' -> environment.startTimestamp();
            default -> null;
        };
    }
}
