package org.stoneware.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.api.config.ArrayKeyException;

/**
 * The program behind {@code bin/install-valve}: puts the Valve's jar into a Tomcat and its element into {@code conf/context.xml}, or
 * takes both away. Running it again changes only what differs.
 */
final class InstallValve {
    static final String USAGE =
            """
            Usage: install-valve CATALINA_HOME HOST:PORT[,HOST:PORT]
                   install-valve CATALINA_HOME --remove

            Copies the Valve's jar to lib/ and adds <Valve> to conf/context.xml of a Tomcat 9, 10.1 or 11, so that all its web
            applications keep their sessions in Stoneware. HOST:PORT are the dso-ports of the servers. A CATALINA_BASE with
            its own conf/ will do as well. When there is a conf/array.key here, it is copied to the Tomcat's conf/. Run it again to
            change HOST:PORT or the jar's version; --remove undoes everything.
              -h, -?, --help      print this
            Exit codes: 0 done, or nothing was to do, 1 failed, 2 bad option or no Tomcat there.
            """;

    private static final Set<String> HELP = Set.of("-h", "-?", "--help");
    private static final String VALVE_CLASS = "org.stoneware.tomcat.SessionValve";
    private static final String TERRACOTTA_PREFIX = "org.terracotta.session.Terracotta";
    private static final String BACKUP = "context.xml.before-stoneware";
    private static final Pattern ADDRESS_LIST = Pattern.compile("[^\\s,<>&\"']+:\\d{1,5}(,[^\\s,<>&\"']+:\\d{1,5})*");
    private static final Pattern VALVE_JAR = Pattern.compile("stoneware-valve-.*\\.jar");

    private final Terminal terminal;
    private boolean isChanged;

    InstallValve(Terminal terminal) {
        this.terminal = terminal;
    }

    /** @return exit code: done, or nothing was to do. */
    int run(List<String> arguments) throws ProgramException {
        if (arguments.stream().anyMatch(HELP::contains)) {
            terminal.out().print(USAGE);
            return ExitCode.CLEAN;
        }
        boolean isRemoval = arguments.contains("--remove");
        List<String> words =
                arguments.stream().filter(word -> !word.equals("--remove")).toList();
        for (String word : words) {
            if (word.startsWith("-")) {
                throw refused("unknown option " + word + "\n" + USAGE);
            }
        }
        if (words.isEmpty() || words.size() > 2 || (words.size() == 1 && !isRemoval)) {
            throw refused("a CATALINA_HOME and HOST:PORT[,HOST:PORT] are needed\n" + USAGE);
        }
        try {
            Tomcat tomcat = tomcat(words.get(0));
            if (isRemoval) {
                remove(tomcat);
            } else {
                install(tomcat, valveJar(terminal.home()), addresses(words.get(1)));
            }
            return ExitCode.CLEAN;
        } catch (AccessDeniedException e) {
            throw failed("no permission for " + e.getFile() + "; run it as the user this Tomcat belongs to");
        } catch (FileSystemException e) {
            throw failed(e.getFile() + ": " + (e.getReason() == null ? e.toString() : e.getReason()));
        } catch (IOException e) {
            throw failed(String.valueOf(e.getMessage()));
        }
    }

    private static ProgramException refused(String why) {
        return new ProgramException(ExitCode.CONFIGURATION, "install-valve: " + why);
    }

    private static ProgramException failed(String why) {
        return new ProgramException(ExitCode.FAILED, "install-valve: " + why);
    }

    private static String addresses(String list) throws ProgramException {
        if (!ADDRESS_LIST.matcher(list).matches()) {
            throw refused("'" + list + "' is not HOST:PORT[,HOST:PORT], for example 127.0.0.1:9510,127.0.0.2:9510");
        }
        for (String address : list.split(",")) {
            int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
            if (port < 1 || port > 65_535) {
                throw refused("the port of '" + address + "' is not between 1 and 65535");
            }
        }
        return list;
    }

    private static Path valveJar(Path home) throws ProgramException, IOException {
        List<Path> jars = valveJars(home.resolve("tomcat"));
        if (jars.size() != 1) {
            throw refused("there should be one stoneware-valve-VERSION.jar in " + home.resolve("tomcat")
                    + " but there are " + jars.size());
        }
        return jars.get(0);
    }

