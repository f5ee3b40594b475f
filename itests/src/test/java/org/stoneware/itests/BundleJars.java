package org.stoneware.itests;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Enumeration;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes other versions of a shipped bundle, whole and broken ones. */
final class BundleJars {
    private final String name;
    private final Path directory;

    /**
     * @param name      of its module, such as {@code storage-memory}.
     * @param directory where they are made; outside of any watched one.
     */
    BundleJars(String name, Path directory) throws IOException {
        this.name = name;
        this.directory = Files.createDirectories(directory);
    }

    /** Symbolic name of the bundle. */
    static String bundle(String name) {
        return "org.stoneware." + name.replace('-', '.');
    }

    /** Name of the file of a version. */
    static String file(String name, String version) {
        return "stoneware-" + name + '-' + version + ".jar";
    }

    /** The jar the distribution has. */
    Path shipped() throws IOException {
        try (Stream<Path> jars = Files.list(Layout.distribution().resolve("bundles"))) {
            return jars.filter(jar -> jar.getFileName().toString().startsWith("stoneware-" + name + '-'))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** A version that works. */
    Path version(String version) throws IOException {
        return make(version, "", entry -> true);
    }

    /** A version that needs a package nobody has. */
    Path unresolvable(String version) throws IOException {
        return make(version, "org.stoneware.nowhere", entry -> true);
    }

    /** A version that resolves and starts, and can't do everything because a class is missing. */
    Path incomplete(String version, String missing) throws IOException {
        return make(version, "", entry -> !entry.endsWith('/' + missing + ".class"));
    }

    /** A version that resolves, and throws as it starts. */
    Path throwing(String version) throws IOException {
        return make(version, "org.osgi.framework", entry -> true, ThrowingActivator.class);
    }

    private Path make(String version, String alsoImports, Predicate<String> isKept) throws IOException {
        return make(version, alsoImports, isKept, null);
    }

    private Path make(String version, String alsoImports, Predicate<String> isKept, @Nullable Class<?> activator)
            throws IOException {
        Path made = directory.resolve(file(name, version));
        try (JarFile from = new JarFile(shipped().toFile())) {
            Manifest manifest = new Manifest(from.getManifest());
            Attributes main = manifest.getMainAttributes();
            main.putValue("Bundle-Version", version);
            if (activator != null) {
                main.putValue("Bundle-Activator", activator.getName());
            }
            if (!alsoImports.isEmpty()) {
                main.putValue("Import-Package", main.getValue("Import-Package") + "," + alsoImports);
            }
            try (OutputStream file = Files.newOutputStream(made);
                    JarOutputStream to = new JarOutputStream(file, manifest)) {
                if (activator != null) {
                    addClass(to, activator);
                }
                Enumeration<JarEntry> entries = from.entries();
                while (entries.hasMoreElements()) {
                    JarEntry entry = entries.nextElement();
                    if (!entry.getName().equals(JarFile.MANIFEST_NAME) && isKept.test(entry.getName())) {
                        to.putNextEntry(new JarEntry(entry.getName()));
                        try (InputStream content = from.getInputStream(entry)) {
                            content.transferTo(to);
                        }
                        to.closeEntry();
                    }
                }
            }
        }
        return made;
    }

    private static void addClass(JarOutputStream to, Class<?> added) throws IOException {
        String name = added.getName().replace('.', '/') + ".class";
        to.putNextEntry(new JarEntry(name));
        try (InputStream content = added.getClassLoader().getResourceAsStream(name)) {
            content.transferTo(to);
        }
        to.closeEntry();
    }

    /** Puts a jar into a watched directory in one step, so that nobody sees half of it. */
    static void drop(Path jar, Path deploy) throws IOException {
        Path hidden = deploy.resolve(jar.getFileName() + ".part");
        Files.copy(jar, hidden, StandardCopyOption.REPLACE_EXISTING);
        Files.move(hidden, deploy.resolve(jar.getFileName()), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Copies a whole directory; for an installation of a test's own. */
    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path each : files.toList()) {
                Path target = to.resolve(from.relativize(each).toString());
                if (Files.isDirectory(each)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(each, target, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }
}
