package org.stoneware.shell.command;

import java.util.ArrayList;
import java.util.List;

/**
 * What a command takes: the one place for its help, the check of its arguments and their completion.
 *
 * @param name    with scope, for example {@code session:list}.
 * @param summary one line.
 * @param words   names of arguments without an option; one in brackets may be left out, one that ends in dots takes all the rest.
 */
public record Usage(String name, String summary, List<String> words, List<Option> options) {
    static final Option JSON = Option.flag("--json", "for scripts: one JSON value");
    private static final String OPTION = "    ";
    private static final int OPTION_WIDTH = 18;
    private static final int SYNOPSIS_INDENT = 4;
    static final Option HELP = Option.flag("--help", "print this");

    /**
     * One option.
     *
     * @param value what its value is; empty for one without.
     */
    public record Option(String name, String value, String summary) {
        static Option flag(String name, String summary) {
            return new Option(name, "", summary);
        }

        static Option of(String name, String value, String summary) {
            return new Option(name, value, summary);
        }

        public boolean hasValue() {
            return !value.isEmpty();
        }
    }

    static Usage of(String name, String summary, List<String> words, Option... options) {
        List<Option> all = new ArrayList<>(List.of(options));
        all.add(JSON);
        all.add(HELP);
        return new Usage(name, summary, List.copyOf(words), List.copyOf(all));
    }

    int mostWords() {
        return words.isEmpty() ? 0 : words.get(words.size() - 1).endsWith("...") ? Integer.MAX_VALUE : words.size();
    }

    int leastWords() {
        return (int) words.stream().filter(word -> !word.startsWith("[")).count();
    }

    /** @param width columns of the terminal; 0 when there is none. */
    String text(int width) {
        StringBuilder text = new StringBuilder();
        text().lines().forEach(line -> {
            int indent = line.startsWith(OPTION) ? OPTION.length() + OPTION_WIDTH + 1 : SYNOPSIS_INDENT;
            text.append(Lines.fit(line, width, indent)).append('\n');
        });
        return text.toString();
    }

    String text() {
        StringBuilder text = new StringBuilder(name);
        words.forEach(word -> text.append(' ').append(word));
        for (Option option : options) {
            text.append(" [").append(option.name);
            text.append(option.hasValue() ? " " + option.value : "").append(']');
        }
        text.append("\n  ").append(summary).append('\n');
        for (Option option : options) {
            String left = option.name + (option.hasValue() ? " " + option.value : "");
            text.append(String.format(OPTION + "%-" + OPTION_WIDTH + "s %s%n", left, option.summary));
        }
        return text.toString().replace(System.lineSeparator(), "\n");
    }
}
