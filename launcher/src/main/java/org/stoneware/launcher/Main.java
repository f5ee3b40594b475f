package org.stoneware.launcher;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Entry point of every script: the first argument names the program. */
public final class Main {
    private static final String USAGE =
            "Usage: stoneware start-server | start-voter | server-stat | stop-server | hand-over | force-active"
                    + " | backup | restore | make-key | install-valve | shell | version  [options]";

    private static final String VERSION_USAGE =
            """
            Usage: version
              -h, -?, --help      print this
            Prints the version of Stoneware and of the Java that would run it.
            Exit codes: 0 printed, 2 bad option.""";

    private Main() {}

    public static void main(String[] arguments) {
        Path workingDirectory = Path.of("").toAbsolutePath();
        Path home = Path.of(System.getProperty("stoneware.home", homeOfThisJar(workingDirectory)))
                .toAbsolutePath()
                .normalize();
        Path scripts = Path.of(
                System.getProperty("stoneware.script.dir", home.resolve("bin").toString()));
        List<String> rest = new ArrayList<>(List.of(arguments));
        int homeOption = rest.indexOf("--home");
        if (homeOption >= 0 && homeOption + 1 < rest.size()) {
            home = workingDirectory.resolve(rest.get(homeOption + 1)).normalize();
            scripts = home.resolve("bin");
            rest.subList(homeOption, homeOption + 2).clear();
        }
        Terminal terminal =
                new Terminal(System.out, System.err, workingDirectory, home, scripts.toAbsolutePath(), System.getenv());
        int exitCode = run(rest, terminal);
        System.out.flush();
        System.err.flush();
        System.exit(exitCode);
    }

    static int run(List<String> arguments, Terminal terminal) {
        if (arguments.isEmpty()) {
            terminal.err().println(USAGE);
            return ExitCode.CONFIGURATION;
        }
        List<String> rest = arguments.subList(1, arguments.size());
        try {
            return switch (arguments.get(0)) {
                case "start-server" -> new StartServer(terminal).run(rest);
                case "start-voter" -> new StartVoter(terminal).run(rest);
                case "server-stat" -> new ServerStat(terminal).run(rest);
                case "stop-server" -> new StopServer(terminal).run(rest);
                case "force-active" -> new ForceActive(terminal).run(rest);
                case "make-key" -> new MakeKey(terminal).run(rest);
                case "hand-over" -> new HandOver(terminal).run(rest);
                case "backup" -> new Backup(terminal).run(rest);
                case "restore" -> new Restore(terminal).run(rest);
                case "shell" -> new Shell(terminal).run(rest);
                case "install-valve" -> new InstallValve(terminal).run(rest);
                case "version", "--version" -> version(terminal, rest);
                case "--help", "-h", "-?" -> {
                    terminal.out().println(USAGE);
                    yield ExitCode.CLEAN;
                }
                default ->
                    throw new ProgramException(
                            ExitCode.CONFIGURATION, "unknown program '" + arguments.get(0) + "'. " + USAGE);
            };
        } catch (ProgramException e) {
            terminal.err().println(e.text());
            return e.exitCode();
        }
    }

    private static int version(Terminal terminal, List<String> arguments) throws ProgramException {
        Options options = new Options("version", VERSION_USAGE).parse(arguments);
        terminal.out().println(options.isGiven("--help") ? options.usage() : ProductVersion.line());
        return ExitCode.CLEAN;
    }

    /** {@code lib/} of the distribution holds this jar. */
    private static String homeOfThisJar(Path otherwise) {
        try {
            Path jar = Path.of(Main.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            Path lib = jar.getParent();
            Path home = lib == null ? null : lib.getParent();
            return (home == null ? otherwise : home).toString();
        } catch (URISyntaxException e) {
            return otherwise.toString();
        }
    }
}
