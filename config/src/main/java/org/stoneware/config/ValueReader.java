package org.stoneware.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.Substitution;
import org.stoneware.api.config.Substitution.Result;

/**
 * Reads single values as the schema's types would: an absent or empty one is the default, a wrong one is a problem and yields a
 * faulty setting.
 */
final class ValueReader {
    static final int MAX_PORT = 65535;
    private static final Pattern INTEGER = Pattern.compile("[+-]?\\d{1,18}");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})\\s*([kKmMgGtT]?)[bB]?");
    private static final String SIZE_UNITS = "kmgt";

    private final Problems problems;
    private final Substitution substitution;
    private final Path baseDirectory;

    ValueReader(Problems problems, Substitution substitution, Path baseDirectory) {
        this.problems = problems;
        this.substitution = substitution;
        this.baseDirectory = baseDirectory;
    }

    Setting<Integer> integer(@Nullable Source source, int min, int max, int byDefault, Position near) {
        if (source == null || source.text().isEmpty()) {
            return absent(source, byDefault, near);
        }
        String allowed = max == Integer.MAX_VALUE ? "a whole number from " + min : min + " to " + max;
        long value = INTEGER.matcher(source.text()).matches() ? Long.parseLong(source.text()) : Long.MIN_VALUE;
        if (value == Long.MIN_VALUE) {
            problems.error(
                    source.position(),
                    source.path(),
                    "'" + shortened(source.text()) + "' is not a whole number",
                    allowed,
                    "write for example " + byDefault);
            return Setting.faulty(byDefault, source);
        }
        if (value < min || value > max) {
            problems.error(
                    source.position(),
                    source.path(),
                    value + " is out of range",
                    allowed,
                    "write for example " + byDefault);
            return Setting.faulty(byDefault, source);
        }
        return Setting.read((int) value, source);
    }

    Setting<Boolean> bool(@Nullable Source source, boolean byDefault, Position near) {
        if (source == null || source.text().isEmpty()) {
            return absent(source, byDefault, near);
        }
        switch (source.text()) {
            case "true", "1" -> {
                return Setting.read(true, source);
            }
            case "false", "0" -> {
                return Setting.read(false, source);
            }
            default -> {
                String meant =
                        switch (source.text().toLowerCase(Locale.ROOT)) {
                            case "yes", "on", "true" -> "write true";
                            case "no", "off", "false" -> "write false";
                            default -> "write true or false";
                        };
                problems.error(
                        source.position(),
                        source.path(),
                        "'" + shortened(source.text()) + "' is neither true nor false",
                        "true, false, 1, 0",
                        meant);
                return Setting.faulty(byDefault, source);
            }
        }
    }

    Setting<String> choice(@Nullable Source source, List<String> allowed, String byDefault, Position near) {
        if (source == null || source.text().isEmpty()) {
            return absent(source, byDefault, near);
        }
        if (!allowed.contains(source.text())) {
            problems.error(
                    source.position(),
                    source.path(),
                    "'" + shortened(source.text()) + "' is unknown",
                    String.join(", ", allowed),
                    NearestName.advice(source.text(), allowed, "write one of these"));
            return Setting.faulty(byDefault, source);
        }
        return Setting.read(source.text(), source);
    }

    /** A size such as {@code 512m} or {@code 2g}, in bytes. */
    Setting<Long> size(@Nullable Source source, long byDefault, Position near) {
        if (source == null || source.text().isEmpty()) {
            return absent(source, byDefault, near);
        }
        long bytes = bytes(source.text());
        if (bytes > 0) {
            return Setting.read(bytes, source);
        }
        problems.error(
                source.position(),
                source.path(),
                "'" + shortened(source.text()) + "' is not a size",
                "a number above 0 with k, m, g or t",
                "write for example 512m");
        return Setting.faulty(byDefault, source);
    }

    /** Bytes of a size such as {@code 512m}; 0 when it is none. */
    static long bytes(String size) {
        Matcher matcher = SIZE.matcher(size);
        if (!matcher.matches()) {
            return 0;
        }
        int unit = matcher.group(2).isEmpty()
                ? 0
                : SIZE_UNITS.indexOf(matcher.group(2).toLowerCase(Locale.ROOT)) + 1;
        long count = Long.parseLong(matcher.group(1));
        return count <= Long.MAX_VALUE >> (10 * unit) ? count << (10 * unit) : 0;
    }

    /** Text with its placeholders replaced; null stays null. */
    @Nullable
    Substituted text(@Nullable Source source) {
        if (source == null) {
            return null;
        }
        Result result = substitution.apply(source.text());
        for (String fault : result.faults()) {
            problems.error(
                    source.position(),
                    source.path(),
                    "'" + shortened(source.text()) + "': " + fault,
                    "%(name:default), or the name of a property that is set",
                    "add a default, or start with -Dname=value");
        }
        Setting<String> setting =
                result.faults().isEmpty() ? Setting.read(result.text(), source) : Setting.faulty(result.text(), source);
        if (result.isChanged()) {
            setting = setting.withOrigin(source.origin() + ", from '" + source.text() + "'");
        }
        return new Substituted(setting, result.usesHostAddress());
    }

    /** A path: placeholders replaced, relative ones taken from the directory of the configuration file. */
    Setting<Path> path(@Nullable Source source, String byDefault, Position near) {
        Substituted text = source == null || source.text().isEmpty() ? null : text(source);
        if (text == null || source == null) {
            return absent(source, baseDirectory.resolve(byDefault).normalize(), near);
        }
        try {
            return text.setting()
                    .with(baseDirectory
                            .resolve(text.setting().value())
                            .toAbsolutePath()
                            .normalize());
        } catch (InvalidPathException e) {
            problems.error(
                    source.position(),
                    source.path(),
                    "'" + shortened(source.text()) + "' is not a path: " + e.getReason(),
                    "a path of this operating system",
                    "correct it");
            return Setting.faulty(baseDirectory.resolve(byDefault), source);
        }
    }

    /**
     * A text after substitution.
     *
     * @param setting         the text.
     * @param usesHostAddress {@code %i} stood in it.
     */
    record Substituted(Setting<String> setting, boolean usesHostAddress) {}

    static String shortened(String value) {
        return value.length() <= 80 ? value : value.substring(0, 77) + "...";
    }

    private static <T> Setting<T> absent(@Nullable Source source, T byDefault, Position near) {
        return source == null
                ? Setting.ofDefault(byDefault, near)
                : new Setting<>(
                        byDefault,
                        "default (line " + source.position().line() + " is empty)",
                        source.position(),
                        false);
    }
}
