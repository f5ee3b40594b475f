package org.stoneware.drill;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the command line asks for.
 *
 * @param configFile value of {@code -f}, or null.
 * @param seconds    how long requests are made; the active role changes hands half way.
 * @param sessions   how many sessions are counted in.
 * @param threads    how many requests are made at the same time.
 * @param isHelp     only the usage is wanted.
 */
record DrillOptions(@Nullable String configFile, int seconds, int sessions, int threads, boolean isHelp) {
    static final String USAGE =
            """
            Usage: drill [-f FILE] [--seconds N] [--sessions N] [--threads N] [--kind hand-over]
              -f, --config FILE   tc-config.xml; otherwise tc-config.xml here, then in conf/
              --seconds N         how long to count, 2 to 3600; otherwise 10; the fail-over comes half way
              --sessions N        sessions to count in, 1 to 100000; otherwise 100
              --threads N         requests at the same time, 1 to 64; otherwise 8
              --kind hand-over    how to fail over: the active hands its role to the standby, no process stops
              -h, -?, --help      print this
            Joins the array as a Tomcat named "drill", with an application and sessions of its own, which it removes again.
            Works on the machine of the active server, for the user who owns its data directory.
            Exit codes: 0 nothing was lost or doubled, 1 something was, or the drill could not be held, 2 bad option or
            configuration.""";

    private static final Set<String> HELP = Set.of("-h", "-?", "--help");

    static DrillOptions parse(List<String> arguments) throws DrillException {
        String configFile = null;
        int seconds = 10;
        int sessions = 100;
        int threads = 8;
        for (int i = 0; i < arguments.size(); i += 2) {
            String name = arguments.get(i);
            if (HELP.contains(name)) {
                return new DrillOptions(null, seconds, sessions, threads, true);
            }
            if (i + 1 == arguments.size()) {
                throw wrong("'" + name + "' is unknown or lacks its value");
            }
            String value = arguments.get(i + 1);
            switch (name) {
                case "-f", "--config" -> configFile = value;
                case "--seconds" -> seconds = number(name, value, 2, 3_600);
                case "--sessions" -> sessions = number(name, value, 1, 100_000);
                case "--threads" -> threads = number(name, value, 1, 64);
                case "--kind" -> {
                    if (!value.equals("hand-over")) {
                        throw wrong("--kind " + value + " is unknown; allowed: hand-over");
                    }
                }
                default -> throw wrong("option '" + name + "' is unknown");
            }
        }
        return new DrillOptions(configFile, seconds, sessions, threads, false);
    }

    private static int number(String name, String value, int least, int most) throws DrillException {
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw wrong(name + " " + value + " is not allowed; allowed: " + least + " to " + most);
    }

    private static DrillException wrong(String what) {
        return new DrillException(DrillException.CONFIGURATION, "drill: " + what + "; see drill --help");
    }
}
