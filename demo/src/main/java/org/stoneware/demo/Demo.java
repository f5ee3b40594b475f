package org.stoneware.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The program behind {@code bin/demo}. */
public final class Demo {
    private static final long WATCH_MS = 300;
    private static final int BAD_OPTION = 2;
    private static final Set<String> HELP = Set.of("-h", "-?", "--help");

    private Demo() {}

    public static void main(String[] arguments) {
        System.exit(run(arguments, System.getenv("STONEWARE_DEMO_TOMCATS"), System.out, System.err));
    }

    /** @param environmentTomcats Tomcats to run when the arguments name none. */
    static int run(String[] arguments, @Nullable String environmentTomcats, PrintStream out, PrintStream err) {
        if (List.of(arguments).stream().anyMatch(HELP::contains)) {
            out.print(DemoOptions.USAGE);
            return 0;
        }
        DemoOptions options;
        try {
            options = DemoOptions.parse(arguments, environmentTomcats);
        } catch (IllegalArgumentException e) {
            err.println("demo: " + e.getMessage());
            err.print(DemoOptions.USAGE);
            return BAD_OPTION;
        }
        return run(options, Path.of(System.getProperty("stoneware.home", ".")).toAbsolutePath(), out);
    }

    private static int run(DemoOptions options, Path distribution, PrintStream out) {
        DemoArray array;
        try {
            array = new DemoArray(distribution, options, out);
        } catch (IOException e) {
            System.err.println("demo: no temporary directory: " + e);
            return 1;
        }
        // Ctrl-C, a kill of this process, or an exit below: nothing started here outlives it.
        Runtime.getRuntime().addShutdownHook(new Thread(array::close, "demo-clean-up"));
        try {
            out.println("Starting in " + array.directory());
            array.start();
            describe(array, out);
            if (options.isCheck()) {
                new DemoCheck(array, out).run();
                out.println("The story holds.");
                return 0;
            }
            watch(array, out);
            return 0;
        } catch (IOException | RuntimeException e) {
            array.keepDirectory();
            System.err.println("demo: " + e.getMessage());
            return 1;
        } finally {
            array.close();
        }
    }

    private static void describe(DemoArray array, PrintStream out) {
        out.println();
        for (ServerProcess server : array.servers()) {
            out.printf(
                    "  %-9s %-22s pid %-7d %s%n",
                    server.member().name(),
                    server.role(),
                    server.process().pid(),
                    server.member().management());
        }
        for (TomcatInstance tomcat : array.tomcats()) {
            out.printf(
                    "  %-9s %-22s pid %-7d %s%n",
                    "Tomcat " + tomcat.name(),
                    tomcat.version(),
                    tomcat.process().pid(),
                    tomcat.uri("/"));
        }
        out.printf("  %-9s %-22s%n%n", "proxy", array.frontDoor().describe());
        long tomcat = array.tomcats().get(0).process().pid();
        long server = array.servers().get(0).process().pid();
        out.println("Click: " + array.frontDoor().uri("/"));
        out.println(
                "       Reload it: the Tomcats answer in turn, the counter has no gap, the session stays the same.");
        out.println("Kill:  kill -9 " + tomcat + "   (Tomcat A) and reload: Tomcat B goes on with the same session.");
        out.println("       kill -9 " + server
                + "   (Server1, the active) and reload: Server2 takes over, the counter goes on without a gap.");
        out.println("       The page names the active server; the addresses above show what each server says.");
        out.println(
                "Enter starts again what was killed; a server comes back as standby. Ctrl-C stops and removes everything.");
    }

    /** Stays in the foreground, tells which child has ended, and starts it again when the user presses Enter. */
    private static void watch(DemoArray array, PrintStream out) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
        boolean isInteractive = System.console() != null;
        Set<Long> told = new HashSet<>();
        while (!array.isClosed()) {
            for (ChildProcess process : array.processes()) {
                if (!process.isAlive() && !array.isClosed() && told.add(process.pid())) {
                    out.println(process.name() + " has ended (pid " + process.pid() + ")");
                }
            }
            if (isInteractive && in.ready()) {
                in.readLine();
                array.restartEnded().forEach(name -> out.println(name + " is starting again"));
            }
            try {
                // Paces the looking; there is nothing to wait on that covers both children and keyboard.
                Thread.sleep(WATCH_MS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