    private static List<Path> valveJars(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file ->
                            VALVE_JAR.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        }
    }

    private Tomcat tomcat(String given) throws ProgramException {
        Path directory;
        try {
            directory = terminal.workingDirectory().resolve(given).normalize();
        } catch (InvalidPathException e) {
            throw refused("'" + given + "' is not a path: " + e.getReason());
        }
        if (!Files.isDirectory(directory)) {
            throw refused("there is no directory " + directory);
        }
        Tomcat tomcat = new Tomcat(directory);
        if (!Files.isRegularFile(tomcat.lib().resolve("catalina.jar"))
                && !Files.isRegularFile(directory.resolve("conf/server.xml"))) {
            throw refused(directory + " is no Tomcat: it has neither lib/catalina.jar nor conf/server.xml");
        }
        if (!Files.isRegularFile(tomcat.contextFile())) {
            throw refused("there is no " + tomcat.contextFile()
                    + "; give the directory whose conf/ this Tomcat uses (CATALINA_BASE)");
        }
        String version = tomcat.version();
        if (version != null && !version.matches(".*/(9|1\\d)\\..*")) {
            throw refused("the Valve runs in Tomcat 9, 10.1 and 11, not in " + version);
        }
        terminal.out().println((version == null ? "Tomcat" : version) + " in " + directory);
        return tomcat;
    }

    /** The places in a Tomcat this program touches. */
    private record Tomcat(Path directory) {
        Path contextFile() {
            return directory.resolve("conf/context.xml");
        }

        Path backup() {
            return directory.resolve("conf").resolve(BACKUP);
        }

        Path key() {
            return directory.resolve("conf").resolve(ArrayKey.FILE_NAME);
        }

        Path lib() {
            return directory.resolve("lib");
        }

        /** As Tomcat itself tells it, for example {@code Apache Tomcat/10.1.59}; null when it does not. */
        @Nullable
        String version() {
            Path catalinaJar = lib().resolve("catalina.jar");
            if (!Files.isRegularFile(catalinaJar)) {
                return null;
            }
            try (JarFile jar = new JarFile(catalinaJar.toFile())) {
                ZipEntry entry = jar.getEntry("org/apache/catalina/util/ServerInfo.properties");
                if (entry == null) {
                    return null;
                }
                Properties info = new Properties();
                try (InputStream in = jar.getInputStream(entry)) {
                    info.load(in);
                }
                return info.getProperty("server.info");
            } catch (IOException e) {
                // A jar Tomcat itself cannot read is not this program's business.
                return null;
            }
        }
    }

    /** The key and the jar first: a Tomcat that starts in between finds no element whose class is missing. */
    private void install(Tomcat tomcat, Path valveJar, String addresses) throws IOException, ProgramException {
        ContextXml before = context(tomcat);
        List<ContextXml.Tag> ours = ourValves(before);
        refuseTerracotta(tomcat, before);
        if (ours.size() > 1) {
            throw refused(tomcat.contextFile() + " has Stoneware's Valve in lines "
                    + ours.get(0).line() + " and " + ours.get(1).line() + "; leave one, then run this again");
        }
        installKey(tomcat);
        installJar(tomcat, valveJar);
        if (ours.isEmpty()) {
            String element = "<Valve className=\"" + VALVE_CLASS + "\" tcConfigUrl=\"" + addresses + "\"/>";
            ContextXml after = before.withElement(element);
            FileReplacement.write(tomcat.backup(), before.content(), tomcat.contextFile(), null);
            FileReplacement.write(tomcat.contextFile(), after.content(), tomcat.contextFile(), null);
            say("changed  conf/context.xml: line " + ourValves(after).get(0).line() + " is now " + element);
            say("kept     conf/" + BACKUP + ": the file as it was");
        } else if (!addresses.equals(ours.get(0).attribute("tcConfigUrl"))) {
            ContextXml.Tag valve = ours.get(0);
            FileReplacement.write(
                    tomcat.contextFile(),
                    before.withAttribute(valve, "tcConfigUrl", addresses).content(),
                    tomcat.contextFile(),
                    null);
            say("changed  conf/context.xml: line " + valve.line() + ": tcConfigUrl was \""
                    + valve.attribute("tcConfigUrl") + "\" and is now \"" + addresses + "\"");
        }
        for (ContextXml.Tag manager : before.children("Manager")) {
            terminal.out()
                    .println("note: conf/context.xml configures a <Manager> in line " + manager.line()
                            + "; the Valve's own takes its place");
        }
        finish("nothing to change: the Valve is installed with tcConfigUrl=\"" + addresses + "\"");
    }

    private static void refuseTerracotta(Tomcat tomcat, ContextXml context) throws ProgramException {
        for (ContextXml.Tag valve : context.children("Valve")) {
            String className = valve.attribute("className");
            if (className != null && className.startsWith(TERRACOTTA_PREFIX)) {
                throw refused(tomcat.contextFile() + " has Terracotta's Valve in line " + valve.line()
                        + ", and one Tomcat can have only one session valve.\n"
                        + "  Either delete that element and Terracotta's jars in lib/ and run this again,\n"
                        + "  or keep the element: put tomcat/stoneware-valve-*.jar into lib/ in the place of Terracotta's\n"
                        + "  jars; it answers to that class name too.");
            }
        }
    }

    private void installJar(Tomcat tomcat, Path valveJar) throws IOException {
        Files.createDirectories(tomcat.lib());
        Path installed = tomcat.lib().resolve(valveJar.getFileName());
        byte[] content = Files.readAllBytes(valveJar);
        if (!Files.isRegularFile(installed) || !Arrays.equals(content, Files.readAllBytes(installed))) {
            FileReplacement.write(installed, content, tomcat.lib(), PosixFilePermissions.fromString("rw-r--r--"));
            say("copied   lib/" + installed.getFileName());
        }
        for (Path jar : valveJars(tomcat.lib())) {
            if (!jar.equals(installed)) {
                Files.delete(jar);
                say("removed  lib/" + jar.getFileName() + ": another version");
            }
        }
    }

    /** A Tomcat without the array's key would be refused by servers that have one. */
    private void installKey(Tomcat tomcat) throws IOException, ProgramException {
        Path source = keyOfThisInstallation();
        if (!Files.isRegularFile(source)) {
            return;
        }
        try {
            ArrayKey.read(source);
        } catch (ArrayKeyException e) {
            throw refused(e.text());
        }
        byte[] content = Files.readAllBytes(source);
        boolean isReplacing = Files.exists(tomcat.key());
        if (!isReplacing || !Arrays.equals(content, Files.readAllBytes(tomcat.key()))) {
            FileReplacement.write(
                    tomcat.key(), content, tomcat.contextFile(), PosixFilePermissions.fromString("rw-------"));
            say((isReplacing ? "changed  conf/" : "copied   conf/") + ArrayKey.FILE_NAME + ": the key of " + source
                    + ", readable by its owner only");
        }
    }

    private Path keyOfThisInstallation() {
        return terminal.home().resolve("conf").resolve(ArrayKey.FILE_NAME);
    }

    /** Only the key that was copied from here; another one is somebody else's. */
    private void removeKey(Tomcat tomcat) throws IOException {
        Path source = keyOfThisInstallation();
        if (Files.isRegularFile(tomcat.key())
                && Files.isRegularFile(source)
                && Arrays.equals(Files.readAllBytes(source), Files.readAllBytes(tomcat.key()))) {
            Files.delete(tomcat.key());
            say("removed  conf/" + ArrayKey.FILE_NAME);
        } else if (Files.exists(tomcat.key())) {
            terminal.out()
                    .println("note: conf/" + ArrayKey.FILE_NAME + " is not the key of this installation and was kept");
        }
    }

    /** The element first, then the jar it needs. */
    private void remove(Tomcat tomcat) throws IOException, ProgramException {
        ContextXml before = context(tomcat);
        ContextXml after = before;
        List<String> lines = new ArrayList<>();
        while (!ourValves(after).isEmpty()) {
            ContextXml.Tag valve = ourValves(after).get(0);
            lines.add(Integer.toString(valve.line()));
            after = after.without(valve);
        }
        if (!lines.isEmpty()) {
            byte[] original = originalOf(tomcat, before);
            FileReplacement.write(
                    tomcat.contextFile(), original == null ? after.content() : original, tomcat.contextFile(), null);
            say("changed  conf/context.xml: Valve of line " + String.join(", ", lines) + " removed");
            if (original != null) {
                Files.delete(tomcat.backup());
                say("removed  conf/" + BACKUP + ": conf/context.xml is that file again");
            } else if (Files.exists(tomcat.backup())) {
                say("kept     conf/" + BACKUP + ": conf/context.xml has other changes since");
            }
        }
        for (Path jar : valveJars(tomcat.lib())) {
            Files.delete(jar);
            say("removed  lib/" + jar.getFileName());
        }
        removeKey(tomcat);
        finish("nothing to remove: this Tomcat does not use Stoneware");
    }

    /** The backup, when nothing but our element has changed since it was made; else null. */
    private static byte @Nullable [] originalOf(Tomcat tomcat, ContextXml current) throws IOException {
        List<ContextXml.Tag> valves = ourValves(current);
        if (valves.size() != 1 || !Files.isRegularFile(tomcat.backup())) {
            return null;
        }
        ContextXml.Tag valve = valves.get(0);
        try {
            ContextXml backup = ContextXml.parse(Files.readAllBytes(tomcat.backup()));
            String element = "<" + valve.name() + valve.attributes() + ">";
            boolean isOnlyOurs = Arrays.equals(backup.withElement(element).content(), current.content());
            return isOnlyOurs ? backup.content() : null;
        } catch (ProgramException e) {
            // Not a file this program wrote; leave it alone.
            return null;
        }
    }

    private static ContextXml context(Tomcat tomcat) throws IOException, ProgramException {
        try {
            return ContextXml.parse(Files.readAllBytes(tomcat.contextFile()));
        } catch (ProgramException e) {
            throw refused(tomcat.contextFile() + ": " + e.text());
        }
    }

    private static List<ContextXml.Tag> ourValves(ContextXml context) {
        return context.children("Valve").stream()
                .filter(valve -> VALVE_CLASS.equals(valve.attribute("className")))
                .toList();
    }

    private void say(String line) {
        isChanged = true;
        terminal.out().println(line);
    }

    private void finish(String whenUnchanged) {
        terminal.out().println(isChanged ? "Restart this Tomcat for it to take effect." : whenUnchanged);
    }
}
