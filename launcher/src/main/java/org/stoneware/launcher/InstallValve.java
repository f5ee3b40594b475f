package org.stoneware.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;

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
            its own conf/ will do as well. Run it again to change HOST:PORT or the jar's version; --remove undoes everything.
            """;

    private static final String VALVE_CLASS = "org.stoneware.tomcat.SessionValve";
    private static final String TERRACOTTA_PREFIX = "org.terracotta.session.Terracotta";
    private static final String BACKUP = "context.xml.before-stoneware";
    private static final Pattern ADDRESS_LIST = Pattern.compile("[^\\s,<>&\"']+:\\d{1,5}(,[^\\s,<>&\"']+:\\d{1,5})*");
    private static final Pattern VALVE_JAR = Pattern.compile("stoneware-valve-.*\\.jar");

    private final Path catalina;
    private final Path contextFile;
    private final Path libDirectory;
    private final Path backupFile;
    private final PrintStream out;
    private boolean isChanged;

    private InstallValve(Path catalina, PrintStream out) {
        this.catalina = catalina;
        this.out = out;
        contextFile = catalina.resolve("conf/context.xml");
        libDirectory = catalina.resolve("lib");
        backupFile = catalina.resolve("conf").resolve(BACKUP);
    }

    /**
     * Runs the program.
     *
     * @param home      the unpacked Stoneware, whose {@code tomcat/} holds the jar.
     * @param arguments of the command line, without the command itself.
     * @return exit code: 0 done or nothing to do, 1 a file could not be read or written, 2 refused.
     */
    static int run(Path home, List<String> arguments, PrintStream out, PrintStream err) {
        if (arguments.contains("--help") || arguments.contains("-h")) {
            out.print(USAGE);
            return 0;
        }
        boolean isRemoval = arguments.contains("--remove");
        List<String> words =
                arguments.stream().filter(word -> !word.equals("--remove")).toList();
        try {
            for (String word : words) {
                if (word.startsWith("-")) {
                    throw new RefusedException("unknown option " + word + "\n" + USAGE);
                }
            }
            if (words.isEmpty() || words.size() > 2 || words.size() == 1 && !isRemoval) {
                throw new RefusedException("a CATALINA_HOME and HOST:PORT[,HOST:PORT] are needed\n" + USAGE);
            }
            InstallValve installation =
                    new InstallValve(Path.of(words.get(0)).toAbsolutePath().normalize(), out);
            installation.requireTomcat();
            if (isRemoval) {
                installation.remove();
            } else {
                installation.install(valveJar(home), addresses(words.get(1)));
            }
            return 0;
        } catch (RefusedException e) {
            err.println("install-valve: " + e.getMessage());
            return 2;
        } catch (AccessDeniedException e) {
            err.println(
                    "install-valve: no permission for " + e.getFile() + "; run it as the user this Tomcat belongs to");
            return 1;
        } catch (FileSystemException e) {
            err.println("install-valve: " + e.getFile() + ": " + (e.getReason() == null ? e : e.getReason()));
            return 1;
        } catch (IOException e) {
            err.println("install-valve: " + e.getMessage());
            return 1;
        }
    }

    private static String addresses(String list) throws RefusedException {
        if (!ADDRESS_LIST.matcher(list).matches()) {
            throw new RefusedException(
                    "'" + list + "' is not HOST:PORT[,HOST:PORT], for example 127.0.0.1:9510,127.0.0.2:9510");
        }
        for (String address : list.split(",")) {
            int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
            if (port < 1 || port > 65_535) {
                throw new RefusedException("the port of '" + address + "' is not between 1 and 65535");
            }
        }
        return list;
    }

    private static Path valveJar(Path home) throws RefusedException, IOException {
        List<Path> jars = valveJars(home.resolve("tomcat"));
        if (jars.size() != 1) {
            throw new RefusedException("there should be one stoneware-valve-VERSION.jar in " + home.resolve("tomcat")
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

    private void requireTomcat() throws RefusedException {
        if (!Files.isDirectory(catalina)) {
            throw new RefusedException("there is no directory " + catalina);
        }
        boolean isTomcat = Files.isRegularFile(libDirectory.resolve("catalina.jar"))
                || Files.isRegularFile(catalina.resolve("conf/server.xml"));
        if (!isTomcat) {
            throw new RefusedException(catalina + " is no Tomcat: it has neither lib/catalina.jar nor conf/server.xml");
        }
        if (!Files.isRegularFile(contextFile)) {
            throw new RefusedException(
                    "there is no " + contextFile + "; give the directory whose conf/ this Tomcat uses (CATALINA_BASE)");
        }
        String version = tomcatVersion();
        if (version != null) {
            out.println(version + " in " + catalina);
            if (!version.matches(".*/(9|10|11|1[2-9])\\..*")) {
                throw new RefusedException("the Valve runs in Tomcat 9, 10.1 and 11, not in " + version);
            }
        }
    }

    private @Nullable String tomcatVersion() {
        Path catalinaJar = libDirectory.resolve("catalina.jar");
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
            // Only shown; a jar Tomcat itself cannot read is not this program's business.
            return null;
        }
    }

    /** The jar first: a Tomcat that starts in between finds no element whose class is missing. */
    private void install(Path valveJar, String addresses) throws IOException, RefusedException {
        ContextXml before = context();
        List<ContextXml.Tag> ours = ourValves(before);
        refuseTerracotta(before);
        if (ours.size() > 1) {
            throw new RefusedException(contextFile + " has Stoneware's Valve in lines "
                    + ours.get(0).line() + " and " + ours.get(1).line() + "; leave one, then run this again");
        }
        installJar(valveJar);
        if (ours.isEmpty()) {
            String element = "<Valve className=\"" + VALVE_CLASS + "\" tcConfigUrl=\"" + addresses + "\"/>";
            ContextXml after = before.withElement(element);
            FileReplacement.write(backupFile, before.content(), contextFile, null);
            FileReplacement.write(contextFile, after.content(), contextFile, null);
            say("changed  conf/context.xml: line " + ourValves(after).get(0).line() + " is now " + element);
            say("kept     conf/" + BACKUP + ": the file as it was");
        } else if (!addresses.equals(ours.get(0).attribute("tcConfigUrl"))) {
            ContextXml.Tag valve = ours.get(0);
            FileReplacement.write(
                    contextFile,
                    before.withAttribute(valve, "tcConfigUrl", addresses).content(),
                    contextFile,
                    null);
            say("changed  conf/context.xml: line " + valve.line() + ": tcConfigUrl was \""
                    + valve.attribute("tcConfigUrl") + "\" and is now \"" + addresses + "\"");
        }
        for (ContextXml.Tag manager : before.children("Manager")) {
            out.println("note: conf/context.xml configures a <Manager> in line " + manager.line()
                    + "; the Valve's own takes its place");
        }
        finish("nothing to change: the Valve is installed with tcConfigUrl=\"" + addresses + "\"");
    }

    private void refuseTerracotta(ContextXml context) throws RefusedException {
        for (ContextXml.Tag valve : context.children("Valve")) {
            String className = valve.attribute("className");
            if (className != null && className.startsWith(TERRACOTTA_PREFIX)) {
                throw new RefusedException(contextFile + " has Terracotta's Valve in line " + valve.line()
                        + ", and one Tomcat can have only one session valve.\n"
                        + "  Either delete that element and Terracotta's jars in lib/ and run this again,\n"
                        + "  or keep the element: put tomcat/stoneware-valve-*.jar into lib/ in the place of Terracotta's\n"
                        + "  jars; it answers to that class name too.");
            }
        }
    }

    private void installJar(Path valveJar) throws IOException {
        Files.createDirectories(libDirectory);
        Path installed = libDirectory.resolve(valveJar.getFileName());
        byte[] content = Files.readAllBytes(valveJar);
        if (!Files.isRegularFile(installed) || !Arrays.equals(content, Files.readAllBytes(installed))) {
            FileReplacement.write(installed, content, libDirectory, PosixFilePermissions.fromString("rw-r--r--"));
            say("copied   lib/" + installed.getFileName());
        }
        for (Path jar : valveJars(libDirectory)) {
            if (!jar.equals(installed)) {
                Files.delete(jar);
                say("removed  lib/" + jar.getFileName() + ": another version");
            }
        }
    }

    /** The element first, then the jar it needs. */
    private void remove() throws IOException, RefusedException {
        ContextXml before = context();
        ContextXml after = before;
        List<String> lines = new ArrayList<>();
        while (!ourValves(after).isEmpty()) {
            ContextXml.Tag valve = ourValves(after).get(0);
            lines.add(Integer.toString(valve.line()));
            after = after.without(valve);
        }
        if (!lines.isEmpty()) {
            byte[] original = originalOf(before);
            FileReplacement.write(contextFile, original == null ? after.content() : original, contextFile, null);
            say("changed  conf/context.xml: Valve of line " + String.join(", ", lines) + " removed");
            if (original != null) {
                Files.delete(backupFile);
                say("removed  conf/" + BACKUP + ": conf/context.xml is that file again");
            } else if (Files.exists(backupFile)) {
                say("kept     conf/" + BACKUP + ": conf/context.xml has other changes since");
            }
        }
        for (Path jar : valveJars(libDirectory)) {
            Files.delete(jar);
            say("removed  lib/" + jar.getFileName());
        }
        finish("nothing to remove: this Tomcat does not use Stoneware");
    }

    /** The backup, when nothing but our element has changed since it was made; else null. */
    private byte @Nullable [] originalOf(ContextXml current) throws IOException {
        List<ContextXml.Tag> valves = ourValves(current);
        if (valves.size() != 1 || !Files.isRegularFile(backupFile)) {
            return null;
        }
        ContextXml.Tag valve = valves.get(0);
        try {
            ContextXml backup = ContextXml.parse(Files.readAllBytes(backupFile));
            String element = "<" + valve.name() + valve.attributes() + ">";
            boolean isOnlyOurs = Arrays.equals(backup.withElement(element).content(), current.content());
            return isOnlyOurs ? backup.content() : null;
        } catch (RefusedException e) {
            // Not a file this program wrote; leave it alone.
            return null;
        }
    }

    private ContextXml context() throws IOException, RefusedException {
        try {
            return ContextXml.parse(Files.readAllBytes(contextFile));
        } catch (RefusedException e) {
            throw new RefusedException(contextFile + ": " + e.getMessage());
        }
    }

    private static List<ContextXml.Tag> ourValves(ContextXml context) {
        return context.children("Valve").stream()
                .filter(valve -> VALVE_CLASS.equals(valve.attribute("className")))
                .toList();
    }

    private void say(String line) {
        isChanged = true;
        out.println(line);
    }

    private void finish(String whenUnchanged) {
        out.println(isChanged ? "Restart this Tomcat for it to take effect." : whenUnchanged);
    }
}
