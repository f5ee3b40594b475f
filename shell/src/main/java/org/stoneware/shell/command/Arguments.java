package org.stoneware.shell.command;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.stoneware.shell.command.Usage.Option;

/** The arguments of one call, checked against the {@link Usage} of the command. */
final class Arguments {
    private final Usage usage;
    private final Map<String, String> options = new HashMap<>();
    private final List<String> words = new ArrayList<>();

    private Arguments(Usage usage) {
        this.usage = usage;
    }

    /** @throws CommandFailure for what the command does not take. */
    static Arguments parse(Usage usage, Object... given) {
        Arguments arguments = new Arguments(usage);
        for (int i = 0; i < given.length; i++) {
            String word = String.valueOf(given[i]);
            if (!word.startsWith("--") || word.equals("--")) {
                arguments.words.add(word);
                continue;
            }
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            Option option = arguments.option(name);
            if (!option.hasValue()) {
                arguments.options.put(name, "");
            } else if (equals >= 0) {
                arguments.options.put(name, word.substring(equals + 1));
            } else if (i + 1 < given.length) {
                arguments.options.put(name, String.valueOf(given[++i]));
            } else {
                throw arguments.wrong("option " + name + " needs a value: " + name + " " + option.value());
            }
        }
        if (!arguments.isHelp()) {
            arguments.checkWords();
        }
        return arguments;
    }

    private Option option(String name) {
        List<String> names = new ArrayList<>();
        for (Option option : usage.options()) {
            if (option.name().equals(name)) {
                return option;
            }
            names.add(option.name());
        }
        throw wrong("there is no option '" + name + "'; allowed: " + String.join(", ", names));
    }

    private void checkWords() {
        if (words.size() < usage.leastWords()) {
            throw wrong("it needs " + usage.words().get(words.size()));
        }
        if (words.size() > usage.mostWords()) {
            throw wrong("'" + words.get(usage.mostWords()) + "' is one argument too many");
        }
    }

    CommandFailure wrong(String what) {
        return CommandFailure.usage(usage.name() + ": " + what + "; see " + usage.name() + " --help");
    }

    boolean isHelp() {
        return options.containsKey("--help");
    }

    boolean isJson() {
        return options.containsKey("--json");
    }

    boolean has(String option) {
        return options.containsKey(option);
    }

    String value(String option) {
        return options.getOrDefault(option, "");
    }

    int number(String option, int byDefault, int least, int most) {
        String text = options.get(option);
        if (text == null) {
            return byDefault;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw wrong(option + " " + text + " is not allowed; allowed: " + least + " to " + most);
    }

    List<String> words() {
        return words;
    }

    /** The first word; empty when there is none. */
    String word() {
        return words.isEmpty() ? "" : words.get(0);
    }
}
