package org.stoneware.launcher;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.config.NearestName;

/** Options of one program: which exist, and which were given. */
final class Options {
    private final String program;
    private final String usage;
    private final Map<String, Boolean> hasValueByName = new LinkedHashMap<>();
    private final Map<String, String> nameByAlias = new LinkedHashMap<>();
    private final Map<String, String> given = new HashMap<>();

    Options(String program, String usage) {
        this.program = program;
        this.usage = usage;
        flag("--help", "-h", "-?");
    }

    Options flag(String name, String... aliases) {
        return add(name, false, aliases);
    }

    Options value(String name, String... aliases) {
        return add(name, true, aliases);
    }

    /** @throws ProgramException naming the first option that is unknown, doubled or lacks its value. */
    Options parse(List<String> arguments) throws ProgramException {
        for (int index = 0; index < arguments.size(); index++) {
            String argument = arguments.get(index);
            int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
            String option = equals < 0 ? argument : argument.substring(0, equals);
            String name = nameByAlias.get(option);
            if (name == null) {
                throw unknown(option);
            }
            String value = equals < 0 ? "" : argument.substring(equals + 1);
            if (Boolean.TRUE.equals(hasValueByName.get(name))) {
                if (equals < 0) {
                    index++;
                    value = index < arguments.size() ? arguments.get(index) : "";
                }
                if (value.isBlank() || (equals < 0 && nameByAlias.containsKey(value))) {
                    throw wrong(option + " needs a value");
                }
            } else if (equals >= 0) {
                throw wrong(option + " takes no value");
            }
            if (given.put(name, value) != null) {
                throw wrong(option + " is given twice");
            }
        }
        return this;
    }

    boolean isGiven(String name) {
        return given.containsKey(name);
    }

    @Nullable
    String get(String name) {
        return given.get(name);
    }

    String usage() {
        return usage;
    }

    private Options add(String name, boolean hasValue, String... aliases) {
        hasValueByName.put(name, hasValue);
        nameByAlias.put(name, name);
        for (String alias : aliases) {
            nameByAlias.put(alias, name);
        }
        return this;
    }

    private ProgramException unknown(String option) {
        String nearest = NearestName.of(option, nameByAlias.keySet());
        return wrong((option.startsWith("-") ? "unknown option '" : "unexpected argument '") + option + "'"
                + (nearest == null ? "" : "; did you mean " + nearest + "?"));
    }

    private ProgramException wrong(String what) {
        return new ProgramException(
                ExitCode.CONFIGURATION,
                program + ": " + what + "; allowed: " + String.join(", ", hasValueByName.keySet()) + "; see " + program
                        + " --help");
    }
}
