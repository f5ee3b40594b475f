package org.stoneware.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the user asked of the demo.
 *
 * @param tomcats        one or two Tomcats: directories or tar.gz files; one serves for both.
 * @param port           port of the proxy, when it is free.
 * @param isCheck        run the story unattended and end.
 * @param isKept         leave the directory with all logs.
 * @param isWithoutNginx use the stand-in even when nginx is installed.
 */
public record DemoOptions(List<Path> tomcats, int port, boolean isCheck, boolean isKept, boolean isWithoutNginx) {
    private static final int DEFAULT_PORT = 8080;

    static final String USAGE =
            """
            Usage: demo [--check] [--keep] [--no-nginx] [--port PORT] [--tomcat DIR|TAR.GZ]...

            Starts Server1 and Server2, two Tomcats and a round-robin proxy on this machine, and says what to click and
            what to kill. Ctrl-C stops and removes everything. The Tomcats given are only read.

              --tomcat    a Tomcat to run, 10.1 or 11: its directory or its tar.gz; twice for two versions
              --check     run the story unattended: exit code 0 when every counter is exact, else 1
              --keep      leave the directory with all logs
              --no-nginx  use the built-in stand-in even when nginx is installed
              --port      port of the proxy (8080)
              -h, -?, --help  print this

            Exit codes: 0 clean end, 1 something could not be started or the story does not hold, 2 bad option.
            """;

    /** @throws IllegalArgumentException with a message for the user. */
    static DemoOptions parse(String[] arguments, @Nullable String environmentTomcats) {
        List<Path> tomcats = new ArrayList<>();
        int port = DEFAULT_PORT;
        boolean isCheck = false;
        boolean isKept = false;
        boolean isWithoutNginx = false;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--check" -> isCheck = true;
                case "--keep" -> isKept = true;
                case "--no-nginx" -> isWithoutNginx = true;
                case "--port" -> port = port(value(arguments, ++i));
                case "--tomcat" -> tomcats.add(Path.of(value(arguments, ++i)));
                default -> throw new IllegalArgumentException("unknown option: " + arguments[i]);
            }
        }
        if (tomcats.isEmpty() && environmentTomcats != null) {
            for (String tomcat : environmentTomcats.split(":")) {
                tomcats.add(Path.of(tomcat));
            }
        }
        if (tomcats.isEmpty()) {
            throw new IllegalArgumentException("name a Tomcat to run: --tomcat DIR or --tomcat TAR.GZ, once or twice");
        }
        for (Path tomcat : tomcats) {
            if (!Files.isRegularFile(tomcat) && !Files.isExecutable(tomcat.resolve("bin/catalina.sh"))) {
                throw new IllegalArgumentException("neither a Tomcat's directory nor its tar.gz: " + tomcat);
            }
        }
        return new DemoOptions(List.copyOf(tomcats), port, isCheck, isKept, isWithoutNginx);
    }

    private static String value(String[] arguments, int index) {
        if (index >= arguments.length) {
            throw new IllegalArgumentException(arguments[index - 1] + " needs a value");
        }
        return arguments[index];
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port > 0 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IllegalArgumentException("not a port: " + text);
    }
}
