package org.stoneware.launcher;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.apache.felix.framework.FrameworkFactory;
import org.apache.felix.scr.info.ScrInfo;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.util.function.Function;
import org.osgi.util.promise.Promise;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.config.TcConfig;

/** An installation in a temporary directory, with real bundles, and programs run in it. */
final class TestHome {
    private final Path home;
    private final List<String> bundleLines = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    TestHome(Path home) throws IOException {
        this.home = home;
        for (String directory : new String[] {"bin", "conf/bundle-sets", "bundles", "cwd"}) {
            Files.createDirectories(home.resolve(directory));
        }
    }

    Path path(String first) {
        return home.resolve(first);
    }

    /** Sets an environment variable for what is run in this JVM. */
    void environment(String name, String value) {
        environment.put(name, value);
    }

    /** Runs a program in this JVM, from directory {@code cwd}. */
    int run(String... arguments) {
        out.reset();
        err.reset();
        return Main.run(
                List.of(arguments),
                new Terminal(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        home.resolve("cwd"),
                        home,
                        home.resolve("bin"),
                        environment));
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    /** Starts a program in a JVM of its own; both its streams come as one. */
    Process spawn(String... arguments) throws IOException {
        String classPath = Stream.of(
                        Main.class, TcConfig.class, ArraySettings.class, FrameworkFactory.class, JsonFactory.class)
                .map(type -> codeSource(type).toString())
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-Dstoneware.home=" + home,
                "-cp",
                classPath,
                Main.class.getName()));
        command.addAll(Arrays.asList(arguments));
        return new ProcessBuilder(command)
                .directory(home.resolve("cwd").toFile())
                .redirectErrorStream(true)
                .start();
    }

    /** Writes {@code conf/tc-config.xml} with one server on this machine. */
    TestHome config(String serverContent) throws IOException {
        Files.writeString(
                home.resolve("conf/tc-config.xml"),
                "<tc:tc-config xmlns:tc=\"http://www.terracotta.org/config\"><servers>\n"
                        + "<server host=\"127.0.0.1\" name=\"Server1\"><data>../data</data><logs>../logs</logs>\n"
                        + serverContent + "</server>\n</servers></tc:tc-config>\n");
        return this;
    }

    /** The bundles every server starts with, as list {@code default}. */
    TestHome bundles() throws IOException {
        for (Class<?> type : List.of(
                Function.class,
                Promise.class,
                ServiceComponentRuntime.class,
                ConfigurationAdmin.class,
                ScrInfo.class,
                DirectBuffer.class,
                ArraySettings.class,
                TcConfig.class)) {
            Path jar = codeSource(type);
            Files.copy(jar, home.resolve("bundles").resolve(jar.getFileName()));
            addBundle(2, jar.getFileName().toString());
        }
        return this;
    }

    /** A bundle with these manifest headers ({@code name: value}) and classes; {@code component} is the text of a DS descriptor or empty. */
    TestHome bundle(int startLevel, String name, List<String> headers, String component, Class<?>... classes)
            throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", name);
        main.putValue("Bundle-Version", "1.0.0");
        for (String header : headers) {
            main.putValue(
                    header.substring(0, header.indexOf(':')),
                    header.substring(header.indexOf(':') + 1).strip());
        }
        Path jar = home.resolve("bundles").resolve(name + ".jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(file, manifest)) {
            if (!component.isEmpty()) {
                entries.putNextEntry(new JarEntry("component.xml"));
                entries.write(component.getBytes(StandardCharsets.UTF_8));
            }
            for (Class<?> type : classes) {
                String path = type.getName().replace('.', '/') + ".class";
                entries.putNextEntry(new JarEntry(path));
                try (InputStream bytes = type.getClassLoader().getResourceAsStream(path)) {
                    bytes.transferTo(entries);
                }
            }
        }
        addBundle(startLevel, name + ".jar");
        return this;
    }

    private void addBundle(int startLevel, String jar) throws IOException {
        bundleLines.add(startLevel + " " + jar);
        Files.write(home.resolve("conf/bundle-sets/default.list"), bundleLines);
    }

    private static Path codeSource(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
